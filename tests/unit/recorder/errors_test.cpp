#include <array>

#include "memory_fixture.hpp"

namespace neurotape {
namespace {

class BadInput : public InMemory {
 protected:
  void expect_told(ErrorCode code, const std::string& part) {
    ASSERT_FALSE(told().empty());
    EXPECT_EQ(told().back().code(), code);
    EXPECT_NE(std::string(told().back().what()).find(part), std::string::npos) << told().back().what();
  }
};

TEST_F(BadInput, AWrongShapeCostsThatRowOnly) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {3});
  auto other = trial.rewards();
  state.record(0, std::vector<float>(3));
  state.record(1, std::vector<float>(2));
  other.record(1, 1.0);
  state.record(2, std::vector<float>(3));
  expect_told(
      ErrorCode::wrong_shape,
      "stream 'neural_states/v', timestep 1: expected 3 values, got 2 (experiment 'test', episode 'episode_0000')");
  EXPECT_THROW(trial.finish(), Error);
  EXPECT_THROW(recorded.close(), Error);
  EXPECT_EQ(timesteps("neural_states/v"), (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(stream("rewards").rows, 1U);
  const auto stats = recorded.stats().total;
  EXPECT_EQ(stats.rows_rejected, 1U);
  EXPECT_EQ(stats.rows_dropped, 1U);
  ASSERT_EQ(episode().gaps.size(), 1U);
  EXPECT_EQ(episode().gaps[0].cause, "invalid");
}

TEST_F(BadInput, TimestepsThatGoBack) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {});
  state.record(5, 1.0F);
  state.record(5, 2.0F);
  expect_told(ErrorCode::timestep_order, "timestep 5: expected a timestep above 5 (recorded twice?)");
  auto reward = trial.rewards();
  reward.record(5, 1.0);
  reward.record(5, 1.0);
  reward.record(4, 1.0);
  expect_told(ErrorCode::timestep_order, "stream 'rewards', timestep 4: expected a timestep of at least 5");
}

TEST_F(BadInput, WithoutValidationTheyAreStoredAndSaidToBeUnsorted) {
  auto recorded = experiment({.validate = false});
  auto trial = recorded.start_episode();
  auto reward = trial.rewards();
  for (const int t : {5, 3, 4}) reward.record(t, double(t));
  trial.finish();
  recorded.close();
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(timesteps("rewards"), (std::vector<std::int64_t>{5, 3, 4}));
  EXPECT_FALSE(stream("rewards").sorted);
  EXPECT_EQ(recorded.stats().total.late_rows, 2U);
}

TEST_F(BadInput, NeuronIdsOutOfRange) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto spikes = trial.spikes("a", {.population_size = 100});
  spikes.record(0, std::vector<int>{0, 99});
  spikes.record(1, std::vector<int>{3, 100});
  expect_told(ErrorCode::out_of_range, "stream 'spikes/a', timestep 1: expected neuron_ids from 0 to 99, got 100");
  auto any = trial.spikes("b");
  any.record(0, std::vector<std::int16_t>{1, -2});
  expect_told(ErrorCode::out_of_range, "got -2");
  auto wide = trial.spikes("c");
  wide.record(0, std::vector<std::uint64_t>{std::uint64_t{1} << 32});
  expect_told(ErrorCode::out_of_range, "expected neuron_ids from 0 to 4294967295");
  auto enough = trial.spikes<std::uint64_t>("d");
  enough.record(0, std::vector<std::uint64_t>{std::uint64_t{1} << 40});
  try {
    trial.finish();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::out_of_range) << "the first one";
  }
  EXPECT_THROW(recorded.close(), Error);
  EXPECT_EQ(stream("spikes/a").rows, 2U);
  EXPECT_EQ(stream("spikes/b").rows, 0U);
  EXPECT_EQ(stream("spikes/d").values<std::uint64_t>(1), (std::vector<std::uint64_t>{std::uint64_t{1} << 40}));
}

TEST_F(BadInput, ArraysThatDoNotFitTogether) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto plastic = trial.weight_changes();
  plastic.record(3, std::vector<int>{1, 2}, std::vector<float>{1, 2}, std::vector<float>{1});
  expect_told(ErrorCode::wrong_shape, "expected 2 new_weights, as many as synapse_ids, got 1");
  auto exact = trial.spikes("exact", {.times = true});
  exact.record(3, std::vector<int>{1});
  expect_told(ErrorCode::wrong_shape, "expected 2 arrays (the last one is times), got 1");
}

TEST_F(BadInput, LogTimestepWithAnotherType) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  const std::vector<float> floats(2);
  const std::vector<double> doubles(2);
  trial.log_timestep(0, {.neural_state = {{"v", floats}}, .reward = 1.0});
  trial.log_timestep(1, {.neural_state = {{"v", doubles}}, .reward = 2.0});
  expect_told(ErrorCode::wrong_type, "stream 'neural_states/v', timestep 1: expected float32, got float64");
  trial.log_timestep(2, {.neural_state = {{"a/b", doubles}, {"v", floats}}, .reward = 3.0});
  expect_told(ErrorCode::invalid_name, "'a/b' cannot be the name of a stream");
  EXPECT_THROW(trial.finish(), Error);
  EXPECT_THROW(recorded.close(), Error);
  EXPECT_EQ(stream("rewards").rows, 3U);
  EXPECT_EQ(timesteps("neural_states/v"), (std::vector<std::int64_t>{0, 2}));
}

