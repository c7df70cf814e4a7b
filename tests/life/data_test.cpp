// Values and shapes at the edges of what there is: they come back bit by bit, or are refused with a typed error.

#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <numeric>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// Every kind of number that a float can hold, NaNs with payloads among them.
template <class T>
std::vector<T> edge_values() {
  using Limits = std::numeric_limits<T>;
  using Bits = BitsOf<T>;
  const auto infinity = std::bit_cast<Bits>(Limits::infinity());
  const Bits sign = Bits{1} << (8 * sizeof(T) - 1);
  std::vector<T> values{T{0},
                        -T{0},
                        Limits::denorm_min(),
                        -Limits::denorm_min(),
                        Limits::min(),
                        Limits::lowest(),
                        Limits::max(),
                        Limits::infinity(),
                        -Limits::infinity(),
                        T{1} / 3};
  for (const Bits payload : {Bits{1}, Bits{0x2A}, static_cast<Bits>(~infinity & ~sign), infinity >> 1})
    for (const Bits negative : {Bits{0}, sign}) values.push_back(std::bit_cast<T>(infinity | payload | negative));
  while (values.size() < 64) values.push_back(std::nextafter(values.back(), T{0}) * T{2});
  return values;
}

class DataEdges : public JudgedTest {
 protected:
  /// The bytes of a dataset as h5py reads them.
  static void expect_bytes(const Experiment& experiment, const std::string& dataset, const void* data,
                           std::size_t bytes) {
    const auto expected = experiment.path() / "expected.bin";
    std::ofstream(expected, std::ios::binary)
        .write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
    const Finished judged = run_python("life/judge_bytes.py", {experiment.path().string(), dataset, expected.string()});
    EXPECT_EQ(judged.status, 0) << dataset << ": " << judged.output;
  }
};

TEST_F(DataEdges, EveryBitOfAFloatStays) {
  const auto singles = edge_values<float>();
  const auto doubles = edge_values<double>();
  for (const auto& codec : {Codec::none(), Codec::gzip(1), Codec::gzip(6), Codec::lzf(), Codec::blosc("lz4", 5)}) {
    auto experiment = create({.codec = codec}, "run");
    auto episode = experiment.start_episode();
    auto v = episode.neural_state<float>("v", {singles.size()});
    auto w = episode.behavior<double>("w", {doubles.size()});
    auto rewards = episode.rewards();
    auto weights = episode.weight_changes<double>();
    std::vector<float> all_singles;
    std::vector<double> all_doubles;
    for (std::int64_t t = 0; t < 70; ++t) {
      v.record(t, singles);
      w.record(t, doubles);
      all_singles.insert(all_singles.end(), singles.begin(), singles.end());
      all_doubles.insert(all_doubles.end(), doubles.begin(), doubles.end());
    }
    for (std::size_t i = 0; i < doubles.size(); ++i) {
      rewards.record(static_cast<std::int64_t>(i), doubles[i]);
      weights.record(static_cast<std::int64_t>(i), i, doubles[i], doubles[doubles.size() - 1 - i]);
    }
    episode.finish();
    experiment.close();
    const auto expect = [&]<class T>(const char* dataset, const std::vector<T>& values) {
      expect_bytes(experiment, dataset, values.data(), values.size() * sizeof(T));
    };
    expect("neural_states/v/values", all_singles);
    expect("behavior/w/values", all_doubles);
    expect("rewards/values", doubles);
    expect("weight_changes/old_weights", doubles);
    expect("weight_changes/new_weights", std::vector<double>(doubles.rbegin(), doubles.rend()));
  }
}

