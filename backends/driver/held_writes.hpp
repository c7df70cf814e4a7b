#pragma once
/// \file
/// Writes that wait for the next commit: kept in the order in which they came, and read through.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace neurotape::driver {

class HeldWrites {
 public:
  struct Piece {
    std::uint64_t address = 0;
    std::vector<std::byte> bytes;
  };

  void add(std::uint64_t address, std::span<const std::byte> bytes);
  /// Puts what waits over bytes that were read from the file.
  void read_over(std::uint64_t address, std::span<std::byte> bytes) const;
  const std::vector<Piece>& pieces() const noexcept { return pieces_; }
  std::size_t bytes() const noexcept { return bytes_; }
  void clear() noexcept;

 private:
  std::vector<Piece> pieces_;
  std::multimap<std::uint64_t, std::size_t> by_address_;  // to the place in pieces_
  std::size_t longest_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace neurotape::driver