TEST_F(BadInput, AttributesOfTheFormatItself) {
  auto recorded = experiment();
  EXPECT_THROW(recorded.start_episode({.attributes = {{"status", "mine"}}}), Error);
  auto trial = recorded.start_episode({.attributes = {{"subject", "mouse 7"}}});
  EXPECT_THROW(trial.set_attribute("seed", 3), Error);
  EXPECT_THROW(trial.set_attribute("", 3), Error);
}

TEST_F(BadInput, EventsThatAreNotUtf8) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  trial.log_event("note", 0, {{"text", "\xff\xfe"}});
  trial.log_event(std::string(65, 'x'), 0);
  trial.log_event("note", 1, {{"text", "fine"}});
  EXPECT_EQ(told().size(), 2U);
  EXPECT_THROW(trial.finish(), Error);
  EXPECT_THROW(recorded.close(), Error);
  EXPECT_EQ(stream("events").rows, 1U);
}

TEST_F(BadInput, HandlesAfterTheEndOnlyReport) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {});
  state.record(0, 1.0F);
  trial.finish();
  state.record(1, 1.0F);
  expect_told(ErrorCode::closed, "timestep 1: the episode is finished");
  EXPECT_FALSE(state.reserve(2));
  EXPECT_THROW(trial.neural_state<float>("w", {}), Error);
  EXPECT_THROW(recorded.close(), Error);
  state.record(3, 1.0F);
  EXPECT_THROW(recorded.start_episode(), Error);
  EXPECT_EQ(stream("neural_states/v").rows, 1U);
}

TEST_F(BadInput, ANullPointerIsNoRow) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {3});
  const float* nowhere = nullptr;
  state.record(0, nowhere);
  expect_told(ErrorCode::wrong_shape, "got a null pointer");
}

