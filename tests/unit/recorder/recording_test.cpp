#include <array>
#include <numeric>

#include "memory_fixture.hpp"

namespace neurotape {
namespace {

class Recording : public InMemory {};

TEST_F(Recording, StoresEveryRowOfADenseStream) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto voltage = trial.neural_state<float>("v", {3});
  for (int t = 0; t < 100'000; ++t)
    voltage.record(t, std::array<float, 3>{float(t), float(t) + 0.25F, float(t) + 0.5F});
  trial.finish();
  recorded.close();

  const auto values = stream("neural_states/v").values<float>(1);
  ASSERT_EQ(values.size(), 300'000U);
  for (std::size_t t = 0; t < 100'000; ++t) {
    ASSERT_EQ(timesteps("neural_states/v")[t], std::int64_t(t));
    ASSERT_EQ(values[3 * t + 1], float(t) + 0.25F);
    if (t == 10) break;
  }
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], float(i / 3) + 0.25F * float(i % 3)) << i;
  EXPECT_TRUE(episode().finished);
  EXPECT_EQ(episode().end.status, "complete");
  EXPECT_TRUE(run_->closed);
  EXPECT_TRUE(told().empty());
}

TEST_F(Recording, StoresSpikesRewardsWeightChangesAndEvents) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto spikes = trial.spikes("excitatory");
  auto reward = trial.rewards();
  auto plastic = trial.weight_changes();
  std::vector<int> ids(1000);
  std::iota(ids.begin(), ids.end(), 0);
  for (int t = 0; t < 300; ++t) {
    spikes.record(t, ids);
    reward.record(t, 0.5);
    plastic.record(t, 7, 0.25F, 0.75F);
  }
  trial.log_event("lesion", 5, {{"region", "CA3"}});
  trial.log_event("end", 299);
  trial.finish();
  recorded.close();
  EXPECT_EQ(recorded.stats().total.rows_recorded, 300'000U + 300 + 300 + 2) << "the text of events is no rows";

  const auto neurons = stream("spikes/excitatory").values<std::uint32_t>(1);
  ASSERT_EQ(neurons.size(), 300'000U);
  for (std::size_t i = 0; i < neurons.size(); ++i) ASSERT_EQ(neurons[i], i % 1000);
  EXPECT_EQ(timesteps("spikes/excitatory")[299'999], 299);
  EXPECT_EQ(stream("rewards").rows, 300U);
  EXPECT_DOUBLE_EQ(episode().end.sum_of_rewards, 150.0);
  EXPECT_EQ(stream("weight_changes").values<float>(3)[299], 0.75F);
  const auto ends = stream("events").values<std::uint64_t>(2);
  const auto bytes = stream("events/data").values<char>(0);
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_EQ(std::string(bytes.data(), ends[0]), R"({"region":"CA3"})");
  EXPECT_EQ(std::string(bytes.data() + ends[0], ends[1] - ends[0]), "{}");
}

TEST_F(Recording, FlushReturnsWhenAllIsCommitted) {
  auto recorded = experiment({.commit_interval = std::chrono::hours(1)});
  auto trial = recorded.start_episode();
  auto voltage = trial.neural_state<double>("v", {});
  for (int t = 0; t < 10; ++t) {
    voltage.record(t, double(t));
    recorded.flush();
    EXPECT_EQ(voltage.committed_timestep(), t);
    const std::lock_guard lock(run_->mutex);
    EXPECT_EQ(stream("neural_states/v").committed_rows, std::uint64_t(t) + 1);
  }
}

TEST_F(Recording, ClosesWhateverCommitIsOnItsWay) {
  for (int i = 0; i < 200; ++i) {
    run_ = std::make_shared<MemoryRun>();
    auto recorded = experiment({.commit_interval = std::chrono::milliseconds(1)});
    auto trial = recorded.start_episode();
    auto reward = trial.rewards();
    for (int t = 0; t < 10 * i; ++t) reward.record(t, 1.0);
    recorded.close();
    ASSERT_EQ(stream("rewards").rows, 10U * unsigned(i));
  }
}

TEST_F(Recording, AFinishedEpisodeStillTellsWhatItRecorded) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto reward = trial.rewards();
  for (int t = 0; t < 10; ++t) reward.record(t, 1.0);
  trial.finish();
  recorded.flush();
  EXPECT_EQ(trial.stats().total.rows_recorded, 10U);
  EXPECT_EQ(trial.stats().total.rows_committed, 10U);
  EXPECT_EQ(trial.committed_timestep(), 9);
  EXPECT_EQ(recorded.stats().total.rows_committed, 10U);
}

}  // namespace
}  // namespace neurotape
