#pragma once
/// \file
/// Deflate: as zlib streams for HDF5's filter, and raw for the members of zip files.

#include <cstddef>
#include <cstdint>
#include <span>

namespace neurotape::deflate {

/// What is around the deflated bytes.
enum class Format {
  zlib,  ///< header and Adler-32
  raw,   ///< nothing
};

/// Levels up to this are ISA-L's, those above libdeflate's.
inline constexpr int kHighestIsalLevel = 3;

/// The size that stores `raw_bytes` without compressing them: the worst case.
std::size_t bound(Format format, std::size_t raw_bytes) noexcept;

/// Compresses `raw` (less than 4 GiB). What does not shrink becomes stored blocks, so that it never fails. Level 0 only
/// stores, 9 is the smallest. Any thread.
/// \param out at least `bound(format, raw.size())` bytes.
/// \returns how many of them are used.
/// Memory: 0.4 MiB per thread for ISA-L, 0.7 MiB per thread and level for libdeflate, whatever the chunk.
/// \throws std::bad_alloc when a thread's first chunk of a level finds no memory.
std::size_t compress(Format format, int level, std::span<const std::byte> raw, std::span<std::byte> out);

/// A piece that is not the last of a raw stream: the next one begins at a byte behind it. Levels 1 to `kHighestIsalLevel`;
/// 0 stores. \param out at least `piece_bound(raw.size())` bytes.
std::size_t compress_piece(int level, std::span<const std::byte> raw, std::span<std::byte> out);
std::size_t piece_bound(std::size_t raw_bytes) noexcept;

/// Fills `out` from a stream of exactly this much. Any thread.
/// \throws Error damaged for anything else, including a wrong Adler-32 and bytes behind the stream.
void decompress(Format format, std::span<const std::byte> stored, std::span<std::byte> out);

/// CRC-32 as in zip and gzip. \param seed that of the bytes before these
std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t seed = 0) noexcept;

}  // namespace neurotape::deflate
