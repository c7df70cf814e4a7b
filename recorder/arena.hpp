#pragma once
/// \file
/// The memory of the ring: one range of addresses, handed out in slabs of 1 MiB.

#include <cstddef>
#include <mutex>
#include <vector>

#include "recorder/block.hpp"
#include "recorder/sync.hpp"

namespace neurotape {

/// Reserves addresses at once and pages when asked to (`populate`).
/// Thread safety: any thread; a mutex. Never on a lane's way but when the pool is empty.
class Arena {
 public:
  /// \throws Error memory_cap when the addresses cannot be had
  explicit Arena(std::size_t bytes);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// `count` slabs in a row, or nullptr. Single slabs come from the low end, runs from the high end.
  std::byte* take(std::size_t count);
  void give_back(std::byte* slab, std::size_t count);
  /// Makes the pages of a slab resident, so that the lane that gets it does not fault.
  static void populate(std::byte* slab, std::size_t count);

  std::size_t slabs() const noexcept { return used_.size(); }
  std::byte* slab_of(const void* address) const noexcept;

 private:
  std::byte* base_ = nullptr;
  mutable sync::Mutex mutex_;
  std::vector<bool> used_;
  std::size_t taken_ = 0;
  std::size_t low_ = 0;  ///< no free slab below
};

}  // namespace neurotape
