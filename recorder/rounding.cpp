#include "recorder/rounding.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace neurotape {
namespace {

template <class Float, class Bits>
Float keep_bits(Float value, int dropped) noexcept {
  const auto bits = std::bit_cast<Bits>(value);
  const Bits half = Bits{1} << (dropped - 1);
  const Bits rounded = (bits + (half - 1) + (bits >> dropped & 1)) & ~((half << 1) - 1);
  return std::bit_cast<Float>(rounded);
}

template <class Float, class Round>
double round_all(std::span<std::byte> bytes, Round round) noexcept {
  auto* const values = reinterpret_cast<Float*>(bytes.data());
  Float largest = 0;
  for (std::size_t i = 0; i < bytes.size() / sizeof(Float); ++i) {
    const Float before = values[i];
    const Float after = round(before);
    const Float error = std::abs(after - before);  // NaN or infinite where one of them is
    const bool good = error <= std::numeric_limits<Float>::max();
    values[i] = good ? after : before;
    largest = good ? std::max(largest, error) : largest;
  }
  return static_cast<double>(largest);
}

template <class Float, class Bits>
double round_as(std::span<std::byte> bytes, const Precision& precision) noexcept {
  constexpr int kMantissa = std::numeric_limits<Float>::digits - 1;
  if (precision.keep_bits != 0) {
    const int dropped = kMantissa - precision.keep_bits;
    if (dropped <= 0) return 0;
    return round_all<Float>(bytes, [dropped](Float value) { return keep_bits<Float, Bits>(value, dropped); });
  }
  const auto step = static_cast<Float>(std::exp2(std::floor(std::log2(2 * precision.absolute_error))));
  const Float inverse = 1 / step;
  constexpr Float kIntegers = Float{1} / std::numeric_limits<Float>::epsilon();  // from here on all are multiples
  return round_all<Float>(bytes, [step, inverse](Float value) {
    const Float steps = value * inverse;
    return std::abs(steps) < kIntegers ? std::nearbyint(steps) * step : value;
  });
}

}  // namespace

int mantissa_bits(Dtype dtype) noexcept {
  if (dtype == Dtype::f32) return std::numeric_limits<float>::digits - 1;
  return dtype == Dtype::f64 ? std::numeric_limits<double>::digits - 1 : 0;
}

double round_values(std::span<std::byte> values, Dtype dtype, const Precision& precision) noexcept {
  return dtype == Dtype::f32 ? round_as<float, std::uint32_t>(values, precision)
                             : round_as<double, std::uint64_t>(values, precision);
}

}  // namespace neurotape
