#pragma once
/// \file
/// Stored bytes to chunks.

#include <cstddef>
#include <cstdint>
#include <span>

#include "backends/codec/filters.hpp"

namespace neurotape::codec {

/// Whether `decode` knows this chain: any order of the filters above, with at most one compressor.
bool can_decode(std::span<const Filter> filters) noexcept;

/// Undoes the filters of one chunk, except those whose bit is set in `filter_mask`, and checks what they
/// carry: Fletcher32, Adler-32, the sizes inside Blosc. The bytes may come from anywhere: whatever they
/// hold, nothing is read or written out of bounds. Any thread, several at once.
/// \param out as large as a whole chunk before the filters; undefined after an error.
/// Memory: up to two chunks per thread, kept for the next ones; Blosc adds its blocks during a call.
/// \throws Error damaged when `stored` is not such a chunk, unsupported when `can_decode` says no.
void decode(std::span<const Filter> filters, std::uint32_t filter_mask, std::span<const std::byte> stored,
            std::span<std::byte> out);

}  // namespace neurotape::codec
