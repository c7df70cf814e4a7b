#pragma once
/// \file
/// HDF5's deflate filter: a chunk as one zlib stream, with its Adler-32.

#include <cstddef>
#include <span>

namespace neurotape::codec {

/// Size of the zlib stream that stores `raw_bytes` without compressing them: the worst case.
std::size_t zlib_bound(std::size_t raw_bytes) noexcept;

/// Compresses `raw` (less than 4 GiB) to a zlib stream. What does not shrink becomes stored blocks, so that
/// it never fails. Levels 1 to 3 are ISA-L's, 4 to 9 libdeflate's. Any thread.
/// \param out at least `zlib_bound(raw.size())` bytes.
/// \returns how many of them are used.
/// Memory: 0.4 MiB per thread for ISA-L, 0.7 MiB per thread and level for libdeflate, whatever the chunk.
/// \throws std::bad_alloc when a thread's first chunk of a level finds no memory.
std::size_t zlib_compress(int level, std::span<const std::byte> raw, std::span<std::byte> out);

/// Fills `out` from a zlib stream of exactly this much. Any thread.
/// \throws Error damaged for anything else, including a wrong Adler-32 and bytes behind the stream.
void zlib_decompress(std::span<const std::byte> stored, std::span<std::byte> out);

}  // namespace neurotape::codec
