#include "recorder/nan.hpp"

namespace neurotape {
namespace {

// By their bits, so that no compiler option makes the comparison go away: all ones in the exponent, and a fraction.
template <class Bits>
std::uint64_t count(std::span<const std::byte> values, Bits infinity) noexcept {
  const auto* const bits = reinterpret_cast<const Bits*>(values.data());
  const std::size_t n = values.size() / sizeof(Bits);
  constexpr Bits kMagnitude = static_cast<Bits>(~Bits{0}) >> 1;
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < n;) {
    Bits in_run = 0;  // in the width of the values, so that the loop vectorizes
    const std::size_t end = n - i > 4096 ? i + 4096 : n;
    for (; i < end; ++i) in_run = static_cast<Bits>(in_run + ((bits[i] & kMagnitude) > infinity ? Bits{1} : Bits{0}));
    found += in_run;
  }
  return found;
}

}  // namespace

std::uint64_t count_nans(std::span<const std::byte> values, Dtype dtype) noexcept {
  if (dtype == Dtype::f32) return count<std::uint32_t>(values, 0x7F800000U);
  if (dtype == Dtype::f64) return count<std::uint64_t>(values, 0x7FF0000000000000U);
  return 0;
}

}  // namespace neurotape
