// Rounded values: as near as they must be, and no nearer than they need to.

#include "recorder/rounding.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

namespace neurotape {
namespace {

template <class Float>
constexpr Dtype kDtype = sizeof(Float) == 4 ? Dtype::f32 : Dtype::f64;

template <class Float>
std::vector<Float> all_sizes() {
  std::mt19937 random(7);
  std::vector<Float> values = {0, 1, -1, Float(-65.125), std::numeric_limits<Float>::denorm_min()};
  std::uniform_real_distribution<double> mantissa(-2, 2);
  for (int exponent = -60; exponent < 60; ++exponent)
    for (int i = 0; i < 20; ++i) values.push_back(static_cast<Float>(std::ldexp(mantissa(random), exponent)));
  return values;
}

template <class Float>
double round_all(std::vector<Float>& values, const Precision& precision) {
  return round_values(std::as_writable_bytes(std::span(values)), kDtype<Float>, precision);
}

template <class Float>
class Rounding : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(Rounding, Floats);

TYPED_TEST(Rounding, KeepsTheBitsThatAreAskedForAndNoOthers) {
  const auto before = all_sizes<TypeParam>();
  constexpr double kSmallest = std::numeric_limits<TypeParam>::min();  // below it there are fewer bits
  for (const int bits : {1, 7, 10, mantissa_bits(kDtype<TypeParam>)}) {
    auto after = before;
    const double largest = round_all(after, {.keep_bits = bits});
    double seen = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      int exponent = 0;
      const double fraction = std::frexp(static_cast<double>(after[i]), &exponent);
      const double scaled = std::ldexp(fraction, bits + 1);
      if (std::abs(before[i]) >= kSmallest) {
        EXPECT_EQ(scaled, std::nearbyint(scaled)) << before[i] << " has more than " << bits << " bits";
      }
      const double error = std::abs(static_cast<double>(after[i]) - static_cast<double>(before[i]));
      const double size = std::max(std::abs(static_cast<double>(before[i])), kSmallest);
      EXPECT_LE(error, std::ldexp(size, -bits - 1)) << before[i];
      seen = std::max(seen, error);
    }
    EXPECT_EQ(largest, seen);
  }
}

TYPED_TEST(Rounding, NoErrorIsLargerThanAllowed) {
  const auto before = all_sizes<TypeParam>();
  for (const double allowed : {1e-6, 0.01, 0.5, 100.0}) {
    auto after = before;
    const double largest = round_all(after, {.absolute_error = allowed});
    double seen = 0;
    for (std::size_t i = 0; i < before.size(); ++i)
      seen = std::max(seen, std::abs(static_cast<double>(after[i]) - static_cast<double>(before[i])));
    EXPECT_LE(seen, allowed);
    EXPECT_GT(seen, allowed / 8) << "the room is used";
    EXPECT_EQ(largest, seen);
  }
}

TYPED_TEST(Rounding, TiesGoToTheEvenNeighbor) {
  std::vector<TypeParam> values = {TypeParam(1.125), TypeParam(1.375), TypeParam(-1.125)};
  round_all(values, {.keep_bits = 2});
  EXPECT_EQ(values, (std::vector{TypeParam(1), TypeParam(1.5), TypeParam(-1)}));
}

TYPED_TEST(Rounding, WhatIsNoNumberStaysBitForBit) {
  using Limits = std::numeric_limits<TypeParam>;
  const std::vector<TypeParam> before = {Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::infinity(),
                                         -Limits::infinity(), Limits::max(),        Limits::lowest()};
  for (const Precision& precision : {Precision{.keep_bits = 3}, Precision{.absolute_error = 0.1}}) {
    auto after = before;
    EXPECT_EQ(round_all(after, precision), 0);
    EXPECT_EQ(std::memcmp(after.data(), before.data(), before.size() * sizeof(TypeParam)), 0);
  }
}

TEST(RoundingTo, AHundredthOfAMillivoltIsAPowerOfTwoBelow) {
  std::vector<float> values = {-65.003F, -65.02F};
  round_values(std::as_writable_bytes(std::span(values)), Dtype::f32, {.absolute_error = 0.01});
  EXPECT_EQ(values, (std::vector{-65.0F, -65.015625F}));
}

}  // namespace
}  // namespace neurotape
