#pragma once
/// \file
/// A block: the piece of the ring in which a lane stages rows.
///
///     | header, 256 bytes | column 0: timesteps | column 1 | ... |      columns start at multiples of 64 bytes
///
/// Life of a block:
///
///     Free --lane--> Writing --lane: last row--> Full --worker--> Read --last reference--> Free
///
/// | move | who | how it is published |
/// | --- | --- | --- |
/// | Free -> Writing | the lane that takes it from the pool | `next` of the block before |
/// | rows | the lane; each lane of a partitioned row | `committed`, or the lane's own row count; release |
/// | Writing -> Full | the lane that fills the last row | the ready queue |
/// | Full -> Read | the worker that holds the stream's mutex | |
/// | Read -> Free | whoever drops the last reference: the chain, or an encoding job | the pool's queue |
///
/// Two sizes, so that a hundred idle streams cost little and a fast one has few hand-overs: 64 KiB and 1 MiB. A row larger
/// than that has blocks of its own, as large as it needs.

#include <array>
#include <cstddef>
#include <cstdint>

#include "recorder/sync.hpp"

namespace neurotape {

inline constexpr std::size_t kSlabBytes = std::size_t{1} << 20;
inline constexpr std::size_t kSmallBlockBytes = std::size_t{64} << 10;
inline constexpr std::size_t kSmallBlocksInSlab = kSlabBytes / kSmallBlockBytes;
inline constexpr std::size_t kBlockHeaderBytes = 256;
inline constexpr std::size_t kMaxColumns = 4;

class OwnBlocks;

struct alignas(64) Block {
  // Constant from declaration to finish of its owner, or for ever.
  std::size_t bytes = 0;       ///< header included
  OwnBlocks* owner = nullptr;  ///< the lane that has it for itself; nullptr: shared

  // Set by the lane that takes it, before it is published.
  std::uint64_t first_row = 0;  ///< of a partitioned stream: how many rows of it came before
  std::uint64_t sequence = 0;
  std::uint32_t capacity = 0;  ///< rows
  std::uint32_t decimation = 1;
  std::array<std::uint32_t, kMaxColumns> offsets{};  ///< of the columns, from the start of the block

  // Workers, under the stream's mutex.
  std::uint32_t consumed = 0;  ///< rows taken

  // Shared.
  alignas(64) sync::Atomic<std::uint32_t> committed{0};  ///< rows; lane -> workers
  sync::Atomic<Block*> next{nullptr};                    ///< in the lane's chain; the lane's last touch of this block
  /// Partitioned streams, rows that come when this block is full: (rows dropped << 1) | next block decided.
  sync::Atomic<std::uint64_t> decision{0};
  sync::Atomic<std::uint32_t> references{0};

  std::byte* column(std::size_t i) noexcept { return reinterpret_cast<std::byte*>(this) + offsets[i]; }
  std::int64_t* timesteps() noexcept { return reinterpret_cast<std::int64_t*>(column(0)); }
};
static_assert(sizeof(Block) <= kBlockHeaderBytes);

/// Blocks that one lane keeps for itself, linked by `next`: keeping them needs no memory.
class SpareBlocks {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  std::uint64_t rows() const noexcept { return rows_; }
  void push(Block& block) noexcept {
    block.next.store(nullptr, std::memory_order_relaxed);
    if (first_ == nullptr) {
      first_ = &block;
    } else {
      last_->next.store(&block, std::memory_order_relaxed);
    }
    last_ = &block;
    rows_ += block.capacity;
  }
  /// nullptr: there is none
  Block* pop() noexcept {
    Block* const block = first_;
    if (block == nullptr) return nullptr;
    first_ = block->next.load(std::memory_order_relaxed);
    rows_ -= block->capacity;
    return block;
  }

 private:
  Block* first_ = nullptr;
  Block* last_ = nullptr;
  std::uint64_t rows_ = 0;
};

}  // namespace neurotape
