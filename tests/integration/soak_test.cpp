// Thousands of episodes in one experiment: nothing grows but the files. NEUROTAPE_LONG_TESTS: a hundred thousand.

#include <cstdlib>
#include <fstream>
#include <hdf5.h>

#include "tests/integration/support.hpp"
#include "tests/support/sanitizers.hpp"

namespace neurotape::outside {
namespace {

using Soak = RunTest;

std::size_t open_files() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

double resident_MiB() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return static_cast<double>(pages) * 4096 / (1U << 20);
}

void record_episodes(Experiment& experiment, int first, int end) {
  for (int i = first; i < end; ++i) {
    auto episode = experiment.start_episode({.seed = static_cast<std::uint64_t>(i)});
    auto position = episode.behavior<float>("position", {3});
    auto reward = episode.rewards();
    for (int t = 0; t < 5; ++t) {
      position.record(t, std::vector<float>{static_cast<float>(i), static_cast<float>(t), 0});
      reward.record(t, i);
    }
    if (i % 1'000 == 999) experiment.flush();
  }
  experiment.flush();
}

TEST_F(Soak, ManyEpisodesNeedNoMoreThanAFew) {
  const int episodes = std::getenv("NEUROTAPE_LONG_TESTS") != nullptr ? 100'000 : 4'000;
  auto experiment = create({.memory_cap = 32_MB, .durability = Durability::process});
  record_episodes(experiment, 0, episodes / 4);
  const auto files_before = open_files();
  const auto memory_before = resident_MiB();
  record_episodes(experiment, episodes / 4, episodes);
  EXPECT_LE(open_files(), files_before + 2);
  // What the index keeps of each episode: 3 MiB for 10,000 of them; and 8 for all else.
  if (!support::kSanitized) {
    EXPECT_LE(resident_MiB(), memory_before + 8 + 3.0 * 0.75 * episodes / 10'000);
  }
  experiment.close();
  constexpr unsigned kInFiles = H5F_OBJ_FILE | H5F_OBJ_DATASET | H5F_OBJ_GROUP | H5F_OBJ_ATTR;
  EXPECT_EQ(H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), kInFiles), 0) << "open still";

  const Run run(experiment.path());
  ASSERT_EQ(run.size(), static_cast<std::size_t>(episodes));
  for (const int i : {0, 1, episodes / 2, episodes - 1}) {
    const auto rewards = run.episode(static_cast<std::uint64_t>(i)).rewards().all();
    EXPECT_EQ(rewards.values, std::vector<double>(5, i));
  }
  const std::filesystem::directory_iterator files(experiment.path() / "episodes");
  EXPECT_LE(std::distance(begin(files), end(files)), std::max(1, episodes / 1'000));
}

}  // namespace
}  // namespace neurotape::outside
