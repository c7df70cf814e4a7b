#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "memory_fixture.hpp"

namespace neurotape {
namespace {

class Dense : public InMemory {};

TEST_F(Dense, EveryKeepsTheTimestepsItDivides) {
  auto recorded = experiment({.neural_sampling_rate = 4});
  auto trial = recorded.start_episode();
  auto by_default = trial.neural_state<int>("default", {});
  auto own = trial.neural_state<int>("own", {}, {.every = 3});
  auto behavior = trial.behavior<int>("behavior", {});
  for (int t = -4; t < 9; ++t) {
    by_default.record(t, t);
    own.record(t, t);
    behavior.record(t, t);
  }
  trial.finish();
  recorded.close();
  EXPECT_EQ(timesteps("neural_states/default"), (std::vector<std::int64_t>{-4, 0, 4, 8}));
  EXPECT_EQ(timesteps("neural_states/own"), (std::vector<std::int64_t>{-3, 0, 3, 6}));
  EXPECT_EQ(stream("behavior/behavior").rows, 13U);
  EXPECT_EQ(recorded.stats().total.rows_offered, 21U) << "what `every` leaves out was not offered";
}

TEST_F(Dense, SelectedColumnsAreTakenInTheirOrder) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto some = trial.neural_state<double>("v", {5}, {.columns = {4, 0, 2}});
  some.record(0, std::array<double, 5>{0, 10, 20, 30, 40});
  if (auto row = some.reserve(1)) {
    ASSERT_EQ(row->size(), 3U);
    std::iota(row->begin(), row->end(), 1.0);
    some.commit();
  }
  trial.finish();
  recorded.close();
  EXPECT_EQ(stream("neural_states/v").values<double>(1), (std::vector<double>{40, 0, 20, 1, 2, 3}));
  EXPECT_EQ(stream("neural_states/v").spec.selected_columns, (std::vector<std::uint64_t>{4, 0, 2}));
}

TEST_F(Dense, AReservedRowIsRecordedByCommitOnly) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {2}, {.every = 2});
  ASSERT_TRUE(state.reserve(0));
  if (auto row = state.reserve(2)) {
    (*row)[0] = 1;
    (*row)[1] = 2;
    state.commit();
  }
  EXPECT_FALSE(state.reserve(3)) << "every = 2 leaves it out";
  trial.finish();
  recorded.close();
  EXPECT_EQ(timesteps("neural_states/v"), (std::vector<std::int64_t>{2}));
  EXPECT_EQ(stream("neural_states/v").values<float>(1), (std::vector<float>{1, 2}));
}

TEST_F(Dense, RowsLargerThanABlockAreCutIntoTiles) {
  auto recorded = experiment({.memory_cap = 100_MB});
  auto trial = recorded.start_episode();
  auto image = trial.neural_state<std::uint16_t>("image", {3, 700, 601});
  std::vector<std::uint16_t> row(3 * 700 * 601);
  for (int t = 0; t < 12; ++t) {
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<std::uint16_t>(i * 7 + std::size_t(t));
    image.record(t, row);
    if (t == 5) recorded.flush();
  }
  trial.finish();
  recorded.close();
  const auto values = stream("neural_states/image").values<std::uint16_t>(1);
  ASSERT_EQ(values.size(), 12 * row.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(values[i], static_cast<std::uint16_t>(i % row.size() * 7 + i / row.size())) << i;
  EXPECT_GT(stream("neural_states/image").layout.columns[1].tiles, 1U);
}

TEST_F(Dense, ARowTooLargeForTheCapIsRefusedAtItsDeclaration) {
  auto recorded = experiment({.memory_cap = 16_MB});
  auto trial = recorded.start_episode();
  try {
    trial.neural_state<double>("huge", {4'000'000});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::memory_cap);
    EXPECT_NE(std::string(error.what()).find("neural_states/huge"), std::string::npos) << error.what();
  }
}

TEST_F(Dense, ChunkRowsAreTakenAsGiven) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<float>("v", {4}, {.chunk_rows = 37});
  for (int t = 0; t < 1000; ++t) state.record(t, std::array<float, 4>{float(t), 0, 0, 0});
  trial.finish();
  recorded.close();
  EXPECT_EQ(stream("neural_states/v").layout.columns[1].chunk_rows, 37U);
  EXPECT_EQ(stream("neural_states/v").rows, 1000U);
}

TEST_F(Dense, AChunkOfTimestepsHas64TimesTheRows) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<double>("v", {1000}, {.chunk_rows = 8});
  const std::vector<double> row(1000);
  for (int t = 0; t < 100; ++t) state.record(t, row);
  recorded.flush();
  EXPECT_EQ(stream("neural_states/v").layout.columns[0].chunk_rows, 8U * 64);
  trial.finish();
  recorded.close();
}

TEST_F(Dense, RowsOfNoValuesStillHaveTimesteps) {
  auto recorded = experiment();
  auto trial = recorded.start_episode();
  auto nothing = trial.behavior<float>("nothing", {0});
  for (int t = 0; t < 5; ++t) nothing.record(t, std::vector<float>{});
  trial.finish();
  recorded.close();
  EXPECT_EQ(stream("behavior/nothing").rows, 5U);
}

TEST_F(Dense, NansAreCountedRejectedOrLeftAlone) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto record = [&](Validate validate) {
    run_ = std::make_shared<MemoryRun>();
    auto recorded = experiment({.validate = validate});
    auto trial = recorded.start_episode();
    auto state = trial.neural_state<float>("v", {2});
    for (int t = 0; t < 10; ++t) state.record(t, std::array<float, 2>{float(t), t % 4 == 1 ? nan : 0.0F});
    trial.finish();
    recorded.close();
    return recorded.stats().total;
  };
  const auto counted = record(NanPolicy::count);
  EXPECT_EQ(counted.nan_values, 3U);
  EXPECT_EQ(stream("neural_states/v").rows, 10U);
  const auto rejected = record(NanPolicy::reject);
  EXPECT_EQ(rejected.nan_values, 3U);
  EXPECT_EQ(rejected.rows_dropped, 3U);
  EXPECT_EQ(rejected.rows_recorded + rejected.rows_dropped, rejected.rows_offered);
  EXPECT_EQ(timesteps("neural_states/v"), (std::vector<std::int64_t>{0, 2, 3, 4, 6, 7, 8}));
  ASSERT_EQ(episode().gaps.size(), 3U);
  EXPECT_EQ(episode().gaps[1].first_timestep, 5);
  EXPECT_EQ(episode().gaps[1].cause, "nan");
  const auto ignored = record(NanPolicy::off);
  EXPECT_EQ(ignored.nan_values, 0U);
  EXPECT_EQ(stream("neural_states/v").rows, 10U);
}

TEST_F(Dense, CommitsInTheMiddleOfChunksKeepEveryRow) {
  auto recorded = experiment({.commit_interval = std::chrono::milliseconds(1)});
  auto trial = recorded.start_episode();
  auto state = trial.neural_state<std::int64_t>("v", {8});
  std::int64_t t = 0;
  for (; t < 200'000; ++t) {
    std::array<std::int64_t, 8> row;
    row.fill(t);
    state.record(t, row);
    if (t % 20'011 == 0) recorded.flush();
  }
  trial.finish();
  recorded.close();
  const auto values = stream("neural_states/v").values<std::int64_t>(1);
  ASSERT_EQ(values.size(), std::size_t(8 * t));
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], std::int64_t(i / 8));
  EXPECT_GT(recorded.stats().commits, 5U);
}

}  // namespace
}  // namespace neurotape
