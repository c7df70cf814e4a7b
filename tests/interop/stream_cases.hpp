#pragma once
/// \file
/// Streams that record random rows and remember them.

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/interop/expected.hpp"

namespace neurotape::outside {

/// The same numbers on every machine: what the standard library's distributions give is its own choice.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t bits() { return engine_(); }
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  template <class C>
  auto pick(const C& choices) {
    return *(std::begin(choices) + static_cast<std::ptrdiff_t>(below(std::size(choices))));
  }

 private:
  std::mt19937_64 engine_;
};

inline constexpr std::array kCompressors = {"lz4", "lz4hc", "zstd", "blosclz", "zlib"};
inline constexpr std::array kShuffles = {Shuffle::none, Shuffle::byte, Shuffle::bit};

inline Codec random_codec(Random& random) {
  switch (random.below(4)) {
    case 0:
      return Codec::none();
    case 1:
      return Codec::gzip(static_cast<int>(random.between(1, 9)));
    case 2:
      return Codec::lzf();
    default:
      return Codec::blosc(random.pick(kCompressors), static_cast<int>(random.below(10)), random.pick(kShuffles));
  }
}

/// Bits of floating-point numbers that a conversion or a comparison would not keep.
template <class T>
T special_value(Random& random) {
  if constexpr (std::is_same_v<T, float>) {
    constexpr std::array<std::uint32_t, 8> kBits = {0x80000000, 0x7FC12345, 0xFFC00001, 0x7F800001,
                                                    1,          0x807FFFFF, 0x7F800000, 0xFF800000};
    return std::bit_cast<float>(random.pick(kBits));
  } else if constexpr (std::is_same_v<T, double>) {
    constexpr std::array<std::uint64_t, 8> kBits = {
        0x8000000000000000, 0x7FF8000012345678, 0xFFF8000000000001, 0x7FF0000000000001, 1,
        0x800FFFFFFFFFFFFF, 0x7FF0000000000000, 0xFFF0000000000000};
    return std::bit_cast<double>(random.pick(kBits));
  } else {
    return static_cast<T>(random.bits());
  }
}

enum class Values { random_bits, ramp, zeros, special };

template <class T>
void fill(std::span<T> row, Values kind, std::int64_t t, Random& random) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::uint64_t slow = (static_cast<std::uint64_t>(t) + i) / 8;
    if constexpr (std::is_same_v<T, bool>) {
      row[i] = kind != Values::zeros && ((kind == Values::ramp ? slow : random.bits()) & 1) != 0;
    } else {
      switch (kind) {
        case Values::random_bits: {
          const std::uint64_t bits = random.bits();
          std::memcpy(&row[i], &bits, sizeof(T));
          break;
        }
        case Values::ramp:
          row[i] = static_cast<T>(slow);
          break;
        case Values::zeros:
          row[i] = T{};
          break;
        case Values::special:
          row[i] = special_value<T>(random);
          break;
      }
    }
  }
}

class StreamCase {
 public:
  StreamCase() = default;
  StreamCase(const StreamCase&) = delete;
  StreamCase& operator=(const StreamCase&) = delete;
  virtual ~StreamCase() = default;
  virtual void record(std::int64_t t, Random& random) = 0;
  virtual const ExpectedStream& expected() const noexcept = 0;
  /// What the loader gives is what was recorded.
  virtual void compare(const EpisodeReader& episode, Random& random) const = 0;
};

struct DenseChoice {
  bool neural = true;
  std::string name;
  Shape shape;
  StreamOptions options;
  Values values = Values::random_bits;
  std::uint64_t column_lanes = 0;  ///< 0: the handle of the whole row
};

template <class T>
class DenseCase final : public StreamCase {
 public:
  DenseCase(Episode& episode, DenseChoice choice)
      : choice_(std::move(choice)),
        stream_(choice_.neural ? episode.neural_state<T>(choice_.name, choice_.shape, choice_.options)
                               : episode.behavior<T>(choice_.name, choice_.shape, choice_.options)),
        row_(static_cast<std::size_t>(choice_.shape.values())) {
    const std::uint64_t n = choice_.column_lanes;
    for (std::uint64_t i = 0; i < n; ++i) {
      const std::uint64_t first = row_.size() * i / n;
      const std::uint64_t count = row_.size() * (i + 1) / n - first;
      lanes_.push_back(stream_.columns(first, count));
      starts_.push_back(static_cast<std::size_t>(first));
    }
    starts_.push_back(row_.size());
    auto row_shape = choice_.shape.dimensions();
    if (!choice_.options.columns.empty()) row_shape = {choice_.options.columns.size()};
    expected_ = {(choice_.neural ? "neural_states/" : "behavior/") + choice_.name,
                 0,
                 true,
                 {column_of<std::int64_t>("timesteps"), column_of<T>("values", row_shape)}};
  }

