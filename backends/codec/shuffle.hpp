#pragma once
/// \file
/// HDF5's shuffle filter: all first bytes of the elements, then all second bytes, and so on. Bytes behind
/// the last whole element stay where they are.

#include <cstddef>
#include <span>

#include "backends/codec/simd.hpp"

namespace neurotape::codec {

/// `out` has the size of `in` and does not overlap it; `element_bytes` is not 0. Any thread.
void shuffle(std::span<const std::byte> in, std::size_t element_bytes, std::span<std::byte> out,
             Simd simd = best_simd()) noexcept;

/// The way back.
void unshuffle(std::span<const std::byte> in, std::size_t element_bytes, std::span<std::byte> out,
               Simd simd = best_simd()) noexcept;

}  // namespace neurotape::codec
