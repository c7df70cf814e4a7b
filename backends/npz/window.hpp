#pragma once
/// \file
/// Between minizip, which writes in small pieces and comes back to some, and a file.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "recorder/buffer_pool.hpp"

namespace neurotape::npz {

/// Where the file goes, in pieces that may come back to what was written before.
using WriteAt = std::function<void(std::uint64_t address, std::span<const std::byte> bytes)>;

/// Collects bytes in one window of memory and hands them over when it is full, or at the end.
class Window {
 public:
  /// \param memory of the window: a file that fits in it is handed over at once
  Window(BufferHandle memory, WriteAt write_at) : memory_(std::move(memory)), write_at_(std::move(write_at)) {}

  void seek(std::uint64_t address) noexcept { at_ = address; }
  std::uint64_t tell() const noexcept { return at_; }
  std::uint64_t size() const noexcept { return size_; }
  void write(std::span<const std::byte> bytes);
  void flush();

 private:
  BufferHandle memory_;
  WriteAt write_at_;
  std::uint64_t start_ = 0;  ///< of what is in memory
  std::size_t filled_ = 0;
  std::uint64_t at_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace neurotape::npz
