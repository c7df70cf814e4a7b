#pragma once
/// \file
/// How large chunks are.

#include <cstdint>
#include <span>
#include <vector>

#include "recorder/encoder.hpp"
#include "recorder/stream_spec.hpp"

namespace neurotape {

inline constexpr std::uint64_t kLargestChunkBytes = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kSmallestChunkBytes = std::uint64_t{4} << 10;
inline constexpr std::uint64_t kIntervalsInChunk = 8;
/// A chunk of the timesteps of a dense stream has so many times the rows of one of the values, for they shrink to nothing;
/// but no more rows than it has where that makes more bytes than one of the values, and more than these.
inline constexpr std::uint64_t kTimestepsFactor = 64;
inline constexpr std::uint64_t kLeastTimestepsBytes = std::uint64_t{64} << 10;

/// Values of a row that lie one after the other.
struct ValueRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

/// Values in a whole tile, from the dimensions of a chunk of one row.
std::uint64_t tile_values(std::span<const std::uint64_t> chunk_dims);
/// The values of tile number `tile`; fewer than a whole one where the axis ends.
ValueRange tile_range(std::span<const std::uint64_t> row_shape, std::span<const std::uint64_t> chunk_dims,
                      std::uint32_t tile);

struct LayoutRequest {
  std::uint64_t rows_per_interval = 0;  ///< the rate seen
  std::uint64_t chunk_rows = 0;         ///< of the user; 0: none
  std::uint64_t block_rows = 0;         ///< rows in a large block: a chunk of that many is encoded without a copy
  std::uint64_t largest_chunk_bytes = kLargestChunkBytes;
  std::int64_t final_rows = -1;  ///< known when the episode is finishing
  bool dense = false;
};

StreamLayout choose_layout(const StreamSpec& spec, const Codec& codec, const CodecLibrary& codecs,
                           const LayoutRequest& request);

}  // namespace neurotape
