#include <array>
#include <numeric>
#include <thread>

#include "memory_fixture.hpp"

namespace neurotape {
namespace {

class Columns : public InMemory {
 protected:
  static constexpr const char* kPath = "neural_states/v";

  template <class F>
  static std::string message_of(F&& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  static bool says(const std::string& message, const std::string& part) {
    return message.find(part) != std::string::npos;
  }
  std::uint64_t rows_in_gaps() {
    const auto& gaps = episode().gaps;
    return std::accumulate(gaps.begin(), gaps.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const Gap& gap) { return sum + gap.rows; });
  }
  void expect_all_accounted_for(const Experiment& recorded, std::uint64_t offered, std::uint64_t stored) {
    const auto stats = recorded.stats().total;
    EXPECT_EQ(stats.rows_offered, offered);
    EXPECT_EQ(stats.rows_recorded, stored);
    EXPECT_EQ(stats.rows_dropped, offered - stored);
    EXPECT_EQ(stats.rows_committed, stored);
    EXPECT_EQ(stream(kPath).rows, stored);
    EXPECT_EQ(rows_in_gaps(), offered - stored);
  }

  const std::vector<float> half = std::vector<float>(5, 1.0F);
  const std::vector<float> whole = std::vector<float>(10, 2.0F);
};

TEST_F(Columns, TheWholeHandleIsOfNoUseAnyMore) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {10});
  auto left = state.columns(0, 5);
  auto right = state.columns(5, 5);
  for (int t = 0; t < 10; ++t) state.record(t, whole);
  EXPECT_FALSE(state.reserve(10));
  for (int t = 0; t < 4; ++t) {
    left.record(t, half);
    right.record(t, half);
  }
  ASSERT_EQ(told().size(), 1U);
  EXPECT_EQ(told()[0].code(), ErrorCode::invalid_argument);
  EXPECT_TRUE(says(told()[0].what(), "timestep 0: columns of this stream have handles of their own"));
  EXPECT_TRUE(says(message_of([&] { trial.finish(); }), "have handles of their own"));
  EXPECT_THROW(recorded.close(), Error);
  expect_all_accounted_for(recorded, 15, 4);
  EXPECT_EQ(recorded.stats().total.rows_rejected, 11U);
  EXPECT_EQ(stream(kPath).values<float>(1), std::vector<float>(40, 1.0F));
}

TEST_F(Columns, ARowReservedBeforeTheFirstColumnsIsRefused) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {10});
  EXPECT_TRUE(state.reserve(0));
  auto left = state.columns(0, 5);
  auto right = state.columns(5, 5);
  state.commit();
  left.record(0, half);
  right.record(0, half);
  EXPECT_THROW(trial.finish(), Error);
  EXPECT_THROW(recorded.close(), Error);
  expect_all_accounted_for(recorded, 2, 1);
}

TEST_F(Columns, RowsBeforeLanesDisagreeAreStored) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {10});
  auto left = state.columns(0, 5);
  auto right = state.columns(5, 5);
  for (int t = 0; t < 100; ++t) {
    left.record(t, half);
    right.record(t, half);
  }
  for (int t = 100; t < 109; ++t) {
    left.record(t, half);
    right.record(t + 1, half);
  }
  EXPECT_EQ(trial.stats().total.rows_recorded, 100U);
  EXPECT_EQ(trial.stats().total.rows_dropped, 9U);
  EXPECT_TRUE(says(message_of([&] { trial.finish(); }),
                   "stream 'neural_states/v', timestep 101: the columns from 5 on come with timestep 101, but other "
                   "columns of this row came with 100"));
  EXPECT_THROW(recorded.close(), Error);
  expect_all_accounted_for(recorded, 109, 100);
  EXPECT_EQ(timesteps(kPath).back(), 99);
  ASSERT_EQ(episode().gaps.size(), 1U);
  EXPECT_EQ(episode().gaps[0].first_timestep, 100);
  EXPECT_EQ(episode().gaps[0].last_timestep, 109);
  EXPECT_EQ(episode().gaps[0].cause, "error");
}

TEST_F(Columns, AThreadThatIsBehindMayStillCompleteRowsBeforeTheFault) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {15});
  auto a = state.columns(0, 5);
  auto b = state.columns(5, 5);
  auto late = state.columns(10, 5);
  for (int t = 0; t < 20; ++t) {
    a.record(t, half);
    b.record(t < 10 ? t : t + 1, half);
  }
  recorded.flush();
  EXPECT_EQ(trial.stats().total.rows_committed, 0U);
  for (int t = 0; t < 7; ++t) late.record(t, half);
  recorded.flush();
  EXPECT_EQ(trial.stats().total.rows_committed, 7U);
  EXPECT_THROW(trial.finish(), Error);
  EXPECT_THROW(recorded.close(), Error);
  expect_all_accounted_for(recorded, 20, 7);
  ASSERT_EQ(episode().gaps.size(), 2U);
  EXPECT_EQ(episode().gaps[0].first_timestep, 7);
  EXPECT_EQ(episode().gaps[0].last_timestep, 9);
  EXPECT_EQ(episode().gaps[0].cause, "incomplete");
  EXPECT_EQ(episode().gaps[1].first_timestep, 10);
  EXPECT_EQ(episode().gaps[1].last_timestep, 20);
  EXPECT_EQ(episode().gaps[1].rows, 10U);
  EXPECT_EQ(episode().gaps[1].cause, "error");
}

