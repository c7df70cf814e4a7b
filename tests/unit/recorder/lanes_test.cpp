#include <algorithm>
#include <array>
#include <barrier>
#include <thread>

#include "gate.hpp"
#include "memory_fixture.hpp"

namespace neurotape {
namespace {

class Lanes : public InMemory {};

template <class F>
void in_threads(int n, F&& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < n; ++i) threads.emplace_back([&body, i] { body(i); });
  for (auto& thread : threads) thread.join();
}

TEST_F(Lanes, SpikesOfSeveralThreadsAreMergedByTimestep) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto spikes = trial.spikes("all");
  constexpr int kThreads = 4;
  constexpr int kSteps = 3000;
  std::barrier step(kThreads);
  in_threads(kThreads, [&](int me) {
    auto lane = spikes.lane();
    for (int t = 0; t < kSteps; ++t) {
      lane.record(t, std::vector<int>(10, me));
      step.arrive_and_wait();
    }
  });
  trial.finish();
  recorded.close();
  const auto times = timesteps("spikes/all");
  ASSERT_EQ(times.size(), std::size_t(kThreads * kSteps * 10));
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  EXPECT_TRUE(stream("spikes/all").sorted);
  const auto ids = stream("spikes/all").values<std::uint32_t>(1);
  for (int me = 0; me < kThreads; ++me) EXPECT_EQ(std::count(ids.begin(), ids.end(), std::uint32_t(me)), kSteps * 10);
}

TEST_F(Lanes, ARowThatComesLateIsStoredAndCounted) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto early = trial.rewards();
  auto late = early.lane();
  early.record(100, 1.0);
  recorded.flush();
  late.record(50, 2.0);
  recorded.flush();
  EXPECT_EQ(trial.stats().total.late_rows, 1U);
  trial.finish();
  recorded.close();
  EXPECT_EQ(timesteps("rewards"), (std::vector<std::int64_t>{100, 50}));
  EXPECT_FALSE(stream("rewards").sorted);
}

TEST_F(Lanes, AnIdleLaneHoldsNothingBackForLong) {
  auto recorded = experiment({.commit_interval = std::chrono::milliseconds(2)});
  auto trial = recorded.start_episode();
  auto busy = trial.rewards();
  auto idle = busy.lane();
  idle.record(0, 0.0);
  for (int t = 1; t < 100; ++t) busy.record(t, 1.0);
  while (busy.committed_timestep() < 98) std::this_thread::yield();
  SUCCEED();
}

TEST_F(Lanes, ColumnsOfARowComeTogether) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto voltage = trial.neural_state<float>("v", {100});
  constexpr int kSteps = 20'000;
  in_threads(4, [&](int me) {
    auto part = voltage.columns(std::uint64_t(me) * 25, 25);
    for (int t = 0; t < kSteps; ++t) part.record(t, std::vector<float>(25, float(t * 4 + me)));
  });
  trial.finish();
  recorded.close();
  const auto values = stream("neural_states/v").values<float>(1);
  ASSERT_EQ(values.size(), std::size_t(kSteps * 100));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t timestep = i / 100, lane = i % 100 / 25;
    ASSERT_EQ(values[i], float(timestep * 4 + lane)) << i;
  }
  const auto stats = recorded.stats().total;
  EXPECT_EQ(stats.rows_offered, std::uint64_t(kSteps));
  EXPECT_EQ(stats.rows_recorded, std::uint64_t(kSteps));
  EXPECT_TRUE(told().empty());
}

