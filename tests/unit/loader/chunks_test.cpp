#include <malloc.h>

#include "golden.hpp"

namespace neurotape {
namespace {

using namespace literals;
using ChunksTest = LoaderTest;

TEST_F(ChunksTest, PartsFollowEachOtherAndStayWithinTheLimit) {
  const Golden files("large");
  const auto stream = files.episode().neural_state<float>("v");
  for (const std::size_t limit : {1_kB, 100_KiB, 1_MiB, 64_MiB}) {
    SCOPED_TRACE(limit);
    std::uint64_t row = 0;
    for (const auto& part : stream.chunks(limit)) {
      ASSERT_FALSE(part.empty());
      ASSERT_LE(part.size() * (sizeof(std::int64_t) + 100 * sizeof(float)), limit);
      expect_rows(part, row, part.size(), 100);
      row += part.size();
    }
    EXPECT_EQ(row, 20000u);
  }
}

TEST_F(ChunksTest, ARowLargerThanTheLimitComesAlone) {
  const Golden files("large");
  std::uint64_t row = 0;
  for (const auto& part : files.episode().neural_state<float>("one_chunk").chunks(1)) expect_rows(part, row++, 1, 100);
  EXPECT_EQ(row, 2000u);
}

TEST_F(ChunksTest, ATimeRangeIsCutToo) {
  const Golden files("large");
  std::uint64_t row = 777;
  for (const auto& part : files.episode().neural_state<float>("v").chunks(100_KiB, 777, 15001)) {
    expect_rows(part, row, part.size(), 100);
    row += part.size();
  }
  EXPECT_EQ(row, 15001u);
}

TEST_F(ChunksTest, ColumnsMakePartsOfMoreRows) {
  const Golden files("large");
  std::uint64_t row = 0, parts = 0;
  for (const auto& part : files.episode().neural_state<float>("v").columns({5, 4}).chunks(100_KiB)) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      ASSERT_EQ(part.row(i)[0], golden<float>((row + i) * 100 + 5));
      ASSERT_EQ(part.row(i)[1], golden<float>((row + i) * 100 + 4));
    }
    row += part.size();
    ++parts;
  }
  EXPECT_EQ(row, 20000u);
  EXPECT_LE(parts, 4u);
}

TEST_F(ChunksTest, MemoryInUseDoesNotGrowWithTheStream) {
  const Golden files("large");
  const auto stream = files.episode().neural_state<float>("v");  // 8 MB
  std::size_t before = 0, peak = 0;
  for (const auto& part : stream.chunks(256_KiB)) {
    const std::size_t in_use = mallinfo2().uordblks + mallinfo2().hblkhd;
    if (before == 0) before = in_use;
    peak = std::max(peak, in_use);
    ASSERT_FALSE(part.empty());
  }
  EXPECT_LE(peak, before + 1_MiB);
}

TEST_F(ChunksTest, SparsePartsFollowEachOtherAndStayWithinTheLimit) {
  const Golden files("large");
  const auto stream = files.episode().spikes("e");
  for (const std::size_t limit : {50_kB, 1_MiB, 64_MiB}) {
    SCOPED_TRACE(limit);
    std::uint64_t row = 0;
    for (const auto& part : stream.chunks(limit)) {
      ASSERT_LE(part.size() * 16, limit);
      for (std::size_t i = 0; i < part.size(); ++i, ++row) {
        ASSERT_EQ(part.timesteps[i], static_cast<std::int64_t>(row / 50));
        ASSERT_EQ(part.neuron_ids[i], golden<std::uint32_t>(row));
      }
    }
    EXPECT_EQ(row, 500000u);
  }
}

TEST_F(ChunksTest, SparsePartsHonourTheChosenIds) {
  const Golden files("large");
  std::vector<std::uint64_t> expected;
  for (std::uint64_t row = 0; row < 500000; ++row)
    if (golden<std::uint32_t>(row) == 17 || golden<std::uint32_t>(row) == 3) expected.push_back(row);
  std::size_t next = 0;
  for (const auto& part : files.episode().spikes("e").of({17, 3}).chunks(100_kB))
    for (std::size_t i = 0; i < part.size(); ++i, ++next) {
      ASSERT_EQ(part.timesteps[i], static_cast<std::int64_t>(expected.at(next) / 50));
      ASSERT_EQ(part.neuron_ids[i], golden<std::uint32_t>(expected.at(next)));
    }
  EXPECT_EQ(next, expected.size());
}

TEST_F(ChunksTest, SparsePartsOfARangeAreItsRows) {
  const Golden files("large"), late("unsorted");
  const auto expect_same = [](const auto& stream, std::int64_t from, std::int64_t to) {
    const auto whole = stream.between(from, to);
    std::size_t next = 0;
    for (const auto& part : stream.chunks(10_kB, from, to))
      for (std::size_t i = 0; i < part.size(); ++i, ++next) {
        ASSERT_LT(next, whole.size());
        ASSERT_EQ(part.timesteps[i], whole.timesteps[next]);
        ASSERT_EQ(part.neuron_ids[i], whole.neuron_ids[next]);
      }
    EXPECT_EQ(next, whole.size());
  };
  expect_same(files.episode().spikes("e"), 17, 1903);
  expect_same(files.episode().spikes("e"), 5, 5);
  expect_same(files.episode().spikes("e").of({17, 3}), 17, 1903);
  expect_same(late.episode().spikes("indexed"), 100, 800);
  expect_same(late.episode().spikes("plain"), -3, 200);
}

TEST_F(ChunksTest, APartIsAValue) {
  const Golden files("large");
  std::vector<DenseRows<float>> kept;
  for (const auto& part : files.episode().neural_state<float>("v").chunks(1_MiB)) kept.push_back(part);
  ASSERT_GT(kept.size(), 3u);
  expect_rows(kept[0], 0, kept[0].size(), 100);
  expect_rows(kept[1], kept[0].size(), kept[1].size(), 100);
}

}  // namespace
}  // namespace neurotape