  void record(std::int64_t t, Random& random) override {
    fill(std::span<T>(row_), choice_.values, t, random);
    hand_over(t, random);
    if (t % std::max<std::int64_t>(1, choice_.options.every) != 0) return;
    ++expected_.rows;
    expected_.columns[0].add(t);
    if (choice_.options.columns.empty()) return expected_.columns[1].add(std::span<const T>(row_));
    for (const auto id : choice_.options.columns.ids()) expected_.columns[1].add(row_[static_cast<std::size_t>(id)]);
  }

  const ExpectedStream& expected() const noexcept override { return expected_; }

  void compare(const EpisodeReader& episode, Random& random) const override {
    const auto reader = choice_.neural ? episode.neural_state<T>(choice_.name) : episode.behavior<T>(choice_.name);
    ASSERT_EQ(reader.rows(), expected_.rows) << expected_.path;
    const auto rows = reader.all();
    EXPECT_EQ(rows.shape.dimensions(), expected_.columns[1].row_shape);
    expect_rows(rows, 0);
    if (rows.empty()) return;
    const std::int64_t first = rows.timesteps[static_cast<std::size_t>(random.below(rows.size()))];
    const std::int64_t last = rows.timesteps[static_cast<std::size_t>(random.below(rows.size()))];
    const auto from = static_cast<std::size_t>(std::lower_bound(rows.timesteps.begin(), rows.timesteps.end(), first) -
                                               rows.timesteps.begin());
    const auto some = reader.between(first, last);
    if (first < last) {
      EXPECT_EQ(some.timesteps.back(), *(std::lower_bound(rows.timesteps.begin(), rows.timesteps.end(), last) - 1));
    }
    expect_rows(some, from);
  }

 private:
  void hand_over(std::int64_t t, Random& random) {
    if (!lanes_.empty()) {
      for (std::size_t i = 0; i < lanes_.size(); ++i)
        lanes_[i].record(t, std::span<const T>(row_).subspan(starts_[i], starts_[i + 1] - starts_[i]));
    } else if (choice_.options.columns.empty() && !row_.empty() && random.one_in(3)) {
      if (auto place = stream_.reserve(t)) {
        std::copy(row_.begin(), row_.end(), place->begin());
        stream_.commit();
      }
    } else if (!row_.empty() && random.one_in(3)) {
      stream_.record(t, row_.data());
    } else {
      stream_.record(t, row_);
    }
  }

  void expect_rows(const DenseRows<T>& rows, std::size_t from) const {
    const auto timesteps = std::as_bytes(std::span<const std::int64_t>(rows.timesteps));
    const auto values = std::as_bytes(std::span<const T>(rows.values));
    const std::size_t row_bytes = static_cast<std::size_t>(rows.shape.values()) * sizeof(T);
    const auto same = [](std::span<const std::byte> got, const std::vector<std::byte>& all, std::size_t at) {
      return at + got.size() <= all.size() &&
             std::equal(got.begin(), got.end(), all.begin() + static_cast<std::ptrdiff_t>(at));
    };
    EXPECT_TRUE(same(timesteps, expected_.columns[0].bytes, from * sizeof(std::int64_t))) << expected_.path;
    EXPECT_TRUE(same(values, expected_.columns[1].bytes, from * row_bytes)) << expected_.path;
  }

  DenseChoice choice_;
  DenseStream<T> stream_;
  std::vector<DenseStream<T>> lanes_;
  std::vector<std::size_t> starts_;
  Array<T> row_;
  ExpectedStream expected_;
};

struct SpikeChoice {
  std::string name;
  StreamOptions options;
  std::uint64_t lanes = 1;
  std::uint64_t most_ids = 30;
};