TEST_F(Lanes, ColumnsDecideTogetherWhatIsDropped) {
  Gate gate;
  gate.close();
  run_->before_write = [&] { gate.pass(); };
  auto recorded = experiment({.memory_cap = 16_MB, .n_workers = 1, .overflow = Overflow::drop_newest});
  auto trial = recorded.start_episode();
  auto voltage = trial.neural_state<float>("v", {10'000});
  constexpr int kSteps = 2000;
  in_threads(3, [&](int me) {
    const auto first = std::uint64_t(me) * 3'000;
    auto part = voltage.columns(first, me == 2 ? 4'000 : 3'000);
    const std::vector<float> row(me == 2 ? 4'000 : 3'000, float(me));
    for (int t = 0; t < kSteps; ++t) part.record(t, row);
  });
  const auto stats = trial.stats().total;
  gate.open();
  trial.finish();
  recorded.close();
  EXPECT_GT(stats.rows_dropped, 0U);
  EXPECT_EQ(stats.rows_offered, std::uint64_t(kSteps));
  EXPECT_EQ(stream("neural_states/v").rows, stats.rows_recorded);
  std::uint64_t lost = 0;
  for (const auto& gap : episode().gaps) lost += gap.rows;
  EXPECT_EQ(lost, stats.rows_dropped);
  const auto values = stream("neural_states/v").values<float>(1);
  for (std::size_t i = 0; i < values.size(); i += 997)
    ASSERT_EQ(values[i], float(std::min<std::size_t>(i % 10'000 / 3'000, 2)));
}

TEST_F(Lanes, ASilentColumnLaneDoesNotStopTheOthers) {
  auto recorded = experiment({.memory_cap = 16_MB, .n_workers = 1, .commit_interval = std::chrono::milliseconds(20)});
  auto trial = recorded.start_episode();
  auto voltage = trial.neural_state<float>("v", {10'000});
  auto talking = voltage.columns(0, 5'000);
  auto silent = voltage.columns(5'000, 5'000);
  const std::vector<float> row(5'000, 1.0F);
  for (int t = 0; t < 2000; ++t) talking.record(t, row);
  EXPECT_THROW(trial.finish(), Error) << "no row could be recorded";
  EXPECT_THROW(recorded.close(), Error);
  const auto stats = recorded.stats().total;
  EXPECT_EQ(stats.rows_offered, 2000U);
  EXPECT_EQ(stats.rows_dropped, 2000U) << "no row was complete";
  std::uint64_t lost = 0;
  for (const auto& gap : episode().gaps) lost += gap.rows;
  EXPECT_EQ(lost, 2000U);
}

TEST_F(Lanes, ASilentSparseLaneDoesNotStopTheOthers) {
  auto recorded = experiment({.memory_cap = 16_MB, .n_workers = 1, .commit_interval = std::chrono::hours(1)});
  auto trial = recorded.start_episode();
  auto spikes = trial.spikes("all");
  auto silent = spikes.lane();
  silent.record(0, std::vector<int>{1});
  const std::vector<std::uint32_t> ids(1000);
  for (int t = 1; t < 5000; ++t) spikes.record(t, ids);  // 60 MB through a ring of 10
  trial.finish();
  recorded.close();
  EXPECT_EQ(stream("spikes/all").rows, 4'999'001U);
}

TEST_F(Lanes, BlocksThatAreAllPartlyFilledDoNotStopARecorder) {
  auto recorded = experiment({.memory_cap = 16_MB, .n_workers = 1, .commit_interval = std::chrono::hours(1)});
  auto trial = recorded.start_episode();
  std::vector<DenseStream<double>> slow;
  const auto blocks = recorded.stats().ring_bytes / (64_KiB);
  for (std::size_t i = 0; i < blocks / 2; ++i)
    slow.push_back(trial.neural_state<double>("slow" + std::to_string(i), {}));
  for (auto& stream : slow) stream.record(0, 1.0);
  for (int t = 1; t < 50'000; ++t) slow.front().record(t, double(t));
  trial.finish();
  recorded.close();
  EXPECT_EQ(stream("neural_states/slow0").rows, 50'000U);
  EXPECT_EQ(stream("neural_states/slow1").rows, 1U);
}

TEST_F(Lanes, NoRoomForAnotherStreamIsSaidAtItsDeclaration) {
  auto recorded = experiment({.memory_cap = 16_MB});
  auto trial = recorded.start_episode();
  std::vector<RewardStream> lanes;
  lanes.push_back(trial.rewards());
  try {
    for (int i = 0; i < 1000; ++i) lanes.push_back(lanes.front().lane());
    FAIL() << "1000 lanes of two blocks of 64 KiB fit into 16 MB";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::memory_cap);
    EXPECT_NE(std::string(error.what()).find("two blocks of 65536 bytes"), std::string::npos) << error.what();
  }
}

TEST_F(Lanes, SeveralEpisodesAtOnce) {
  auto recorded = experiment({.memory_cap = 64_MB});
  in_threads(8, [&](int me) {
    for (int i = 0; i < 20; ++i) {
      auto trial = recorded.start_episode({.seed = std::uint64_t(me)});
      auto value = trial.behavior<std::int32_t>("x", {2});
      for (int t = 0; t < 100; ++t) value.record(t, std::array<std::int32_t, 2>{me, t});
      trial.finish();
    }
  });
  recorded.close();
  ASSERT_EQ(run_->episodes.size(), 160U);
  for (auto& [number, trial] : run_->episodes) {
    const auto values = trial.streams.at("behavior/x").values<std::int32_t>(1);
    ASSERT_EQ(values.size(), 200U);
    EXPECT_EQ(values[0], std::int32_t(*trial.info.seed));
    EXPECT_EQ(values[199], 99);
  }
}

}  // namespace
}  // namespace neurotape
