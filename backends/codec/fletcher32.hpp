#pragma once
/// \file
/// HDF5's Fletcher32 filter: a checksum of four bytes behind the data.

#include <cstddef>
#include <cstdint>
#include <span>

#include "backends/codec/simd.hpp"

namespace neurotape::codec {

inline constexpr std::size_t kFletcher32Bytes = 4;

/// The checksum that libhdf5's filter computes, bit for bit. Any thread.
std::uint32_t fletcher32(std::span<const std::byte> data, Simd simd = best_simd()) noexcept;

/// Writes the checksum of the first `data_bytes` of `buffer` behind them, in the filter's byte order.
/// \returns data_bytes + kFletcher32Bytes, which `buffer` must hold.
std::size_t append_fletcher32(std::span<std::byte> buffer, std::size_t data_bytes) noexcept;

/// \returns `stored` without its checksum.
/// \throws Error damaged when it is too short or the checksum differs.
std::span<const std::byte> verify_fletcher32(std::span<const std::byte> stored);

}  // namespace neurotape::codec
