#pragma once
/// \file
/// The first 48 bytes of an HDF5 file (superblock version 2 or 3, with addresses of 8 bytes).
/// HDF5 File Format Specification 3.0, II.A.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace neurotape::driver {

inline constexpr std::size_t kSuperblockBytes = 48;
using Superblock = std::array<std::byte, kSuperblockBytes>;

/// Whether the bytes are one, with the right checksum.
bool is_superblock(std::span<const std::byte> bytes) noexcept;

/// Of a file with this root group, before it is sealed.
Superblock new_superblock(std::uint64_t root) noexcept;

/// What the superblock says about where the file ends.
std::uint64_t end_in(const Superblock& superblock) noexcept;

/// Makes it say that nobody is writing the file and that the file ends at `end`.
void seal(Superblock& superblock, std::uint64_t end) noexcept;

/// The last bytes of a reserve, beyond what HDF5 uses of the file: they say where that ends.
inline constexpr std::size_t kTrailerBytes = 16;
using Trailer = std::array<std::byte, kTrailerBytes>;
Trailer trailer(std::uint64_t used) noexcept;
/// Nothing where the bytes are no trailer.
std::optional<std::uint64_t> used_in(const Trailer& trailer) noexcept;

/// Bob Jenkins' lookup3 (`hashlittle`, https://burtleburtle.net/bob/c/lookup3.c), the checksum of HDF5's metadata.
std::uint32_t lookup3(std::span<const std::byte> bytes) noexcept;

}  // namespace neurotape::driver
