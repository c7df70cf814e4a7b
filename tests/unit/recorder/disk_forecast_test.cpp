#include "recorder/disk_forecast.hpp"

#include <gtest/gtest.h>

namespace neurotape {
namespace {

using namespace std::chrono_literals;

constexpr DiskForecast::Clock::time_point kStart{};

TEST(DiskForecast, WarnsOnceWhenTenMinutesAreLeft) {
  DiskForecast forecast(kStart);
  forecast.look(10'000'000, 601'000'000, kStart + 10s);
  EXPECT_EQ(forecast.bytes_per_second(), 1e6);
  EXPECT_EQ(forecast.free_bytes(), 601'000'000U);
  EXPECT_FALSE(forecast.warning({}));
  forecast.look(11'000'000, 599'000'000, kStart + 11s);
  const auto warning = forecast.warning({.path = "/data/run"});
  ASSERT_TRUE(warning);
  EXPECT_STREQ(warning->what(),
               "the disk has 0.6 GB left, which this recording (1.0 MB/s) fills in 599 s (path '/data/run')");
  EXPECT_FALSE(forecast.warning({}));
}

TEST(DiskForecast, KnowsTheRateOfNowAfterALongQuietTime) {
  DiskForecast forecast(kStart);
  for (auto t = 0s; t <= 1800s; t += 1s) forecast.look(0, 300'000'000'000, kStart + t);
  for (auto t = 1s; t <= 300s; t += 1s)
    forecast.look(static_cast<std::uint64_t>(t.count()) * 500'000'000, 300'000'000'000, kStart + 1800s + t);
  EXPECT_NEAR(forecast.bytes_per_second(), 500e6, 1e6);
  EXPECT_FALSE(forecast.warning({}));
  forecast.look(301ULL * 500'000'000, 299'000'000'000, kStart + 2101s);
  EXPECT_TRUE(forecast.warning({}));
}

TEST(DiskForecast, TheFirstMomentsAreNoRate) {
  DiskForecast forecast(kStart);
  forecast.look(100'000'000, 1'000'000, kStart + 1s);
  EXPECT_FALSE(forecast.warning({}));
}

TEST(DiskForecast, WhatTheSystemCannotTellIsNoWarning) {
  DiskForecast forecast(kStart);
  forecast.look(100'000'000, std::nullopt, kStart + 60s);
  EXPECT_EQ(forecast.free_bytes(), 0U);
  EXPECT_FALSE(forecast.warning({}));
}

}  // namespace
}  // namespace neurotape
