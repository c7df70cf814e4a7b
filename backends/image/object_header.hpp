#pragma once
/// \file
/// Groups and datasets of an HDF5 file, made without libhdf5, which takes tens of microseconds for each: their object
/// headers, and the messages in them. HDF5 File Format Specification 3.0, IV.A.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "backends/image/bytes.hpp"
#include "recorder/encoder.hpp"

namespace neurotape::image {

/// A message cannot be larger.
inline constexpr std::size_t kMostMessageBytes = 65'535;
/// The name and the value of an attribute; the rest is its type.
inline constexpr std::size_t kMostAttributeBytes = kMostMessageBytes - 64;
/// A table of more chunks than 2 to the power of this is kept in pages.
inline constexpr unsigned kTablePageBits = 10;

/// Flags of a message.
inline constexpr std::uint8_t kConstant = 1, kNotShared = 4;

/// The bytes that a number needs.
inline std::size_t width_of(std::uint64_t number) noexcept {
  return static_cast<std::size_t>(std::bit_width(number | 1) + 7) / 8;
}

struct Message {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  Bytes body;
};

/// A header whose links and attributes stay in it, however many there will be.
/// \throws Error invalid_argument a message is too large
Bytes object_header(std::span<const Message> messages);

/// A type as `H5Tencode` gives it, without the two bytes before the message.
Message datatype(std::span<const std::byte> encoded);
/// Text of a fixed size, null-padded.
Bytes text_type(std::size_t bytes, bool is_utf8);
Message dataspace(std::span<const std::uint64_t> extent, std::span<const std::uint64_t> limit);

/// When a dataset gets its place in the file, for the fill value that is never written.
enum class Allocation : std::uint8_t { early = 1, late = 2, by_chunk = 3 };
Message fill_value(Allocation allocation);
Message filters(std::span<const Filter> chain);

// Where the values of a dataset are.
Message in_header(std::span<const std::byte> values);
Message in_one_piece(std::uint64_t address, std::uint64_t bytes);

struct StoredChunk {
  std::uint64_t address = kNowhere;
  std::uint64_t bytes = 0;
  std::uint32_t filter_mask = 0;
};
/// \param chunk its dimensions, the bytes of an element last
Message in_one_chunk(std::span<const std::uint64_t> chunk, const StoredChunk& stored, bool is_filtered);
Message in_chunks(std::span<const std::uint64_t> chunk, std::uint64_t table);

/// A scalar. \param name UTF-8
Message attribute(std::string_view name, std::span<const std::byte> type, std::span<const std::byte> value);
/// What stands before the attributes of an object that has some.
Message attribute_info();
Message link_info();
Message group_info();
Message link(std::string_view name, std::uint64_t address);
Message symbol_table(std::uint64_t tree, std::uint64_t heap);

}  // namespace neurotape::image
