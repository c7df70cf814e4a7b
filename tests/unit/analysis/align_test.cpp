#include <cmath>

#include "fixture.hpp"

namespace neurotape {
namespace {

using testing::NanSensitiveDoubleEq;
using AlignTest = AnalysisTest;

const double kNan = std::numeric_limits<double>::quiet_NaN();

/// Position at 2, 4 and 7; rewards at 3 (twice) and 10.
void slow_behavior(Episode& episode) {
  auto position = episode.behavior<std::int16_t>("position", {2});
  for (const int t : {2, 4, 7})
    position.record(t, std::vector<std::int16_t>{static_cast<std::int16_t>(t), static_cast<std::int16_t>(-t)});
  auto reward = episode.rewards();
  for (const auto& [t, value] : std::vector<std::pair<int, double>>{{3, 0.5}, {3, 0.75}, {10, 2}})
    reward.record(t, value);
}

auto elements(const std::vector<double>& expected) {
  std::vector<testing::Matcher<double>> matchers;
  for (const double value : expected) matchers.emplace_back(NanSensitiveDoubleEq(value));
  return testing::ElementsAreArray(matchers);
}

TEST_F(AlignTest, PreviousNearestAndExactValues) {
  const auto episode = recorded({slow_behavior}).episode(0);
  const std::vector<std::int64_t> base{1, 2, 3, 5, 6, 9};
  const auto previous = align(episode, "behavior/position", base);
  EXPECT_EQ(previous.shape, Shape(2));
  EXPECT_THAT(previous.values, elements({kNan, kNan, 2, -2, 2, -2, 4, -4, 4, -4, 7, -7}));
  const auto nearest = align(episode, "behavior/position", base, Align::nearest);
  EXPECT_THAT(nearest.values, elements({2, -2, 2, -2, 2, -2, 4, -4, 7, -7, 7, -7}));
  const auto exact = align(episode, "behavior/position", base, Align::exact);
  EXPECT_THAT(exact.values, elements({kNan, kNan, 2, -2, kNan, kNan, kNan, kNan, kNan, kNan, kNan, kNan}));
}

TEST_F(AlignTest, TheLastOfSeveralRewardsCounts) {
  const auto episode = recorded({slow_behavior}).episode(0);
  const std::vector<std::int64_t> base{2, 3, 6, 7, 10};
  EXPECT_THAT(align(episode, "rewards", base).values, elements({kNan, 0.75, 0.75, 0.75, 2}));
  EXPECT_THAT(align(episode, "rewards", base, Align::nearest).values, elements({0.75, 0.75, 0.75, 2, 2}));
  EXPECT_THAT(align(episode, "rewards", base, Align::exact).values, elements({kNan, 0.75, kNan, kNan, 2}));
}

TEST_F(AlignTest, LongSeriesAreReadInParts) {
  const auto episode = recorded({[](Episode& e) {
                         auto level = e.behavior<float>("level", {});
                         for (int t = 0; t < 20'000; t += 2) level.record(t, static_cast<float>(t));
                       }}).episode(0);
  std::vector<std::int64_t> base(20'001);
  for (std::size_t i = 0; i < base.size(); ++i) base[i] = static_cast<std::int64_t>(i);
  const auto aligned = align(episode, "behavior/level", base);
  for (std::size_t i = 0; i < 20'000; ++i) ASSERT_EQ(aligned.values[i], static_cast<double>(i - i % 2));
  EXPECT_EQ(aligned.values.back(), 19'998);
}

TEST_F(AlignTest, WhatHasNoValuesAndWhatDoesNotAscendIsRefused) {
  const auto episode = recorded({[](Episode& e) {
                         e.spikes("s").record(1, std::vector<int>{1});
                         e.rewards().record(0, 1.0);
                       }}).episode(0);
  const std::vector<std::int64_t> base{1, 2}, back{2, 1};
  EXPECT_THROW(align(episode, "spikes/s", base), Error);
  EXPECT_THROW(align(episode, "rewards", back), Error);
  EXPECT_THROW(align(episode, "behavior/none", base), Error);
}

TEST_F(AlignTest, OutcomesAreReturnsAndLengths) {
  const auto run = recorded({slow_behavior, [](Episode&) {}, [](Episode& e) { e.rewards().record(-2, -1.0); }});
  for (const bool indexed : {true, false}) {
    if (!indexed) std::filesystem::remove(run.path() / "experiment_data.h5");
    const auto all = outcomes(Run(run.path()));
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].sum_of_rewards, 3.25);
    EXPECT_EQ(all[0].length, 9u);
    EXPECT_EQ(all[0].rows, 6u);
    EXPECT_EQ(all[0].timesteps->first, 2);
    EXPECT_EQ(all[1].length, 0u);
    EXPECT_FALSE(all[1].timesteps.has_value());
    EXPECT_EQ(all[2].timesteps->last, -2);
    EXPECT_EQ(all[2].sum_of_rewards, -1.0);
  }
}

TEST_F(AlignTest, StatisticsLeaveNansOut) {
  const auto episode = recorded({[](Episode& e) {
                         auto level = e.behavior<double>("level", {});
                         for (int t = 0; const double value : {1.0, kNan, 4.0}) level.record(t++, value);
                       }}).episode(0);
  const auto statistics = value_statistics(episode, episode.stream("behavior/level"));
  EXPECT_EQ(statistics.values, 2u);
  EXPECT_EQ(statistics.nans, 1u);
  EXPECT_EQ(statistics.mean, 2.5);
  EXPECT_EQ(statistics.standard_deviation, 1.5);
  EXPECT_EQ(statistics.minimum, 1.0);
  EXPECT_EQ(statistics.maximum, 4.0);
}

}  // namespace
}  // namespace neurotape
