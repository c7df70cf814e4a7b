#pragma once
/// \file
/// The free blocks of the ring.

#include <array>
#include <chrono>
#include <concurrentqueue/concurrentqueue.h>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

#include "recorder/arena.hpp"
#include "recorder/block.hpp"
#include "recorder/sync.hpp"

namespace neurotape {

class BlockPool;

/// The two blocks that a stream's lane has for itself from declaration to finish, so that it can always go on once
/// its own rows are written, whatever the others hold.
/// Thread safety: any thread.
class OwnBlocks {
 public:
  OwnBlocks() = default;
  ~OwnBlocks();
  OwnBlocks(const OwnBlocks&) = delete;
  OwnBlocks& operator=(const OwnBlocks&) = delete;

  /// Two blocks of at least this size; false when the pool cannot give them now.
  bool reserve(BlockPool& pool, std::size_t block_bytes) noexcept;
  Block* try_take() noexcept;
  void put_back(Block* block) noexcept;
  /// From now on what comes back goes to the pool.
  void retire() noexcept;

 private:
  void surrender() noexcept;

  BlockPool* pool_ = nullptr;
  std::array<Block*, 2> blocks_{};
  sync::Atomic<unsigned> free_{0};  ///< bit i: blocks_[i] is not in use
  sync::Atomic<bool> retired_{false};
};

/// Thread safety: any thread. `try_*` and `release` are lock-free while there are free blocks of the size asked for; splitting
/// slabs into small blocks, joining them again and touching new slabs takes a mutex.
class BlockPool {
 public:
  explicit BlockPool(std::size_t bytes);

  Block* try_large() noexcept;
  Block* try_small() noexcept;
  void release(Block* block) noexcept;

  /// Blocks of their own for one lane; nullptr when there is no room now.
  Block* take_own(std::size_t bytes) noexcept;
  void give_back_own(Block* block) noexcept;

  /// Touches slabs ahead of demand. Workers call it.
  void replenish();

  /// Few touched blocks are left: a lane that takes the last one touches the next by itself.
  bool runs_dry() const noexcept;

  /// Calls `attempt` until it returns a block, `give_up` says so, or the deadline passes (nullptr then).
  Block* wait(const std::function<Block*()>& attempt, const std::function<bool()>& give_up,
              sync::Clock::time_point deadline);
  /// Returns when a block was released, or after `limit`.
  void wait_for_release(std::chrono::nanoseconds limit);
  void wake_waiters() noexcept;
  bool has_waiters() const noexcept { return waiters_.load(std::memory_order_seq_cst) > 0; }

  std::size_t bytes() const noexcept { return arena_.slabs() * kSlabBytes; }
  std::size_t used_bytes() const noexcept;
  /// More than three quarters of the blocks that nobody owns are in use, or somebody waits for one.
  bool under_pressure() const noexcept;
  /// More than half of them is in use.
  bool is_half_full() const noexcept;
  std::size_t own_bytes() const noexcept { return own_.load(std::memory_order_relaxed); }
  std::size_t peak_bytes() const noexcept { return static_cast<std::size_t>(peak_.load(std::memory_order_relaxed)); }

 private:
  using Queue = moodycamel::ConcurrentQueue<Block*>;

  static Block* make_block(std::byte* memory, std::size_t bytes) noexcept;
  Block* find_own(std::size_t bytes) noexcept;
  Block* fresh_large() noexcept;
  Block* split_slab() noexcept;
  bool join_small_blocks() noexcept;
  Block* pop(Queue& queue) noexcept;
  void count(Block* block, bool taken) noexcept;

  Arena arena_;
  Queue large_;
  Queue small_;
  sync::Mutex mutex_;            ///< splitting and joining
  std::vector<Block*> scratch_;  ///< with room for all blocks: nothing is allocated when blocks are short
  sync::Atomic<std::ptrdiff_t> used_{0};
  sync::Atomic<std::ptrdiff_t> peak_{0};
  sync::Atomic<std::size_t> own_{0};

  sync::Atomic<int> waiters_{0};
  sync::Mutex wait_mutex_;
  sync::ConditionVariable freed_;
};

}  // namespace neurotape
