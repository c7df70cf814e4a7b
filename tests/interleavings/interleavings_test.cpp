/// \file
/// The whole recorder, with lanes, workers and writer, in thousands of orders of their steps: what comes out is what went
/// in, less what was counted as dropped, and nobody waits for ever. A failure prints its seed; `NEUROTAPE_SEED` repeats that
/// order alone, `NEUROTAPE_LONG_TESTS` tries more of them.

#include <array>
#include <chrono>
#include <cstdlib>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <numeric>
#include <vector>

#include "backends/memory/memory_backend.hpp"
#include "neurotape/experiment.hpp"
#include "recorder/recorder.hpp"
#include "recorder/sync.hpp"
#include "tests/interleavings/schedule.hpp"
#include "tests/support/processors.hpp"

namespace neurotape {
namespace {

using namespace literals;
using schedule::Schedule;

double value_of(std::int64_t t, std::size_t i) { return static_cast<double>(t) * 65536 + static_cast<double>(i); }

void record_steps(DenseStream<double>& stream, std::int64_t steps, std::size_t first, std::size_t count) {
  std::vector<double> row(count);
  for (std::int64_t t = 0; t < steps; ++t) {
    for (std::size_t i = 0; i < count; ++i) row[i] = value_of(t, first + i);
    stream.record(t, row);
  }
}

/// A disk that takes its time. A step takes a microsecond on average.
struct Disk {
  int steps_of_first_write = 300;
  std::chrono::milliseconds commit_interval{1};
};

/// One experiment with one episode, on one schedule.
class Recording {
 public:
  Recording(Overflow overflow, int workers, const Disk& disk = {})
      : experiment_(create(run_, std::move(overflow), workers, disk)) {}

  Episode& episode() { return episode_; }
  Experiment& experiment() { return experiment_; }
  void start(std::function<void()> body) { threads_.emplace_back(std::move(body)); }

  /// Waits for all, and looks at what has come of it. \returns how many rows were dropped
  std::uint64_t finish_and_judge() {
    for (auto& thread : threads_) thread.join();
    experiment_.flush();
    const Stats stats = episode_.stats();
    for (const auto& stream : stats.streams) shortage += stream.waits + stream.rows_dropped;
    episode_.finish();
    experiment_.close();
    const MemoryEpisode& found = run_->episodes.at(0);
    std::map<std::string, std::uint64_t> lost;
    for (const auto& gap : found.gaps) lost[gap.stream] += gap.rows;
    for (const auto& stream : stats.streams) {
      EXPECT_EQ(stream.rows_recorded + stream.rows_dropped, stream.rows_offered) << stream.stream;
      EXPECT_EQ(found.streams.at(stream.stream).rows, stream.rows_recorded) << stream.stream;
      EXPECT_EQ(lost[stream.stream], stream.rows_dropped) << stream.stream;
    }
    for (const auto& [path, stream] : found.streams)
      if (path.starts_with("neural_states/")) judge_dense(path, stream);
    return stats.total.rows_dropped;
  }
  static inline std::uint64_t shortage = 0;  ///< waits, and rows dropped, of all recordings: the ring has been full

 private:
  static Experiment create(const std::shared_ptr<MemoryRun>& run, Overflow overflow, int workers, const Disk& disk) {
    run->before_write = [steps = disk.steps_of_first_write]() mutable {
      for (int i = 0; i < steps; ++i) sync::step();
      steps = Disk{}.steps_of_first_write;
    };
    ExperimentOptions options;
    options.memory_cap = 12_MB;  // some blocks only: lanes wait for each other's
    options.n_workers = workers;
    options.commit_interval = disk.commit_interval;
    options.overflow = std::move(overflow);
    options.on_error = [](const Error&) {};
    return Experiment(
        std::make_shared<detail::Recorder>(std::make_unique<MemoryBackend>(run), "interleavings", options));
  }

