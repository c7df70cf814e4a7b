// Random recordings: h5py, h5dump and the loader find every value and every timestep, bit by bit.
//
// NEUROTAPE_TEST_SEED=<number> repeats one; NEUROTAPE_TEST_KEEP=1 leaves its directory.

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "tests/interop/episode_case.hpp"

namespace neurotape::outside {
namespace {

class RoundTrip : public JudgedTest, public ::testing::WithParamInterface<int> {};

std::uint64_t seed_of(int number) {
  const char* set = std::getenv("NEUROTAPE_TEST_SEED");
  return set != nullptr ? std::strtoull(set, nullptr, 0) : 20'261'120U + static_cast<std::uint64_t>(number);
}

TEST_P(RoundTrip, EveryValueIsWhereItBelongs) {
  const std::uint64_t seed = seed_of(GetParam());
  SCOPED_TRACE("NEUROTAPE_TEST_SEED=" + std::to_string(seed));
  Random random(seed);
  const bool commits = random.one_in(2);
  auto experiment =
      create({.memory_cap = 100_MB,
              .n_workers = static_cast<int>(random.between(1, 3)),
              .codec = random_codec(random),
              .commit_interval = commits ? std::chrono::milliseconds(random.between(1, 40)) : std::chrono::hours(1)});
  std::vector<EpisodeCase> episodes;
  episodes.reserve(5);
  const auto start = [&](int dense) -> EpisodeCase& {
    auto& episode = episodes.emplace_back(experiment, random);
    episode.add_streams(dense);
    return episode;
  };

  auto& large = start(4);
  large.add_large();
  record(large, 600, experiment, random, 100);
  large.finish();
  auto& one = start(6);
  auto& other = start(6);
  for (int i = 0; i < 15; ++i) {
    record(one, static_cast<int>(random.below(60)), experiment, random, 150);
    record(other, static_cast<int>(random.below(60)), experiment, random, 0);
  }
  one.finish();
  other.finish();
  auto& small = start(5);
  record(small, 150, experiment, random, 0);
  small.finish();
  auto& empty = start(5);
  empty.finish();
  experiment.close();
  for (const auto& error : told()) ADD_FAILURE() << error.what();

  const Run run(experiment.path());
  Expectations expectations(directory() / "expected");
  for (auto& episode : episodes) {
    episode.expect(expectations);
    episode.compare(run);
  }
  expectations.write();
  EXPECT_EQ(run.episode(large.number()).object(), "/");
  EXPECT_NE(run.episode(empty.number()).object(), "/");
  const Finished judged =
      run_python("interop/compare.py", {experiment.path().string(), expectations.directory().string()});
  EXPECT_EQ(judged.status, 0) << judged.output;
  if (HasFailure() && std::getenv("NEUROTAPE_TEST_KEEP") != nullptr)
    std::filesystem::copy(directory(), "roundtrip_" + std::to_string(seed), std::filesystem::copy_options::recursive);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RoundTrip, ::testing::Range(0, 6));

class LargeEpisodeDumped : public Dumped {};

TEST_F(LargeEpisodeDumped, H5dumpGivesTheBytesOfALargeEpisode) {
  auto experiment = create({.codec = Codec::blosc("lz4", 5), .commit_interval = std::chrono::milliseconds(5)});
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<double>("noise", {1'000});
  Random random(8);
  std::vector<double> row(1'000);
  std::string expected;
  for (std::int64_t t = 0; t < 700; ++t) {
    fill(std::span<double>(row), Values::random_bits, t, random);
    stream.record(t, row);
    expected.append(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(double));
  }
  episode.finish();
  experiment.close();
  const auto file = Run(experiment.path()).episode(0).file();
  EXPECT_EQ(file.filename(), "episode_0000.h5");
  const auto out = directory() / "values.bin";
  const Finished dumped = h5dump("-b LE -o '" + out.string() + "' -d /neural_states/noise/values", file);
  ASSERT_EQ(dumped.status, 0) << dumped.output;
  std::ifstream bytes(out, std::ios::binary);
  EXPECT_TRUE(std::string(std::istreambuf_iterator<char>(bytes), {}) == expected);
}

}  // namespace
}  // namespace neurotape::outside
