#include <algorithm>
#include <limits>
#include <random>

#include "golden.hpp"

namespace neurotape {
namespace {

using BetweenTest = LoaderTest;

constexpr auto kLowest = std::numeric_limits<std::int64_t>::min();
constexpr auto kHighest = std::numeric_limits<std::int64_t>::max();

/// What a range is, said in the plainest way.
RowRange brute_force(const std::vector<std::int64_t>& timesteps, std::int64_t from, std::int64_t to) {
  RowRange rows;
  for (std::size_t i = 0; i < timesteps.size(); ++i) {
    if (timesteps[i] < from || timesteps[i] >= to) continue;
    if (rows.count++ == 0) rows.first = i;
  }
  return rows;
}

void expect_range(const DenseReader<std::int32_t>& stream, const std::vector<std::int64_t>& timesteps,
                  std::int64_t from, std::int64_t to) {
  const auto expected = brute_force(timesteps, from, to);
  const auto rows = stream.between(from, to);
  ASSERT_EQ(rows.size(), expected.count) << from << " to " << to;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(rows.timesteps[i], timesteps[expected.first + i]);
    ASSERT_EQ(rows.values[i], static_cast<std::int32_t>(expected.first + i));
  }
}

void expect_edges(const DenseReader<std::int32_t>& stream, const std::vector<std::int64_t>& timesteps) {
  const std::int64_t first = timesteps.front(), last = timesteps.back();
  for (const auto from : {kLowest, first - 1, first, first + 1, last - 1, last, last + 1, kHighest})
    for (const auto to : {kLowest, first - 1, first, first + 1, last - 1, last, last + 1, kHighest})
      expect_range(stream, timesteps, from, to);
  // Where chunks meet.
  for (std::size_t row = 64; row < timesteps.size(); row += 64 * 41)
    for (std::int64_t off = -2; off <= 2; ++off) {
      expect_range(stream, timesteps, timesteps[row] + off, timesteps[row] + off + 5);
      expect_range(stream, timesteps, timesteps[row - 64] + off, timesteps[row] + off);
    }
}

TEST_F(BetweenTest, RangesAreHalfOpenAtAllEdges) {
  const Golden files("times");
  for (const char* name : {"indexed", "plain", "one", "lying"}) {
    SCOPED_TRACE(name);
    expect_edges(files.episode().behavior<std::int32_t>(name), files.timesteps(name));
  }
}

TEST_F(BetweenTest, RandomRangesAreWhatALookAtEveryRowFinds) {
  const Golden files("times");
  std::mt19937_64 generator(11);
  for (const char* name : {"indexed", "plain", "one", "lying"}) {
    SCOPED_TRACE(name);
    const auto timesteps = files.timesteps(name);
    const auto stream = files.episode().behavior<std::int32_t>(name);
    std::uniform_int_distribution<std::int64_t> time(timesteps.front() - 20, timesteps.back() + 20);
    for (int i = 0; i < 100; ++i) expect_range(stream, timesteps, time(generator), time(generator));
  }
}

TEST_F(BetweenTest, FindGivesTheRowsAndNothingElse) {
  const Golden files("times");
  const auto timesteps = files.timesteps("indexed");
  const auto stream = files.episode().behavior<std::int32_t>("indexed");
  EXPECT_EQ(stream.find(timesteps[100], timesteps[200]), (RowRange{100, 100}));
  EXPECT_EQ(stream.find(5, 5).count, 0u);
  EXPECT_EQ(stream.find(9, 5).count, 0u);
}

TEST_F(BetweenTest, ManyRowsOfOneTimestepStayTogether) {
  const Golden files("times");
  const auto timesteps = files.timesteps("many_at_once");
  const auto stream = files.episode().spikes("many_at_once");
  for (std::int64_t t = -102; t < 102; ++t) {
    const auto expected = brute_force(timesteps, t, t + 1);
    const auto rows = stream.between(t, t + 1);
    ASSERT_EQ(rows.size(), expected.count) << t;
    for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows.neuron_ids[i], expected.first + i);
  }
  EXPECT_EQ(stream.between(kLowest, kHighest).size(), timesteps.size());
}

/// A stream with late rows, read and sorted here.
struct Sorted {
  explicit Sorted(const std::vector<std::int64_t>& timesteps) {
    for (std::size_t i = 0; i < timesteps.size(); ++i) rows.emplace_back(timesteps[i], i);
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  std::vector<std::pair<std::int64_t, std::uint64_t>> within(std::int64_t from, std::int64_t to) const {
    std::vector<std::pair<std::int64_t, std::uint64_t>> found;
    for (const auto& row : rows)
      if (from <= row.first && row.first < to) found.push_back(row);
    return found;
  }
  std::vector<std::pair<std::int64_t, std::uint64_t>> rows;
};

template <class Rows>
std::vector<std::pair<std::int64_t, std::uint64_t>> pairs(const Rows& spikes) {
  std::vector<std::pair<std::int64_t, std::uint64_t>> pairs;
  for (std::size_t i = 0; i < spikes.size(); ++i) pairs.emplace_back(spikes.timesteps[i], spikes.neuron_ids[i]);
  return pairs;
}

TEST_F(BetweenTest, LateRowsAreSortedWhateverIsAskedFor) {
  const Golden files("unsorted");
  const Sorted sorted(files.timesteps("timesteps"));
  std::mt19937_64 generator(2);
  std::uniform_int_distribution<std::int64_t> time(-5, 1005);
  for (const char* name : {"indexed", "plain"}) {
    SCOPED_TRACE(name);
    const auto stream = files.episode().spikes(name);
    EXPECT_FALSE(stream.info().sorted);
    EXPECT_EQ(pairs(stream.all()), sorted.rows);
    for (int i = 0; i < 50; ++i) {
      const auto from = time(generator), to = time(generator);
      ASSERT_EQ(pairs(stream.between(from, to)), sorted.within(from, to)) << from << " to " << to;
    }
    const std::size_t row_bytes = stream.info().columns.size() * 8;
    for (const std::size_t limit : std::initializer_list<std::size_t>{1, 3000, 100000}) {
      std::vector<std::pair<std::int64_t, std::uint64_t>> all;
      for (const auto& part : stream.chunks(limit)) {
        ASSERT_LE(part.size() * row_bytes, std::max(limit, row_bytes));
        const auto some = pairs(part);
        all.insert(all.end(), some.begin(), some.end());
        if (limit == 1 && all.size() == 20) break;
      }
      ASSERT_EQ(all.size(), limit == 1 ? 20 : sorted.rows.size());
      EXPECT_TRUE(std::equal(all.begin(), all.end(), sorted.rows.begin()));
    }
  }
  const auto timed = files.episode().spikes("indexed").all();
  for (std::size_t i = 0; i < timed.size(); ++i)
    ASSERT_EQ(timed.times[i], static_cast<double>(timed.neuron_ids[i]) / 2) << "columns are sorted alike";
}

TEST_F(BetweenTest, LateEventsAreSortedToo) {
  const Golden files("unsorted");
  const auto events = files.episode().events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].data["n"], 2);
  EXPECT_EQ(events[1].data["n"], 3);
  EXPECT_EQ(events[2].data["n"], 1);
  EXPECT_EQ(events[2].timestep, 9);
}

}  // namespace
}  // namespace neurotape