TEST_F(DataEdges, RowsHaveUpToSixteenDimensions) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  for (std::size_t rank = 0; rank <= 16; ++rank) {
    auto stream = episode.behavior<float>("r" + std::to_string(rank), Shape(std::vector<std::uint64_t>(rank, 2)));
    std::vector<float> row(std::size_t{1} << rank);
    for (std::int64_t t = 0; t < 3; ++t) {
      std::iota(row.begin(), row.end(), static_cast<float>(1'000 * t));
      stream.record(t, row);
    }
  }
  EXPECT_EQ(error_of([&] { episode.behavior<float>("r17", Shape(std::vector<std::uint64_t>(17, 1))); }).code(),
            ErrorCode::wrong_shape);
  episode.finish();
  experiment.close();
  for (std::size_t rank = 0; rank <= 16; ++rank) {
    std::vector<float> all;
    for (int t = 0; t < 3; ++t)
      for (std::size_t i = 0; i < std::size_t{1} << rank; ++i)
        all.push_back(static_cast<float>(1'000 * t) + static_cast<float>(i));
    expect_bytes(experiment, "behavior/r" + std::to_string(rank) + "/values", all.data(), all.size() * sizeof(float));
    EXPECT_EQ(Run(experiment.path()).episode(0).behavior<float>("r" + std::to_string(rank)).shape().rank(), rank);
  }
}

TEST_F(DataEdges, RowsOfNothingAreRows) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto nothing = episode.neural_state<float>("nothing", {0});
  auto inner = episode.neural_state<float>("inner", {3, 0, 2});
  episode.neural_state<float>("never", {4});
  for (std::int64_t t = 0; t < 10; ++t) {
    nothing.record(t, std::vector<float>{});
    inner.record(t, std::vector<float>{});
    if (t == 5) experiment.flush();
  }
  episode.finish();
  experiment.close();
  const json found = describe(experiment.path())["episodes"]["episode_0000"]["datasets"];
  EXPECT_EQ(found["neural_states/nothing/values"]["shape"], (json{10, 0}));
  EXPECT_EQ(found["neural_states/inner/values"]["shape"], (json{10, 3, 0, 2}));
  EXPECT_EQ(found["neural_states/inner/timesteps"]["shape"], json::array({10}));
  EXPECT_EQ(found["neural_states/never/values"]["shape"], (json{0, 4}));
}

TEST_F(DataEdges, RowsOfNothingAreCommittedAsOthers) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto nothing = episode.neural_state<float>("nothing", {0});
  auto inner = episode.behavior<double>("inner", {3, 0, 2});
  for (std::int64_t t = 0; t < 6; ++t) {
    nothing.record(t, std::vector<float>{});
    inner.record(t, std::vector<double>{});
  }
  experiment.flush();
  const auto killed = directory() / "killed";
  std::filesystem::copy(experiment.path(), killed, std::filesystem::copy_options::recursive);
  for (const auto& path : {experiment.path(), killed}) {
    const Run run(path);
    EXPECT_EQ(run.episode(0).neural_state<float>("nothing").rows(), 6U);
    EXPECT_EQ(run.episode(0).behavior<double>("inner").all().timesteps.size(), 6U);
    const auto found = verify(path);
    EXPECT_TRUE(found.faults.empty()) << found.faults.front().what;
  }
  const auto report = recover(killed);
  EXPECT_TRUE(report.missing.empty()) << report.missing.front().what();
  EXPECT_EQ(report.recovered.at(0).streams.at("neural_states/nothing").kept, 6U);
}

TEST_F(DataEdges, ARowMayBeLargerThanABlock) {
  constexpr std::size_t kValues = 700'001;  // 2.8 MB, and no multiple of anything
  auto experiment = create({.memory_cap = 64_MB, .codec = Codec::blosc("lz4", 1)});
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<float>("v", {kValues});
  std::vector<float> all(5 * kValues);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<float>(i % 10'007);
  for (std::size_t t = 0; t < 5; ++t)
    stream.record(static_cast<std::int64_t>(t), std::span(all).subspan(t * kValues, kValues));
  episode.finish();
  experiment.close();
  expect_bytes(experiment, "neural_states/v/values", all.data(), all.size() * sizeof(float));
}

TEST_F(DataEdges, WhatNoFileOrMemoryCanHoldIsRefused) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  constexpr std::uint64_t kMany = std::uint64_t{1} << 31;
  const auto code = [&](const Shape& shape, const StreamOptions& options = {}) {
    return error_of([&] { episode.neural_state<float>("v", shape, options); }).code();
  };
  EXPECT_EQ(code({kMany}), ErrorCode::memory_cap);  // a row of 8 GiB
  EXPECT_EQ(code({kMany, kMany}), ErrorCode::wrong_shape);
  EXPECT_EQ(code({UINT64_MAX, 2}), ErrorCode::wrong_shape);
  EXPECT_EQ(code({UINT64_MAX, UINT64_MAX, 0}), ErrorCode::wrong_shape);
  EXPECT_EQ(code({1}, {.chunk_rows = kMany}), ErrorCode::memory_cap);  // a chunk of 8 GiB
  EXPECT_EQ(code({1}, {.chunk_rows = UINT64_MAX}), ErrorCode::memory_cap);
  EXPECT_EQ(error_of([&] { episode.spikes("p", {.chunk_rows = UINT64_MAX / 2}); }).code(), ErrorCode::memory_cap);
  EXPECT_TRUE(episode.stats().streams.empty());
  episode.finish();
  experiment.close();
}

// HDF5 keeps the size of a chunk in 32 bits; the recorder makes none of more than 32 MiB.
TEST_F(DataEdges, ALargeChunkIsRefusedUnderAnyCap) {
  auto experiment = create({.memory_cap = 300_GB});
  auto episode = experiment.start_episode();
  constexpr std::uint64_t kMost = std::uint64_t{1} << 22;
  EXPECT_NO_THROW(episode.neural_state<float>("fits", {1}, {.chunk_rows = kMost}));
  for (const auto rows : {kMost + 1, (kMost << 7) - 1, kMost << 7, kMost << 8})
    EXPECT_EQ(error_of([&] { episode.neural_state<float>("v", {1}, {.chunk_rows = rows}); }).code(),
              ErrorCode::memory_cap);
  episode.finish();
  experiment.close();
}

TEST_F(DataEdges, TextsMayHaveNulCharacters) {
  const std::string text("a\0b\0", 4);
  auto experiment = create();
  experiment.save_config({{"text", text}});
  auto episode = experiment.start_episode({.attributes = {{"text", text}, {"nested", {{"text", text}}}}});
  episode.log_event("e", 0, {{"text", text}});
  episode.set_attribute("late", text);
  episode.finish();
  experiment.close();
  const auto read = Run(experiment.path()).episode(0);
  EXPECT_EQ(read.events().at(0).data["text"], text);
  EXPECT_EQ(read.attributes()["nested"]["text"], text);
  for (const json& found :
       {read.attributes()["text"], read.attributes()["late"], Run(experiment.path()).config()["text"]})
    EXPECT_EQ(found, text);
}

TEST_F(DataEdges, TimestepsReachToTheEnds) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto rewards = episode.rewards();
  auto dense = episode.behavior<double>("x", {});
  const std::vector<std::int64_t> ends{INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
  for (const auto t : ends) {
    rewards.record(t, 0.5);
    dense.record(t, 0.5);
  }
  episode.finish();
  experiment.close();
  for (const char* dataset : {"rewards/timesteps", "behavior/x/timesteps"})
    expect_bytes(experiment, dataset, ends.data(), ends.size() * sizeof(std::int64_t));
}

// Two thousand million rows, and some more: their numbers do not fit in 31 bits.
TEST_F(DataEdges, RowsBeyondThirtyOneBits) {
  if (std::getenv("NEUROTAPE_LONG_TESTS") == nullptr) GTEST_SKIP() << "takes minutes: set NEUROTAPE_LONG_TESTS";
  constexpr std::uint64_t kRows = (std::uint64_t{1} << 31) + 1'000'000;
  auto experiment = create({.codec = Codec::blosc("lz4", 1), .durability = Durability::process});
  auto episode = experiment.start_episode();
  auto spikes = episode.spikes("p");
  const std::vector<std::uint32_t> ids(1'000'000, 7);
  std::int64_t t = 0;
  for (std::uint64_t rows = 0; rows < kRows; rows += ids.size()) spikes.record(t++, ids);
  episode.finish();
  experiment.close();
  const auto read = Run(experiment.path()).episode(0).spikes("p");
  EXPECT_EQ(read.rows(), static_cast<std::uint64_t>(t) * ids.size());
  EXPECT_EQ(read.between(t - 1, t).size(), ids.size());
}

}  // namespace
}  // namespace neurotape::outside
