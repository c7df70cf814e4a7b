// Many recorders want the same run at the same time: one gets it.

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

/// Shared by all who take part, processes too.
struct Race {
  std::atomic<int> ready{0};
  std::atomic<int> tried{0};
  std::atomic<int> won{0};
  std::atomic<int> refused{0};
};

class Races : public RunTest {
 protected:
  static constexpr int kRacers = 4;
  static int rounds() { return std::getenv("NEUROTAPE_LONG_TESTS") != nullptr ? 1'000 : 100; }

  void SetUp() override {
    path_ = create({.durability = Durability::process}).path();
    void* const shared = ::mmap(nullptr, sizeof(Race), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(shared, MAP_FAILED);
    race_ = new (shared) Race;
  }

  /// Everybody begins at once; who wins keeps the run until all have tried.
  void take_part(int round) const {
    ++race_->ready;
    wait_until([&] { return race_->ready >= kRacers; });
    try {
      auto experiment = Experiment::open(path_, {.durability = Durability::process});
      ++race_->won;
      auto episode = experiment.start_episode({.attributes = {{"round", round}}});
      episode.rewards().record(0, round);
      ++race_->tried;
      wait_until([&] { return race_->tried >= kRacers; });
      episode.finish();
      experiment.close();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::already_exists && says(error, {"pid "})) ++race_->refused;
      ++race_->tried;
    }
  }
  void expect_one_winner(int round) {
    EXPECT_EQ(race_->won, 1) << round;
    EXPECT_EQ(race_->refused, kRacers - 1) << round;
    new (race_) Race;
  }
  void expect_all_episodes() {
    Run run(path_);
    ASSERT_EQ(run.numbers().size(), static_cast<std::size_t>(rounds()));
    for (const auto number : run.numbers())
      EXPECT_EQ(run.episode(number).rewards().all().values[0], static_cast<double>(number));
    EXPECT_FALSE(std::filesystem::exists(path_ / ".lock"));
    EXPECT_FALSE(std::filesystem::exists(path_ / ".journal"));
  }

  std::filesystem::path path_;
  Race* race_ = nullptr;
};

TEST_F(Races, OneProcessOfManyGetsTheRun) {
  for (int round = 0; round < rounds(); ++round) {
    std::vector<pid_t> children;
    for (int i = 0; i < kRacers; ++i) {
      children.push_back(::fork());
      if (children.back() != 0) continue;
      ::alarm(30);
      take_part(round);
      ::_exit(0);
    }
    for (const auto child : children) {
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_EQ(status, 0);
    }
    expect_one_winner(round);
  }
  expect_all_episodes();
}

TEST_F(Races, OneThreadOfManyGetsTheRun) {
  for (int round = 0; round < rounds(); ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kRacers; ++i) threads.emplace_back([&] { take_part(round); });
    for (auto& thread : threads) thread.join();
    expect_one_winner(round);
  }
  expect_all_episodes();
}

TEST_F(Races, WhoIsRefusedTouchesNothing) {
  auto experiment = Experiment::open(path_, {.commit_interval = std::chrono::hours(1)});
  auto episode = experiment.start_episode();
  episode.rewards().record(0, 0.5);
  experiment.flush();
  const auto state = [&] {
    std::map<std::filesystem::path, std::pair<std::uintmax_t, std::filesystem::file_time_type>> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_))
      files[entry.path()] = {entry.is_regular_file() ? entry.file_size() : 0, entry.last_write_time()};
    return files;
  };
  const auto before = state();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(error_of([&] { Experiment::open(path_); }).code(), ErrorCode::already_exists);
    EXPECT_EQ(error_of([&] { recover(path_); }).code(), ErrorCode::already_exists);
    EXPECT_EQ(error_of([&] { recover(path_, path_.parent_path() / "copy"); }).code(), ErrorCode::already_exists);
  }
  EXPECT_EQ(state(), before);
  episode.finish();
  experiment.close();
  EXPECT_EQ(Run(path_).episode(0).rewards().rows(), 1U);
}

TEST_F(Races, ExperimentsOfOneNameHaveTheirOwnDirectories) {
  std::vector<std::thread> threads;
  std::atomic<int> rows = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      auto mine = Experiment::create(directory() / "same", "run", {.memory_cap = 16_MB});
      auto episode = mine.start_episode();
      episode.rewards().record(0, i);
      episode.finish();
      mine.close();
      if (Run(mine.path()).episode(0).rewards().all().values[0] == i) ++rows;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(rows, 8);
}

}  // namespace
}  // namespace neurotape::outside
