#include "backends/image/object_header.hpp"

#include <fmt/format.h>

#include "backends/driver/superblock.hpp"
#include "neurotape/error.hpp"

namespace neurotape::image {
namespace {

constexpr std::uint64_t kMostCompact = 65'535, kLeastDense = 0;

/// Of links or attributes that are in the header: there is no heap of them, and no tree.
Message all_compact(std::uint8_t type, std::uint8_t flags) {
  Message message{type, flags, {}};
  put(message.body, 0, 2);
  put(message.body, kNowhere, 8);
  put(message.body, kNowhere, 8);
  return message;
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

Message attribute_info() { return all_compact(0x15, kNotShared); }

Message link_info() { return all_compact(0x02, 0); }

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
