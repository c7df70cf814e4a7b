#pragma once
/// \file
/// What an HDF5 file is put together from: little-endian numbers, text and other bytes, one after the other.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace neurotape::image {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie in memory");

using Bytes = std::vector<std::byte>;

/// An address where there is nothing.
inline constexpr std::uint64_t kNowhere = UINT64_MAX;

inline void put(Bytes& to, std::span<const std::byte> bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }
inline void put(Bytes& to, std::string_view text) { put(to, std::as_bytes(std::span(text))); }
inline void put(Bytes& to, std::uint64_t number, std::size_t width) {
  put(to, std::as_bytes(std::span(&number, 1)).first(width));
}
inline void put_zeros(Bytes& to, std::size_t count) { to.resize(to.size() + count); }

/// Bytes of a file from an address on.
class Image {
 public:
  explicit Image(std::uint64_t address) : address_(address) {}

  /// \returns its address
  std::uint64_t append(std::span<const std::byte> bytes) {
    const auto at = end();
    put(bytes_, bytes);
    return at;
  }
  std::uint64_t begin() const noexcept { return address_; }
  std::uint64_t end() const noexcept { return address_ + bytes_.size(); }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::uint64_t address_;
  Bytes bytes_;
};

}  // namespace neurotape::image
