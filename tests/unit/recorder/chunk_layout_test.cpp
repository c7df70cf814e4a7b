// How many rows go into a chunk, by the rate at which they come.

#include "recorder/chunk_layout.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include "memory_fixture.hpp"

namespace neurotape {
namespace {

constexpr std::uint64_t kMany = 1'000'000'000;  // rows in an interval

class ChunkLayout : public InMemory {
 protected:
  StreamLayout layout(std::vector<ColumnSpec> columns, const LayoutRequest& request) const {
    StreamSpec spec;
    spec.columns = std::move(columns);
    return choose_layout(spec, Codec::none(), backend_.codecs(), request);
  }
  /// Rows in a chunk of the values of a dense stream.
  std::uint64_t rows(std::uint64_t row_bytes, LayoutRequest request) const {
    request.dense = true;
    return layout({{"timesteps"}, {"values", Dtype::u8, {row_bytes}}}, request).columns[1].chunk_rows;
  }
  std::uint64_t rows_at(std::uint64_t rows_per_interval, std::uint64_t row_bytes) const {
    return rows(row_bytes, {.rows_per_interval = rows_per_interval});
  }

 private:
  MemoryBackend backend_{run_};
};

TEST_F(ChunkLayout, HoldsEightIntervalsRoundedDownToAPowerOfTwoBytes) {
  EXPECT_EQ(rows_at(256, 4) * 4, 8'192U);
  EXPECT_EQ(rows_at(1'000, 4) * 4, 16'384U);
  EXPECT_EQ(rows_at(10'000, 4) * 4, 262'144U);
  EXPECT_EQ(rows_at(100, 400) * 400, 262'144U / 400 * 400);
  for (std::uint64_t rate = 200; rate < 30'000; rate += 97) {
    const std::uint64_t chunk = rows_at(rate, 4);
    EXPECT_LE(chunk, 8 * rate) << rate;
    EXPECT_GT(2 * chunk, 8 * rate) << rate;
    EXPECT_EQ(chunk & (chunk - 1), 0U) << rate;
  }
}

TEST_F(ChunkLayout, HoldsAtLeast4KiB) {
  for (const std::uint64_t rate : {0U, 1U, 16U, 128U, 255U}) EXPECT_EQ(rows_at(rate, 4) * 4, 4'096U) << rate;
}

TEST_F(ChunkLayout, HoldsAtMost1MiB) {
  for (const std::uint64_t rate : {std::uint64_t{32'768}, std::uint64_t{50'000}, kMany})
    EXPECT_EQ(rows_at(rate, 4) * 4, 1'048'576U) << rate;
  EXPECT_EQ(rows_at(kMany, 40'000), 26U);
}

TEST_F(ChunkLayout, HoldsWholeRowsOfAnyLength) {
  EXPECT_EQ(rows_at(1'000, 3), 16'384U / 3);
  EXPECT_EQ(rows_at(0, 4'097), 1U) << "a row that is larger than the smallest chunk";
  EXPECT_EQ(rows_at(kMany, 1'000'000), 1U);
}

TEST_F(ChunkLayout, TakesWhatTheUserSays) {
  for (const std::uint64_t rate : {std::uint64_t{0}, kMany})
    EXPECT_EQ(rows(4, {.rows_per_interval = rate, .chunk_rows = 7, .block_rows = 5, .final_rows = 1'000}), 7U);
}

TEST_F(ChunkLayout, IsNoLargerThanWhatIsEncodedWithoutACopy) {
  EXPECT_EQ(rows(4, {.rows_per_interval = kMany, .block_rows = 1'000}), 1'000U);
  EXPECT_EQ(rows(4, {.rows_per_interval = 0, .block_rows = 2'000}), 1'024U);
}

TEST_F(ChunkLayout, IsOneForAllRowsOfAnEpisodeThatEndsSmall) {
  EXPECT_EQ(rows(4, {.rows_per_interval = kMany, .final_rows = 100}), 100U);
  EXPECT_EQ(rows(4, {.rows_per_interval = kMany, .final_rows = 262'144}), 262'144U);
  EXPECT_EQ(rows(4, {.rows_per_interval = 1'000, .final_rows = 262'145}), 4'096U) << "by the rate, where it is larger";
}

TEST_F(ChunkLayout, IsSmallerWhereBuffersFill) {
  EXPECT_EQ(rows(4, {.rows_per_interval = kMany, .largest_chunk_bytes = 65'536}) * 4, 65'536U);
  EXPECT_EQ(rows(4, {.rows_per_interval = 256, .largest_chunk_bytes = 65'536}) * 4, 8'192U);
  const StreamLayout dense = layout({{"timesteps"}, {"values", Dtype::f32}},
                                    {.rows_per_interval = kMany, .largest_chunk_bytes = 65'536, .dense = true});
  EXPECT_EQ(dense.columns[0].chunk_rows * 8, 131'072U) << "as many rows as the values have";
  const StreamLayout wide = layout({{"timesteps"}, {"values", Dtype::f32, {1'000}}},
                                   {.rows_per_interval = kMany, .largest_chunk_bytes = 65'536, .dense = true});
  EXPECT_EQ(wide.columns[0].chunk_rows * 8, 8'192U) << "64 chunks of values have 1,024 rows";
  const StreamLayout slow = layout({{"timesteps"}, {"values", Dtype::f32}}, {.rows_per_interval = 1, .dense = true});
  EXPECT_EQ(slow.columns[0].chunk_rows * 8, 65'536U) << "slow streams claim little";
}

TEST_F(ChunkLayout, OfASparseStreamIsThatOfItsWidestColumn) {
  const StreamLayout sparse = layout({{"timesteps"}, {"neuron_ids", Dtype::u32}}, {.rows_per_interval = 10'000});
  for (const auto& column : sparse.columns) EXPECT_EQ(column.chunk_rows * 8, 524'288U);
}

// Whatever the machine does, a row is not seen in less than a millisecond, nor 20,000 rows in an hour.
TEST_F(ChunkLayout, OfAStreamComesFromTheRateSeen) {
  const auto chunk_rows = [&](std::chrono::nanoseconds commit_interval, int rows) {
    const std::uint64_t number = run_->episodes.size();
    auto recorded = experiment({.commit_interval = commit_interval});
    auto trial = recorded.start_episode();
    auto stream = trial.neural_state<double>("v", {});
    for (int t = 0; t < rows; ++t) stream.record(t, 1.0);
    recorded.flush();
    trial.finish();
    recorded.close();
    return this->stream("neural_states/v", number).layout.columns[1].chunk_rows;
  };
  EXPECT_EQ(chunk_rows(std::chrono::milliseconds(1), 1), 4'096U / 8);
  EXPECT_GE(chunk_rows(std::chrono::hours(1), 20'000), 16'384U);
}

}  // namespace
}  // namespace neurotape
