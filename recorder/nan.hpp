#pragma once
/// \file
/// Looks for values that are not a number.

#include <cstddef>
#include <cstdint>
#include <span>

#include "neurotape/array.hpp"

namespace neurotape {

constexpr bool is_floating(Dtype dtype) noexcept { return dtype == Dtype::f32 || dtype == Dtype::f64; }

/// NaNs among these values; 0 for types that have none.
std::uint64_t count_nans(std::span<const std::byte> values, Dtype dtype) noexcept;

}  // namespace neurotape
