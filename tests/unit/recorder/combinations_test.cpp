// All that may stand in the way of a lane that waits for space, at once. What deadlocks ends with the time limit.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "gate.hpp"
#include "memory_fixture.hpp"

namespace neurotape {
namespace {

constexpr int kWorkers = 3;

/// With streams that hold blocks that are partly filled, with columns that nobody records, with a lane of a population that
/// says nothing; and how many workers.
class Combinations : public InMemory, public ::testing::WithParamInterface<std::tuple<bool, bool, bool, int>> {
 protected:
  static constexpr std::size_t kValues = 10'000;
  static constexpr std::int64_t kRows = 600;
  static constexpr std::int64_t kSlowRows = 20'000;
  static constexpr std::size_t kIds = 1'000;

  Combinations() {
    run_->before_write = [this] {  // a disk that stands still, and is slow afterwards
      gate_.pass();
      for (int i = 0; i < 50; ++i) std::this_thread::yield();
    };
    gate_.close();
  }

  static bool has_slow_streams() { return std::get<0>(GetParam()); }
  static bool has_silent_columns() { return std::get<1>(GetParam()); }
  static bool has_silent_lane() { return std::get<2>(GetParam()); }

  Experiment smallest() {
    return experiment({.memory_cap = 16_MB,
                       .n_workers = std::get<kWorkers>(GetParam()),
                       .commit_interval = std::chrono::milliseconds(20),
                       .overflow = Overflow::block});
  }

  /// What a thread will record, and how many rows: all streams are declared while there is room.
  void prepare(const std::string& path, std::uint64_t rows, std::function<void()> recording) {
    offered_[path] += rows;
    recordings_.push_back(std::move(recording));
  }

  /// Most of the ring, a row each; one of them goes on.
  void prepare_slow_streams(Episode& trial) {
    constexpr int kStreams = 55;
    std::vector<DenseStream<double>> streams;
    for (int i = 0; i < kStreams; ++i) {
      const std::string name = "slow" + std::to_string(i);
      streams.push_back(trial.neural_state<double>(name, {}));
      streams.back().record(0, 1.0);
      offered_["neural_states/" + name] = 1;
    }
    auto shared = std::make_shared<DenseStream<double>>(std::move(streams.front()));
    prepare("neural_states/slow0", kSlowRows - 1, [shared] {
      for (std::int64_t t = 1; t < kSlowRows; ++t) shared->record(t, static_cast<double>(t));
    });
  }

  void prepare_columns(Episode& trial) {
    const auto whole = trial.neural_state<float>("columns", {kValues});
    for (const bool second : {false, true}) {
      auto half = std::make_shared<DenseStream<float>>(whole.columns(second ? kValues / 2 : 0, kValues / 2));
      halves_.push_back(half);
      if (second && has_silent_columns()) continue;
      prepare("neural_states/columns", second ? 0 : kRows, [half] {
        const std::vector<float> row(kValues / 2, 2.0F);
        for (std::int64_t t = 0; t < kRows; ++t) half->record(t, row);
      });
    }
  }

  void prepare_lanes(Episode& trial) {
    const auto spikes = trial.spikes("all");
    for (const bool second : {false, true}) {
      auto lane = std::make_shared<SpikeStream>(spikes.lane());
      lanes_.push_back(lane);
      lane->record(0, 7);
      offered_["spikes/all"] += 1;
      if (second && has_silent_lane()) continue;
      prepare("spikes/all", kRows * kIds, [lane] {
        const std::vector<std::uint32_t> ids(kIds, 7);
        for (std::int64_t t = 1; t <= kRows; ++t) lane->record(t, ids);
      });
    }
  }

  void prepare_fast_stream(Episode& trial) {
    auto fast = std::make_shared<DenseStream<float>>(trial.neural_state<float>("fast", {kValues}));
    prepare("neural_states/fast", kRows, [fast] {
      const std::vector<float> row(kValues, 1.0F);
      for (std::int64_t t = 0; t < kRows; ++t) fast->record(t, row);
    });
  }

  static bool waits(const Episode& trial, const std::string& path) {
    const auto streams = trial.stats().streams;
    return std::any_of(streams.begin(), streams.end(),
                       [&](const auto& stream) { return stream.stream == path && stream.waits != 0; });
  }

  void start() {
    for (auto& recording : recordings_) threads_.emplace_back(std::move(recording));
  }
  void join() {
    for (auto& thread : threads_) thread.join();
  }

  void expect_all_in_order(const std::string& path) {
    const auto times = timesteps(path);
    EXPECT_EQ(times.size(), stream(path).rows) << path;
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end(), std::less_equal<>())) << path;
  }

  void expect_all_accounted_for(const Stats& stats) {
    std::uint64_t offered = 0;
    std::map<std::string, std::uint64_t> lost;
    for (const auto& gap : episode().gaps) lost[gap.stream] += gap.rows;
    for (const auto& [path, rows] : offered_) {
      offered += rows;
      EXPECT_EQ(stream(path).rows + lost[path], rows) << path;
      const bool has_columns = path == "neural_states/columns";
      if (!has_columns || has_silent_columns()) {
        EXPECT_EQ(lost[path], has_columns ? rows : 0U) << path;
      }
      if (path.starts_with("neural_states/")) expect_all_in_order(path);
    }
    EXPECT_EQ(stats.total.rows_offered, offered);
    EXPECT_EQ(stats.total.rows_recorded, offered - lost["neural_states/columns"]);
    EXPECT_EQ(stats.total.rows_dropped, lost["neural_states/columns"]);
  }

  Gate gate_;
  std::map<std::string, std::uint64_t> offered_;  ///< rows, by the path of the stream

 private:
  std::vector<std::function<void()>> recordings_;
  std::vector<std::thread> threads_;
  std::vector<std::shared_ptr<DenseStream<float>>> halves_;
  std::vector<std::shared_ptr<SpikeStream>> lanes_;
};

TEST_P(Combinations, NoneIsADeadlock) {
  auto recorded = smallest();
  auto trial = recorded.start_episode();
  if (has_slow_streams()) prepare_slow_streams(trial);
  prepare_columns(trial);
  prepare_lanes(trial);
  prepare_fast_stream(trial);
  start();
  while (!waits(trial, "neural_states/fast")) std::this_thread::yield();
  gate_.open();
  recorded.flush();
  join();
  if (has_silent_columns()) {
    EXPECT_THROW(trial.finish(), Error) << "no row could be recorded";
    EXPECT_THROW(recorded.close(), Error);
  } else {
    trial.finish();
    recorded.close();
  }
  expect_all_accounted_for(recorded.stats());
}

INSTANTIATE_TEST_SUITE_P(Ring, Combinations,
                         ::testing::Combine(::testing::Bool(), ::testing::Bool(), ::testing::Bool(),
                                            ::testing::Values(1, 3)),
                         [](const auto& chosen) {
                           std::string name = "Workers" + std::to_string(std::get<kWorkers>(chosen.param));
                           if (std::get<0>(chosen.param)) name += "SlowStreams";
                           if (std::get<1>(chosen.param)) name += "SilentColumns";
                           if (std::get<2>(chosen.param)) name += "SilentLane";
                           return name;
                         });

}  // namespace
}  // namespace neurotape