TEST_F(BadInput, AFailingDiskEndsTheRecordingAndNotTheProgram) {
  run_->before_write = [n = 0]() mutable {
    if (++n > 20) throw Error(ErrorCode::io, "no space left on device", {{}, {}, {}, {}, "episode_0000.h5"});
  };
  auto recorded = experiment({.memory_cap = 16_MB, .n_workers = 1});
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {10'000});
  const std::vector<float> row(10'000);
  for (int t = 0; t < 3000; ++t) state.record(t, row);
  EXPECT_THROW(recorded.flush(), Error);
  EXPECT_NE(recorded.stats().last_error.find("no space left on device"), std::string::npos);
  state.record(4000, row);
  const auto stats = recorded.stats().total;
  EXPECT_EQ(stats.rows_recorded + stats.rows_dropped, 3001U);
  EXPECT_GT(stats.rows_dropped, 0U);
  EXPECT_THROW(trial.finish(), Error);
  EXPECT_THROW(recorded.close(), Error);
}

TEST_F(BadInput, OneEpisodeFailsAndTheOthersGoOn) {
  auto recorded = experiment();
  auto good = recorded.start_episode();
  auto bad = recorded.start_episode();
  auto fine = good.rewards();
  auto broken = bad.rewards();
  fine.record(0, 1.0);
  recorded.flush();
  run_->before_write = [] { throw Error(ErrorCode::io, "broken"); };
  broken.record(0, 1.0);
  EXPECT_THROW(recorded.flush(), Error);
  run_->before_write = [] {};
  fine.record(1, 2.0);
  good.finish();
  EXPECT_THROW(bad.finish(), Error);
  EXPECT_THROW(recorded.close(), Error);
  EXPECT_EQ(stream("rewards", 0).rows, 2U);
}

TEST_F(BadInput, AChunkThatCannotBeEncodedIsNotAcknowledged) {
  run_->before_encode = [] { throw std::bad_alloc(); };
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto values = trial.behavior<double>("x", {}, {.chunk_rows = 4});
  for (std::int64_t t = 0; t < 4; ++t) values.record(t, 0.5);
  EXPECT_THROW(recorded.flush(), Error);
  EXPECT_THROW(trial.finish(), Error);
  EXPECT_THROW(recorded.close(), Error);
  EXPECT_EQ(told().front().code(), ErrorCode::io);
}

TEST_F(BadInput, OptionsThatCannotBe) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  const auto code_of = [](auto&& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::damaged;
  };
  EXPECT_EQ(code_of([&] { trial.rewards({.every = 2}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { trial.neural_state<float>("v", {3}, {.times = true}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { trial.neural_state<float>("v", {3}, {.every = -1}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { trial.neural_state<float>("v", {3}, {.columns = {3}}); }), ErrorCode::out_of_range);
  EXPECT_EQ(code_of([&] { trial.neural_state<float>("v", {3, 2}, {.columns = {1}}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { trial.neural_state<float>("v", {3}, {.chunk_rows = std::uint64_t{1} << 40}); }),
            ErrorCode::memory_cap);
  EXPECT_EQ(code_of([&] { trial.neural_state<float>("v", {3}, {.keep_bits = 24}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { trial.neural_state<float>("v", {3}, {.absolute_error = -1}); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { trial.neural_state<float>("v", {3}, {.layout = Layout::traces}); }), ErrorCode::unsupported);
  EXPECT_EQ(code_of([&] { experiment({.memory_cap = 1000}); }), ErrorCode::memory_cap);
  EXPECT_EQ(code_of([&] { experiment({.n_workers = -1}); }), ErrorCode::invalid_argument);
}

TEST_F(BadInput, TheMemoryCapThatIsRecommendedIsEnough) {
  constexpr std::uint64_t kValues = 10'000'000;
  std::size_t enough = 0;
  {
    auto recorded = experiment({.memory_cap = 16_MB});
    try {
      recorded.start_episode().neural_state<float>("v", {kValues});
    } catch (const Error& error) {
      const std::string text = error.what();
      const std::string before = "raise memory_cap to ";
      ASSERT_NE(text.find(before), std::string::npos) << text;
      enough = std::stoull(text.substr(text.find(before) + before.size()));
    }
  }
  EXPECT_LT(enough, 150_MB);
  auto recorded = experiment({.memory_cap = enough});
  auto trial = recorded.start_episode();
  EXPECT_NO_THROW(trial.neural_state<float>("v", {kValues}));
}

TEST_F(BadInput, OptionsSayWhatTheyGot) {
  try {
    experiment({.commit_interval = std::chrono::microseconds(5)});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "commit_interval: expected 1 ms to 1 year, got 5000 ns");
  }
  EXPECT_THROW(experiment({.commit_interval = std::chrono::nanoseconds::max()}), Error);
}

TEST_F(BadInput, WhatIsLoggedAfterTheEndIsCounted) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto reward = trial.rewards();
  trial.finish();
  recorded.flush();
  const std::vector<float> row(2);
  trial.log_event("note", 7);
  trial.log_event("note", 8);
  trial.log_weight_change(8, 1, 0.0, 1.0);
  trial.log_timestep(9, {.neural_state = {{"v", row}}, .reward = 1.0});
  ASSERT_EQ(told().size(), 3U) << "once for each kind of call";
  expect_told(ErrorCode::closed, "timestep 9: log_timestep: the episode is finished");
  reward.record(9, 1.0);
  EXPECT_THROW(trial.finish(), Error);
  const auto stats = trial.stats().total;
  EXPECT_EQ(stats.rows_offered, 6U);
  EXPECT_EQ(stats.rows_dropped, 6U);
  EXPECT_EQ(stats.rows_rejected, 6U);
  EXPECT_THROW(recorded.close(), Error);
  EXPECT_EQ(recorded.stats().total.rows_rejected, 6U);
}

TEST_F(BadInput, TheClosingLineNamesTheCauseAndTheStream) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto bad = trial.neural_state<float>("v", {2});
  auto twice = trial.rewards();
  for (int t = 0; t < 3; ++t) bad.record(t, std::vector<float>(3));
  twice.record(1, 1.0);
  twice.record(0, 1.0);
  EXPECT_THROW(trial.finish(), Error);
  EXPECT_THROW(recorded.close(), Error);
  expect_told(ErrorCode::invalid_argument,
              "4 of 5 rows were not recorded (4 of them invalid); the gaps of the episodes that could be written say "
              "which; stream 'neural_states/v' of episode_0000 lost most, 3 rows");
}

TEST_F(BadInput, TheClosingLineCountsRowsThatCouldNotBeWritten) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto reward = trial.rewards();
  run_->before_write = [] { throw Error(ErrorCode::io, "broken"); };
  for (int t = 0; t < 3; ++t) reward.record(t, 1.0);
  EXPECT_THROW(recorded.flush(), Error);
  EXPECT_THROW(recorded.close(), Error);
  expect_told(ErrorCode::io, "3 rows were accepted but could not be written; stream 'rewards' of episode_0000");
}

TEST_F(BadInput, TheClosingLineSaysNothingOfEpisodesThatWereDiscarded) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto reward = trial.rewards();
  reward.record(0, 1.0);
  trial.abort(true);
  recorded.close();
  EXPECT_TRUE(told().empty());
}

TEST_F(BadInput, ColumnsThatOverlapOrDoNotExist) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {10});
  auto first = state.columns(0, 5);
  EXPECT_THROW(state.columns(4, 2), Error);
  EXPECT_THROW(state.columns(8, 3), Error);
  EXPECT_THROW(state.columns(5, 0), Error);
  auto second = state.columns(5, 5);
  first.record(0, std::vector<float>(5));
  second.record(1, std::vector<float>(5));
  expect_told(ErrorCode::timestep_order, "each thread has to record every timestep");
}

}  // namespace
}  // namespace neurotape
