#pragma once
/// \file
/// Vectorised parts of the byte shuffle, for elements of 2, 4 and 8 bytes.

#include <cstddef>

#include "backends/codec/simd.hpp"

namespace neurotape::codec {

/// Transposes the leading elements of `in` and says how many; the caller does the rest. In the shuffled
/// form, byte k of element i stands at `k * elements + i`.
using ShuffleKernel = std::size_t (*)(const std::byte* in, std::size_t elements, std::byte* out);

/// Null where there is none.
ShuffleKernel shuffle_kernel(std::size_t element_bytes, Simd simd) noexcept;
ShuffleKernel unshuffle_kernel(std::size_t element_bytes, Simd simd) noexcept;

}  // namespace neurotape::codec
