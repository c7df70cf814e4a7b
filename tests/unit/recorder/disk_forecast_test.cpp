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