  static void judge_dense(const std::string& path, const MemoryStream& stream) {
    const auto timesteps = stream.values<std::int64_t>(0);
    const auto values = stream.values<double>(1);
    const auto width = timesteps.empty() ? 0 : values.size() / timesteps.size();
    for (std::size_t row = 0; row < timesteps.size(); ++row) {
      EXPECT_TRUE(row == 0 || timesteps[row - 1] < timesteps[row]) << path;
      for (std::size_t i = 0; i < width; i += 97)
        EXPECT_EQ(values[row * width + i], value_of(timesteps[row], i)) << path;
    }
  }

  std::shared_ptr<MemoryRun> run_ = std::make_shared<MemoryRun>();
  Experiment experiment_;
  Episode episode_ = experiment_.start_episode();
  std::vector<sync::Thread> threads_;
};

/// Many, or the one that is asked for. \returns how many
template <class Body>
std::uint64_t try_seeds(Body body) {
  if (const char* const seed = std::getenv("NEUROTAPE_SEED")) {
    Schedule::run(std::strtoull(seed, nullptr, 10), body);
    return 1;
  }
  const std::uint64_t seeds = std::getenv("NEUROTAPE_LONG_TESTS") != nullptr ? 4000 : 40;
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("NEUROTAPE_SEED=" + std::to_string(seed));
    Schedule::run(seed, body);
  }
  return seeds;
}

class Interleavings : public testing::TestWithParam<const char*> {
 protected:
  static constexpr std::size_t kWidth = 9000;  // 72 kB: some rows a block
  static constexpr std::int64_t kSteps = 120;

  static Overflow overflow() {
    const std::string name = GetParam();
    if (name == "block") return Overflow::block;
    if (name == "block_for") return Overflow::block_for(std::chrono::microseconds(20));
    return name == "decimate" ? Overflow::decimate : Overflow::drop_newest;
  }

  static void record(DenseStream<double>& stream, std::size_t first = 0, std::size_t count = kWidth) {
    record_steps(stream, kSteps, first, count);
  }

