#include <algorithm>

#include "backends/codec/filters.hpp"
#include "backends/image/object_header.hpp"

namespace neurotape::image {
namespace {

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

/// As the plug-in calls itself. Never without: H5Ocopy of HDF5 1.10.8 writes the name of a filter that it knows over
/// what follows, where the message had none.
std::string_view name_of(std::uint32_t filter) {
  return filter == codec::kLzf ? "lzf" : filter == codec::kBlosc ? "blosc" : "filter";
}

}  // namespace

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
  Message message{0x08, 0, chunked(chunk, 0, 3)};
  put(message.body, kTablePageBits, 1);
  put(message.body, table, 8);
  return message;
}

}  // namespace neurotape::image
