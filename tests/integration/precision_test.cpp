// Streams whose codec, or whose precision, adapts to the data: what h5py reads.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <gmock/gmock.h>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Adapting : public JudgedTest, public testing::WithParamInterface<bool> {
 protected:
  static constexpr std::int64_t kRows = 400;
  static double value_of(std::int64_t t, std::size_t i) {
    return -65 + 10 * std::sin(static_cast<double>(t) * 0.013 + static_cast<double>(i));
  }
  /// An episode in a file of its own, or in a segment.
  static bool is_large() { return GetParam(); }

  template <class Stream>
  void record(Experiment& experiment, Stream& stream) {
    std::vector<double> row(12);
    for (std::int64_t t = 0; t < kRows; ++t) {
      for (std::size_t i = 0; i < row.size(); ++i) row[i] = value_of(t, i);
      stream.record(t, row);
      if (is_large() && t % 100 == 50) experiment.flush();
    }
  }
  json h5py_sees(Experiment& experiment, Episode& episode) {
    episode.finish();
    experiment.close();
    EXPECT_TRUE(told().empty());
    return describe(experiment.path()).at("episodes").at("episode_0000");
  }
};

TEST_P(Adapting, CodecsAreReadAsAnyOther) {
  for (const Goal goal : {Goal::fastest, Goal::balanced, Goal::smallest, Goal::portable}) {
    const Codec codec = Codec::adaptive(goal);
    auto experiment = create({.codec = codec});
    auto episode = experiment.start_episode();
    auto stream = episode.neural_state<double>("v", {12}, {.chunk_rows = 64});
    record(experiment, stream);
    experiment.flush();
    const auto stats = episode.stats().streams.at(0);
    EXPECT_THAT(stats.codec, HasSubstr(codec.to_string() + " (timesteps="));
    const json seen = h5py_sees(experiment, episode);
    const json& group = seen.at("groups").at("neural_states/v");
    EXPECT_EQ(group.at("codec"), codec.to_string());
    const auto chosen = group.at("codec_chosen").get<std::string>();
    EXPECT_THAT(chosen, HasSubstr(goal == Goal::portable ? " values=gzip:" : " values=blosc:"));
    const json& values = seen.at("datasets").at("neural_states/v/values").at("values");
    for (std::size_t t = 0; t < kRows; ++t)
      for (std::size_t i = 0; i < 12; ++i)
        ASSERT_EQ(values.at(t).at(i), value_of(static_cast<std::int64_t>(t), i)) << codec.to_string() << " row " << t;
  }
}

TEST_P(Adapting, AbsoluteErrorIsKeptAndToldAndMakesFilesSmaller) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto exact = episode.neural_state<double>("exact", {12}, {.chunk_rows = 64});
  auto rounded = episode.neural_state<double>("rounded", {12}, {.chunk_rows = 64, .absolute_error = 0.01});
  record(experiment, exact);
  record(experiment, rounded);
  const json seen = h5py_sees(experiment, episode);
  const json& group = seen.at("groups").at("neural_states/rounded");
  EXPECT_EQ(group.at("absolute_error"), 0.01);
  EXPECT_FALSE(seen.at("groups").at("neural_states/exact").contains("largest_error"));
  const json& values = seen.at("datasets").at("neural_states/rounded/values");
  double largest = 0;
  for (std::size_t t = 0; t < kRows; ++t)
    for (std::size_t i = 0; i < 12; ++i)
      largest = std::max(
          largest, std::abs(values.at("values").at(t).at(i).get<double>() - value_of(static_cast<std::int64_t>(t), i)));
  EXPECT_EQ(group.at("largest_error"), largest);
  EXPECT_LE(largest, 0.01);
  EXPECT_GT(largest, 0.002);
  EXPECT_LT(values.at("stored_bytes").get<int>() * 2,
            seen.at("datasets").at("neural_states/exact/values").at("stored_bytes").get<int>());
}

