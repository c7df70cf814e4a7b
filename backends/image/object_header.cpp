#include "backends/image/object_header.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

#include "backends/driver/superblock.hpp"
#include "neurotape/error.hpp"

namespace neurotape::image {
namespace {

constexpr std::uint8_t kConstant = 1, kNotShared = 4;
constexpr std::uint64_t kMostCompact = 65'535, kLeastDense = 0;

std::size_t width_of(std::uint64_t number) { return static_cast<std::size_t>(std::bit_width(number | 1) + 7) / 8; }

/// The part that all chunked layouts begin with. \param flags 2: one chunk that went through filters
Bytes chunked(std::span<const std::uint64_t> chunk, std::uint8_t flags, std::uint8_t index) {
  Bytes body;
  const auto width = width_of(*std::max_element(chunk.begin(), chunk.end()));
  for (const std::uint64_t field : {std::uint64_t{4}, std::uint64_t{2}, std::uint64_t{flags}, chunk.size(), width})
    put(body, field, 1);
  for (const auto dimension : chunk) put(body, dimension, width);
  put(body, index, 1);
  return body;
}

/// As the plug-in calls itself. Never without: H5Ocopy of HDF5 1.10.8 writes the name of a filter that it knows over what
/// follows, where the message had none.
std::string_view name_of(std::uint32_t filter) {
  constexpr std::uint32_t kLzf = 32000, kBlosc = 32001;
  return filter == kLzf ? "lzf" : filter == kBlosc ? "blosc" : "filter";
}

}  // namespace

Bytes object_header(std::span<const Message> messages) {
  std::size_t size = 0;
  for (const auto& message : messages) {
    if (message.body.size() > kMostMessageBytes)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("an attribute or a name of {} bytes is too large for the header of an HDF5 object",
                              message.body.size()));
    size += 4 + message.body.size();
  }
  const unsigned code = size <= 0xff ? 0 : size <= 0xffff ? 1 : 2;
  constexpr unsigned kHasLimits = 0x10;
  Bytes header;
  header.reserve(size + 24);
  put(header, "OHDR");
  put(header, 2, 1);
  put(header, kHasLimits | code, 1);
  put(header, kMostCompact, 2);
  put(header, kLeastDense, 2);
  put(header, size, std::size_t{1} << code);
  for (const auto& message : messages) {
    put(header, message.type, 1);
    put(header, message.body.size(), 2);
    put(header, message.flags, 1);
    put(header, message.body);
  }
  put(header, driver::lookup3(header), 4);
  return header;
}

Message datatype(std::span<const std::byte> encoded) { return {0x03, kConstant, {encoded.begin(), encoded.end()}}; }

Bytes text_type(std::size_t bytes, bool is_utf8) {
  constexpr unsigned kVersionAndClass = 0x13, kNullPadded = 1;
  Bytes type;
  put(type, kVersionAndClass, 1);
  put(type, kNullPadded | (is_utf8 ? 0x10U : 0U), 3);
  put(type, bytes, 4);
  return type;
}

Message dataspace(std::span<const std::uint64_t> extent, std::span<const std::uint64_t> limit) {
  Message message{0x01, 0, {}};
  for (const std::uint64_t field : {std::uint64_t{2}, extent.size(), std::uint64_t{1}, std::uint64_t{1}})
    put(message.body, field, 1);
  for (const auto& dimensions : {extent, limit})
    for (const auto dimension : dimensions) put(message.body, dimension, 8);
  return message;
}

Message fill_value(Allocation allocation) {
  constexpr unsigned kNeverWritten = 1;
  Message message{0x05, kConstant, {}};
  put(message.body, 3, 1);
  put(message.body, static_cast<unsigned>(allocation) | kNeverWritten << 2, 1);
  return message;
}

