#pragma once
/// \file
/// Values that need less precision than their type has: rounded, they compress better.

#include <cstddef>
#include <span>

#include "neurotape/array.hpp"

namespace neurotape {

/// One of them, or none.
struct Precision {
  int keep_bits = 0;          ///< of the mantissa; the leading one, which is not stored, comes on top
  double absolute_error = 0;  ///< at most
  explicit operator bool() const noexcept { return keep_bits != 0 || absolute_error != 0; }
};

/// Bits of the mantissa that a floating-point type stores: 23 or 52; 0 for other types.
int mantissa_bits(Dtype dtype) noexcept;

/// Rounds in place: `keep_bits` to the nearest number with so many, ties to even (M. Kloewer et al., "Compressing atmospheric data into
/// its real information content", Nature Computational Science 1, 2021); `absolute_error` to multiples of the
/// largest power of two that keeps it. NaN, infinities, and what would become one stay as they are.
/// \param values whole elements of a floating-point type
/// \returns the largest error made
double round_values(std::span<std::byte> values, Dtype dtype, const Precision& precision) noexcept;

}  // namespace neurotape
