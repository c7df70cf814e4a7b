#pragma once
/// \file
/// Chunks of a dense stream whose layout is chosen when it is copied.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "neurotape/options.hpp"

namespace neurotape::loader {

/// Rows that a copy may hold at once.
inline constexpr std::uint64_t kWindowBytes = std::uint64_t{64} << 20;

/// The dimensions of a chunk. `rows`: whole rows, about 1 MiB of them. `traces`: few values of as many rows as fit in a
/// window, so that one neuron is read without the others.
/// \param dimensions of the dataset, rows first
std::vector<std::uint64_t> chunk_shape(Layout layout, std::span<const std::uint64_t> dimensions,
                                       std::size_t element_bytes);

}  // namespace neurotape::loader