TEST_F(Columns, ADisagreementThatIsFoundLaterMayBeEarlier) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {15});
  auto a = state.columns(0, 5);
  auto b = state.columns(5, 5);
  auto late = state.columns(10, 5);
  for (int t = 0; t < 20; ++t) {
    a.record(t, half);
    b.record(t < 10 ? t : t + 1, half);
  }
  for (int t = 0; t < 20; ++t) late.record(t < 4 ? t : t + 1, half);
  EXPECT_THROW(trial.finish(), Error);
  EXPECT_THROW(recorded.close(), Error);
  expect_all_accounted_for(recorded, 20, 4);
  ASSERT_EQ(episode().gaps.size(), 1U);
  EXPECT_EQ(episode().gaps[0].first_timestep, 4);
}

TEST_F(Columns, ThreadsThatDisagreeLoseNoRowUnseen) {
  for (const Overflow overflow : {Overflow::block, Overflow::drop_newest}) {
    run_ = std::make_shared<MemoryRun>();
    auto recorded = experiment({.memory_cap = 16_MB, .overflow = overflow});
    auto trial = recorded.start_episode();
    auto state = trial.neural_state<float>("v", {400});
    constexpr int kSteps = 20'000;
    std::vector<std::thread> threads;
    for (int me = 0; me < 4; ++me) {
      threads.emplace_back([part = state.columns(std::uint64_t(me) * 100, 100), me]() mutable {
        const std::vector<float> row(100, float(me));
        for (int t = 0; t < kSteps; ++t) part.record(t < 5'000 || me != 3 ? t : t + 1, row);
      });
    }
    for (auto& thread : threads) thread.join();
    // With drop_newest it may be that every row after the fault was dropped: then nobody met another's row.
    const auto message = message_of([&] { trial.finish(); });
    EXPECT_TRUE(says(message, "each thread has to record every timestep") || overflow == Overflow::drop_newest);
    EXPECT_EQ(message_of([&] { recorded.close(); }), message);
    const auto stored = stream(kPath).rows;
    EXPECT_LE(stored, 5'000U);
    EXPECT_TRUE(stored == 5'000U || overflow == Overflow::drop_newest) << stored;
    expect_all_accounted_for(recorded, kSteps, stored);
  }
}

TEST_F(Columns, ColumnsWithoutAHandleAreNamed) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {20});
  auto left = state.columns(0, 5);
  auto right = state.columns(11, 5);
  for (int t = 0; t < 10; ++t) {
    left.record(t, half);
    right.record(t, half);
  }
  const std::string expected =
      "stream 'neural_states/v': columns 5 to 10, 16 to 19 have no handle: no row could be recorded";
  EXPECT_TRUE(says(message_of([&] { trial.finish(); }), expected));
  EXPECT_TRUE(says(message_of([&] { recorded.close(); }), expected));
  expect_all_accounted_for(recorded, 10, 0);
  EXPECT_EQ(told().front().code(), ErrorCode::invalid_argument);
}

TEST_F(Columns, ColumnsWithoutAHandleAreNamedAsSoonAsRowsAreDropped) {
  auto recorded = experiment({.memory_cap = 16_MB, .n_workers = 1, .overflow = Overflow::drop_newest});
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {10'001});
  auto most = state.columns(0, 10'000);
  const std::vector<float> row(10'000);
  for (int t = 0; t < 1000; ++t) most.record(t, row);
  ASSERT_EQ(told().size(), 1U);
  EXPECT_TRUE(says(told()[0].what(), "column 10000 has no handle yet: no row can be complete"));
  EXPECT_TRUE(says(message_of([&] { trial.finish(); }), "column 10000 has no handle: no row could be recorded"));
  EXPECT_THROW(recorded.close(), Error);
  expect_all_accounted_for(recorded, 1000, 0);
}

TEST_F(Columns, HandlesThatNobodyUsedAreNoFault) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {10});
  auto left = state.columns(0, 5);
  EXPECT_NO_THROW(trial.finish());
  EXPECT_NO_THROW(recorded.close());
  EXPECT_TRUE(told().empty());
}

TEST_F(Columns, ColumnsThatWereNeverRecordedAreNamed) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {10});
  auto left = state.columns(0, 5);
  auto silent = state.columns(5, 5);
  left.record(0, half);
  EXPECT_TRUE(
      says(message_of([&] { trial.finish(); }), "columns 5 to 9 were never recorded: no row could be recorded"));
  EXPECT_THROW(recorded.close(), Error);
  expect_all_accounted_for(recorded, 1, 0);
}

TEST_F(Columns, ColumnsThatLagBehindAtTheEndAreNamed) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {10});
  auto left = state.columns(0, 5);
  auto right = state.columns(5, 5);
  for (int t = 0; t < 10; ++t) left.record(3 * t, half);
  for (int t = 0; t < 8; ++t) right.record(3 * t, half);
  EXPECT_NO_THROW(trial.finish());
  ASSERT_EQ(told().size(), 1U);
  EXPECT_TRUE(says(told()[0].what(), "columns 5 to 9 are behind the others"));
  recorded.close();
  expect_all_accounted_for(recorded, 10, 8);
  ASSERT_EQ(episode().gaps.size(), 1U);
  EXPECT_EQ(episode().gaps[0].first_timestep, 24);
  EXPECT_EQ(episode().gaps[0].last_timestep, 27);
  EXPECT_EQ(episode().gaps[0].cause, "incomplete");
}

TEST_F(Columns, AnAbortedEpisodeMayEndInTheMiddleOfARow) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {10});
  auto left = state.columns(0, 5);
  left.record(0, half);
  trial.abort();
  EXPECT_NO_THROW(recorded.close());
  expect_all_accounted_for(recorded, 1, 0);
}

}  // namespace
}  // namespace neurotape