  template <class Body>
  static void for_seeds(Body body) {
    Recording::shortage = 0;
    const std::uint64_t seeds = try_seeds(body);
    EXPECT_TRUE(seeds == 1 || Recording::shortage > seeds);
  }
};

TEST_P(Interleavings, OfStreamsThatShareTheRing) {
  for_seeds([] {
    Recording recording(overflow(), 2);
    for (const char* name : {"a", "b"}) {
      auto stream = std::make_shared<DenseStream<double>>(recording.episode().neural_state<double>(name, {kWidth}));
      recording.start([stream] { record(*stream); });
    }
    recording.finish_and_judge();
  });
}

/// With one worker, and one more that helps while the ring is more than half full.
TEST_P(Interleavings, OfTheExtraThread) {
  const support::TwoProcessors processors;
  for_seeds([] {
    constexpr int kByProcessors = 0;
    Recording recording(overflow(), kByProcessors);
    for (const char* name : {"a", "b"}) {
      auto stream = std::make_shared<DenseStream<double>>(recording.episode().neural_state<double>(name, {kWidth}));
      recording.start([stream] { record(*stream); });
    }
    recording.finish_and_judge();
  });
}

TEST_P(Interleavings, OfColumnsOfOneRow) {
  for_seeds([] {
    Recording recording(overflow(), 1);
    auto voltage = recording.episode().neural_state<double>("v", {kWidth});
    for (std::size_t part = 0; part < 3; ++part) {
      auto columns = std::make_shared<DenseStream<double>>(voltage.columns(part * 3000, 3000));
      recording.start([columns, part] { record(*columns, part * 3000, 3000); });
    }
    recording.finish_and_judge();
  });
}

TEST_P(Interleavings, OfLanesOfOnePopulation) {
  for_seeds([] {
    Recording recording(overflow(), 2);
    auto spikes = recording.episode().spikes("all");
    for (std::uint32_t lane = 0; lane < 3; ++lane) {
      auto own = std::make_shared<SpikeStream>(spikes.lane());
      recording.start([own, lane] {
        const std::vector<std::uint32_t> ids(2000, lane);
        for (std::int64_t t = 0; t < kSteps; ++t) own->record(t, ids);
      });
    }
    recording.finish_and_judge();
  });
}

TEST_P(Interleavings, OfRecordingAndFlushing) {
  for_seeds([] {
    Recording recording(overflow(), 2);
    auto stream = std::make_shared<DenseStream<double>>(recording.episode().neural_state<double>("v", {kWidth}));
    recording.start([stream] { record(*stream); });
    recording.start([&recording] {
      for (int i = 0; i < 3; ++i) recording.experiment().flush();
    });
    recording.finish_and_judge();
  });
}

INSTANTIATE_TEST_SUITE_P(Policies, Interleavings, testing::Values("block", "block_for", "drop_newest", "decimate"),
                         [](const auto& policy) { return std::string(policy.param); });

// A lane that is ahead waits for space like any other while those behind it go on, however long the disk stands still.
TEST(Columns, ThatAllAreRecordedLoseNothing) {
  constexpr std::size_t kWidth = 3000;
  Recording::shortage = 0;
  try_seeds([] {
    Recording recording(Overflow::block, 1,
                        {.steps_of_first_write = 100'000, .commit_interval = std::chrono::milliseconds(10)});
    auto voltage = recording.episode().neural_state<double>("v", {3 * kWidth});
    for (std::size_t part = 0; part < 3; ++part) {
      auto columns = std::make_shared<DenseStream<double>>(voltage.columns(part * kWidth, kWidth));
      recording.start([columns, part] { record_steps(*columns, 200, part * kWidth, kWidth); });
    }
    EXPECT_EQ(recording.finish_and_judge(), 0U);
  });
  EXPECT_GT(Recording::shortage, 0U);
}

TEST(Endings, OfEpisodesWhileOthersFlush) {
  try_seeds([] {
    Recording recording(Overflow::block, 2);
    auto stream = recording.episode().neural_state<double>("v", {500});
    record_steps(stream, 3, 0, 500);
    recording.start([&recording] { recording.episode().finish(); });
    recording.experiment().flush();
    EXPECT_EQ(recording.episode().stats().total.rows_committed, 3U) << "what was recorded before flush()";
    recording.finish_and_judge();
  });
}

TEST(Schedule, ASeedRepeatsItsOrder) {
  const auto order_of = [](std::uint64_t seed) {
    return Schedule::run(seed, [] {
      Recording recording(Overflow::block, 2);
      auto stream = std::make_shared<DenseStream<double>>(recording.episode().neural_state<double>("v", {500}));
      recording.start([stream] { record_steps(*stream, 50, 0, 500); });
      recording.finish_and_judge();
    });
  };
  EXPECT_EQ(order_of(7), order_of(7));
  EXPECT_NE(order_of(7), order_of(8));
}

TEST(Schedule, TriesOrdersInWhichARaceLoses) {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Schedule::run(seed, [&] {
      sync::Atomic<int> counter{0};
      const auto add = [&] { counter.store(counter.load() + 1); };
      sync::Thread one(add), two(add);
      one.join();
      two.join();
      if (counter.load() != 2) ++lost;
    });
  }
  EXPECT_GT(lost, 0);
  EXPECT_LT(lost, 100);
}

TEST(ScheduleDeathTest, TellsTheSeedOfADeadlock) {
  const auto deadlock = [] {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
      Schedule::run(seed, [] {
        sync::Mutex a, b;
        sync::Thread one([&] { std::scoped_lock both(a, b); });
        sync::Thread two([&] {
          const std::lock_guard first(b);
          const std::lock_guard second(a);
        });
        sync::Thread three([&] {
          const std::lock_guard first(a);
          const std::lock_guard second(b);
        });
        one.join();
        two.join();
        three.join();
      });
    }
  };
  EXPECT_DEATH(deadlock(), "seed [0-9]+: all threads wait for each other");
}

}  // namespace
}  // namespace neurotape