template <class Id>
class SpikeCase final : public StreamCase {
 public:
  SpikeCase(Episode& episode, SpikeChoice choice)
      : choice_(std::move(choice)), stream_(episode.spikes<Id>(choice_.name, choice_.options)) {
    for (std::uint64_t i = 1; i < choice_.lanes; ++i) lanes_.push_back(stream_.lane());
    expected_ = {"spikes/" + choice_.name,
                 0,
                 choice_.lanes == 1,
                 {column_of<std::int64_t>("timesteps"), column_of<Id>("neuron_ids")}};
    if (choice_.options.times) expected_.columns.push_back(column_of<double>("times"));
  }

  void record(std::int64_t t, Random& random) override {
    const std::uint64_t calls = choice_.lanes == 1 ? 1 : random.below(4);
    for (std::uint64_t i = 0; i < calls; ++i) record_ids(t, random);
  }
  const ExpectedStream& expected() const noexcept override { return expected_; }

  void compare(const EpisodeReader& episode, Random&) const override {
    const auto rows = episode.spikes<Id>(choice_.name).all();
    ASSERT_EQ(rows.size(), expected_.rows) << expected_.path;
    EXPECT_TRUE(std::is_sorted(rows.timesteps.begin(), rows.timesteps.end()));
    std::vector<Row> got;
    for (std::size_t i = 0; i < rows.size(); ++i)
      got.emplace_back(rows.timesteps[i], rows.neuron_ids[i],
                       rows.times.empty() ? 0 : std::bit_cast<std::uint64_t>(rows.times[i]));
    auto wanted = rows_;
    if (!expected_.ordered) {
      std::sort(got.begin(), got.end());
      std::sort(wanted.begin(), wanted.end());
    }
    EXPECT_TRUE(got == wanted) << expected_.path;
  }

 private:
  using Row = std::tuple<std::int64_t, std::uint64_t, std::uint64_t>;

  void record_ids(std::int64_t t, Random& random) {
    const std::uint64_t count = random.one_in(400) ? random.between(1, 30'000) : random.below(choice_.most_ids + 1);
    const std::uint64_t limit = choice_.options.population_size != 0 ? choice_.options.population_size
                                : sizeof(Id) == 4                    ? std::uint64_t{1} << 31
                                                                     : std::uint64_t{1} << 40;
    std::vector<Id> ids(count);
    std::vector<double> times(count);
    for (auto& id : ids) id = static_cast<Id>(random.below(limit));
    for (auto& time : times) time = random.one_in(9) ? special_value<double>(random) : static_cast<double>(t) + 0.125;
    SpikeStream& lane = lanes_.empty() || random.one_in(2) ? stream_ : lanes_[random.below(lanes_.size())];
    if (choice_.options.times) {
      lane.record(t, ids, times);
    } else if (random.one_in(3)) {
      lane.record(t, std::vector<std::int64_t>(ids.begin(), ids.end()));
    } else {
      lane.record(t, ids);
    }
    expected_.rows += count;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      rows_.emplace_back(t, ids[i], choice_.options.times ? std::bit_cast<std::uint64_t>(times[i]) : 0);
      expected_.columns[0].add(t);
      expected_.columns[1].add(ids[i]);
      if (choice_.options.times) expected_.columns[2].add(times[i]);
    }
  }

  SpikeChoice choice_;
  SpikeStream stream_;
  std::vector<SpikeStream> lanes_;
  std::vector<Row> rows_;
  ExpectedStream expected_;
};

class RewardCase final : public StreamCase {
 public:
  RewardCase(Episode& episode, const StreamOptions& options) : stream_(episode.rewards(options)) {
    expected_ = {"rewards", 0, true, {column_of<std::int64_t>("timesteps"), column_of<double>("values")}};
  }
  void record(std::int64_t t, Random& random) override {
    const double reward =
        random.one_in(5) ? special_value<double>(random) : static_cast<double>(random.below(1000)) / 8;
    stream_.record(t, reward);
    ++expected_.rows;
    expected_.columns[0].add(t);
    expected_.columns[1].add(reward);
  }
  const ExpectedStream& expected() const noexcept override { return expected_; }
  void compare(const EpisodeReader& episode, Random&) const override {
    const auto rows = episode.rewards().all();
    const auto values = std::as_bytes(std::span<const double>(rows.values));
    EXPECT_TRUE(
        std::equal(values.begin(), values.end(), expected_.columns[1].bytes.begin(), expected_.columns[1].bytes.end()));
  }