TEST_P(Adapting, BitsOfTheMantissaAreKeptAndFilesSmaller) {
  constexpr int kBits = 6;
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto exact = episode.neural_state<double>("exact", {12}, {.chunk_rows = 64});
  auto rounded = episode.neural_state<double>("rounded", {12}, {.chunk_rows = 64, .keep_bits = kBits});
  record(experiment, exact);
  record(experiment, rounded);
  const json seen = h5py_sees(experiment, episode);
  const json& group = seen.at("groups").at("neural_states/rounded");
  EXPECT_EQ(group.at("keep_bits"), kBits);
  EXPECT_FALSE(seen.at("groups").at("neural_states/exact").contains("keep_bits"));
  const json& values = seen.at("datasets").at("neural_states/rounded/values");
  double largest = 0;
  for (std::size_t t = 0; t < kRows; ++t) {
    for (std::size_t i = 0; i < 12; ++i) {
      const auto value = values.at("values").at(t).at(i).get<double>();
      const double bits = std::scalbn(value, kBits - std::ilogb(value));
      ASSERT_EQ(bits, std::trunc(bits)) << value;
      largest = std::max(largest, std::abs(value - value_of(static_cast<std::int64_t>(t), i)));
    }
  }
  EXPECT_EQ(group.at("largest_error"), largest);
  EXPECT_LE(largest, 0.5) << "half of the last bit of 64 to 127";
  EXPECT_GT(largest, 0.1);
  EXPECT_LT(values.at("stored_bytes").get<int>() * 2,
            seen.at("datasets").at("neural_states/exact/values").at("stored_bytes").get<int>());
}

TEST_P(Adapting, KeptBitsAreThoseOfWeightsToo) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto weights = episode.weight_changes<double>({.keep_bits = 8});
  for (std::int64_t t = 0; t < 100; ++t) weights.record(t, 5, 0.1 * static_cast<double>(t), 0.3);
  const json seen = h5py_sees(experiment, episode);
  EXPECT_EQ(seen.at("groups").at("weight_changes").at("keep_bits"), 8);
  for (const char* column : {"old_weights", "new_weights"})
    for (const auto& value : seen.at("datasets").at(std::string("weight_changes/") + column).at("values"))
      EXPECT_EQ(std::fmod(std::ldexp(std::frexp(value.get<double>(), std::make_unique<int>().get()), 9), 1), 0);
}

INSTANTIATE_TEST_SUITE_P(Files, Adapting, testing::Bool(),
                         [](const auto& large) { return large.param ? "OfTheirOwn" : "Segments"; });

class PrecisionOptions : public RunTest {};

TEST_F(PrecisionOptions, ThatMakeNoSenseAreRefused) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  const auto expect_refused = [](const Error& error, const std::string& part) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.what(), HasSubstr(part));
  };
  const auto dense = [&](const StreamOptions& options) {
    return error_of([&] { episode.neural_state<float>("v", {2}, options); });
  };
  expect_refused(dense({.keep_bits = 24}), "expected 1 to 23, got 24");
  expect_refused(dense({.keep_bits = -1}), "expected 1 to 23, got -1");
  expect_refused(dense({.absolute_error = -0.1}), "expected a number above 0, got -0.1");
  expect_refused(dense({.keep_bits = 3, .absolute_error = 0.1}), "expected one of them");
  expect_refused(error_of([&] { episode.neural_state<int>("n", {2}, {.keep_bits = 3}); }), "floating-point");
  expect_refused(error_of([&] { episode.spikes("all", {.absolute_error = 1}); }), "floating-point");
  expect_refused(error_of([&] { episode.rewards({.keep_bits = 3}); }), "floating-point");
  EXPECT_NO_THROW(episode.neural_state<float>("v", {2}, {.keep_bits = 23}));
}

}  // namespace
}  // namespace neurotape::outside