Message filters(std::span<const Filter> chain) {
  constexpr std::uint32_t kFirstWithName = 256;
  Message message{0x0b, kConstant, {}};
  auto& body = message.body;
  put(body, 2, 1);
  put(body, chain.size(), 1);
  for (const auto& filter : chain) {
    put(body, filter.id, 2);
    const auto name = filter.id < kFirstWithName ? std::string_view() : name_of(filter.id);
    if (!name.empty()) put(body, name.size() + 1, 2);
    put(body, filter.optional ? 1 : 0, 2);
    put(body, filter.parameters.size(), 2);
    put(body, name);
    if (!name.empty()) put(body, 0, 1);
    for (const auto parameter : filter.parameters) put(body, parameter, 4);
  }
  return message;
}

Message in_header(std::span<const std::byte> values) {
  Message message{0x08, 0, {}};
  put(message.body, 4, 1);
  put(message.body, 0, 1);
  put(message.body, values.size(), 2);
  put(message.body, values);
  return message;
}

Message in_one_piece(std::uint64_t address, std::uint64_t bytes) {
  Message message{0x08, 0, {}};
  put(message.body, 4, 1);
  put(message.body, 1, 1);
  put(message.body, address, 8);
  put(message.body, bytes, 8);
  return message;
}

Message in_one_chunk(std::span<const std::uint64_t> chunk, const StoredChunk& stored, bool is_filtered) {
  Message message{0x08, 0, chunked(chunk, is_filtered ? 2 : 0, 1)};
  if (is_filtered) {
    put(message.body, stored.bytes, 8);
    put(message.body, stored.filter_mask, 4);
  }
  put(message.body, stored.address, 8);
  return message;
}

Message in_chunks(std::span<const std::uint64_t> chunk, std::uint64_t table) {
  constexpr std::uint64_t kPageBits = 10;
  Message message{0x08, 0, chunked(chunk, 0, 3)};
  put(message.body, kPageBits, 1);
  put(message.body, table, 8);
  return message;
}

Message attribute(std::string_view name, std::span<const std::byte> type, std::span<const std::byte> value) {
  constexpr std::uint32_t kScalar = 2;  // version 2, no dimensions
  Message message{0x0c, 0, {}};
  auto& body = message.body;
  body.reserve(name.size() + type.size() + value.size() + 16);
  put(body, 3, 1);
  put(body, 0, 1);
  put(body, name.size() + 1, 2);
  put(body, type.size(), 2);
  put(body, sizeof kScalar, 2);
  put(body, 1, 1);  // UTF-8
  put(body, name);
  put(body, 0, 1);
  put(body, type);
  put(body, kScalar, sizeof kScalar);
  put(body, value);
  return message;
}

Message attribute_info() {
  Message message{0x15, kNotShared, {}};
  put(message.body, 0, 2);
  put(message.body, kNowhere, 8);
  put(message.body, kNowhere, 8);
  return message;
}

Message link_info() {
  Message message{0x02, 0, {}};
  put(message.body, 0, 2);
  put(message.body, kNowhere, 8);
  put(message.body, kNowhere, 8);
  return message;
}

Message group_info() {
  constexpr unsigned kHasLimits = 1;
  Message message{0x0a, kConstant, {}};
  put(message.body, 0, 1);
  put(message.body, kHasLimits, 1);
  put(message.body, kMostCompact, 2);
  put(message.body, kLeastDense, 2);
  return message;
}

Message link(std::string_view name, std::uint64_t address) {
  constexpr unsigned kHasCharacterSet = 0x10;
  const auto width = width_of(name.size());
  const unsigned code = width <= 2 ? static_cast<unsigned>(width) - 1 : 2;
  Message message{0x06, 0, {}};
  put(message.body, 1, 1);
  put(message.body, kHasCharacterSet | code, 1);
  put(message.body, 1, 1);  // UTF-8
  put(message.body, name.size(), std::size_t{1} << code);
  put(message.body, name);
  put(message.body, address, 8);
  return message;
}

Message symbol_table(std::uint64_t tree, std::uint64_t heap) {
  Message message{0x11, 0, {}};
  put(message.body, tree, 8);
  put(message.body, heap, 8);
  return message;
}

}  // namespace neurotape::image