 private:
  RewardStream stream_;
  ExpectedStream expected_;
};

template <class T>
class WeightCase final : public StreamCase {
 public:
  WeightCase(Episode& episode, const StreamOptions& options) : stream_(episode.weight_changes<T>(options)) {
    expected_ = {"weight_changes",
                 0,
                 true,
                 {column_of<std::int64_t>("timesteps"), column_of<std::uint64_t>("synapse_ids"),
                  column_of<T>("old_weights"), column_of<T>("new_weights")}};
  }
  void record(std::int64_t t, Random& random) override {
    const std::size_t count = static_cast<std::size_t>(random.below(6));
    std::vector<std::uint64_t> synapses(count);
    std::vector<T> before(count);
    std::vector<T> after(count);
    for (std::size_t i = 0; i < count; ++i) {
      synapses[i] = random.bits() >> 1;
      before[i] = special_value<T>(random);
      after[i] = static_cast<T>(random.below(1'000'000)) / 3;
    }
    stream_.record(t, synapses, before, after);
    expected_.rows += count;
    for (std::size_t i = 0; i < count; ++i) expected_.columns[0].add(t);
    expected_.columns[1].add(std::span<const std::uint64_t>(synapses));
    expected_.columns[2].add(std::span<const T>(before));
    expected_.columns[3].add(std::span<const T>(after));
  }
  const ExpectedStream& expected() const noexcept override { return expected_; }
  void compare(const EpisodeReader& episode, Random&) const override {
    const auto rows = episode.weight_changes<T>().all();
    const auto same = [](auto values, const std::vector<std::byte>& all) {
      const auto got = std::as_bytes(values);
      return std::equal(got.begin(), got.end(), all.begin(), all.end());
    };
    EXPECT_TRUE(same(std::span<const std::uint64_t>(rows.synapse_ids), expected_.columns[1].bytes));
    EXPECT_TRUE(same(std::span<const T>(rows.old_weights), expected_.columns[2].bytes));
    EXPECT_TRUE(same(std::span<const T>(rows.new_weights), expected_.columns[3].bytes));
  }

 private:
  WeightChangeStream<T> stream_;
  ExpectedStream expected_;
};

class EventCase final : public StreamCase {
 public:
  explicit EventCase(Episode& episode) : episode_(&episode) {
    expected_ = {"events",
                 0,
                 true,
                 {column_of<std::int64_t>("timesteps"),
                  {"types", "|S64"},
                  column_of<std::uint64_t>("data_end"),
                  column_of<std::uint8_t>("data")}};
  }
  void record(std::int64_t t, Random& random) override {
    const std::string type = random.one_in(2) ? "lesion" : std::string(64, 'x');
    nlohmann::json data = {{"n", random.bits() >> 1}, {"text", std::string(random.below(200), 'a')}, {"où", {1, 2}}};
    if (random.one_in(50)) data["much"] = std::string(300'000, 'b');
    episode_->log_event(type, t, data);
    std::array<char, 64> name{};
    std::copy(type.begin(), type.end(), name.begin());
    const std::string text = data.dump();
    ++expected_.rows;
    expected_.columns[0].add(t);
    expected_.columns[1].add(std::span<const char>(name));
    expected_.columns[3].add(std::span<const char>(text));
    expected_.columns[2].add(static_cast<std::uint64_t>(expected_.columns[3].bytes.size()));
    events_.push_back({type, t, data});
  }
  const ExpectedStream& expected() const noexcept override { return expected_; }
  void compare(const EpisodeReader& episode, Random&) const override {
    const auto events = episode.events();
    ASSERT_EQ(events.size(), events_.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
      EXPECT_EQ(events[i].type, events_[i].type);
      EXPECT_EQ(events[i].timestep, events_[i].timestep);
      EXPECT_EQ(events[i].data, events_[i].data);
    }
  }

 private:
  Episode* episode_;
  std::vector<EventRecord> events_;
  ExpectedStream expected_;
};

}  // namespace neurotape::outside
