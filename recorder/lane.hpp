#pragma once
/// \file
/// The caller's end of a stream.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "neurotape/streams.hpp"
#include "recorder/block.hpp"
#include "recorder/failures.hpp"
#include "recorder/gap_log.hpp"
#include "recorder/stream_state.hpp"
#include "recorder/sync.hpp"

namespace neurotape::detail {

/// Stages rows in blocks. One thread at a time records through a lane; the workers read what it has published.
///
/// Invariants
/// 1. Rows below `committed` of a block never change; the lane writes only above it.
/// 2. `next` is the last thing the lane touches of a block that it leaves.
/// 3. offered == recorded + dropped, in every state that another thread can see after the lane rests.
class Lane {
 public:
  explicit Lane(StreamState& stream);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // The lane's thread.
  void record_row(std::int64_t timestep, const std::byte* row, std::size_t values) noexcept;
  void* reserve_row(std::int64_t timestep) noexcept;
  void commit_row() noexcept;
  void record_rows(std::int64_t timestep, std::span<const ColumnInput> columns) noexcept;
  /// Sparse: the next row of this timestep will find room. False: it is dropped, and counted.
  bool make_room_for_one(std::int64_t timestep) noexcept;
  void drop_one(std::int64_t timestep) noexcept { drop(timestep, 1, drop_cause()); }
  std::uint64_t rows_recorded() const noexcept;
  /// \param why makes the text, if somebody is to be told
  template <class Why>
  void reject(std::int64_t timestep, std::uint64_t rows, ErrorCode code, Why&& why) noexcept {
    if (count_rejected(timestep, rows)) tell(timestep, code, why);
  }

  /// Makes this lane one of a partitioned row: `count` values from `first` on.
  void become_columns(std::uint64_t first, std::uint64_t count, OwnBlocks& shared_blocks) noexcept;

  StreamState& stream() const noexcept { return stream_; }
  std::uint64_t first_value() const noexcept { return first_value_; }
  std::uint64_t value_count() const noexcept { return value_count_; }
  std::size_t row_values() const noexcept;
  bool recorded_anything() const noexcept { return offered_.load(std::memory_order_relaxed) != 0; }

  // Any thread.
  std::int64_t last_timestep() const noexcept { return published_timestep_.load(std::memory_order_acquire); }
  void add_to(StreamStats& stats) const noexcept;
  /// Rows that came by, those dropped included and those rejected not.
  std::uint64_t rows_offered() const noexcept { return offered_.load(std::memory_order_relaxed); }

  // Workers, under the stream's mutex: where they are in this lane's chain of blocks.
  struct Reader {
    Block* block = nullptr;
    std::int64_t timestep_at_last_commit = INT64_MIN;
  };
  Reader reader;
  sync::Atomic<Block*> first_block{nullptr};  ///< of the chain; lane -> workers
  OwnBlocks own_blocks;
  sync::Atomic<std::uint64_t> rows_done{0};       ///< of a partitioned row; lane -> workers
  sync::Atomic<std::uint64_t> block_sequence{0};  ///< of the block this lane is in; partitioned rows

 private:
  bool accepts(std::int64_t timestep, std::uint64_t rows) noexcept;
  bool accepts_although_not_recording(std::int64_t timestep, std::uint64_t rows) noexcept;
  std::byte* make_room(std::int64_t timestep) noexcept;
  bool enter_next_block(std::int64_t timestep, std::uint64_t rows) noexcept;
  bool enter_next_shared_block(std::int64_t timestep) noexcept;
  Block* propose_block() noexcept;
  Block* take_block(bool may_wait = true) noexcept;
  std::uint64_t rows_in_blocks() const noexcept;
  bool waits_for_space() const noexcept;
  Block* wait_for_block() noexcept;
  std::optional<std::uint64_t> rows_of_lanes_behind() const noexcept;
  Block* try_take_block() noexcept;
  void prepare(Block& block, const Block* before) noexcept;
  void enter(Block* block) noexcept;
  std::uint32_t next_decimation() const noexcept;
  DropCause drop_cause() const noexcept;
  void publish(std::int64_t timestep, std::uint32_t rows) noexcept;
  void publish_columns(std::int64_t timestep) noexcept;
  bool agrees_on_timestep(std::int64_t timestep) noexcept;
  void drop_behind_fault(std::int64_t timestep) noexcept;
  void drop(std::int64_t timestep, std::uint64_t rows, DropCause cause) noexcept;
  bool goes_back(std::int64_t timestep) const noexcept;
  void add_gap(std::int64_t timestep, std::uint64_t rows, DropCause cause) noexcept;
  void end_gap() noexcept;
  bool count_rejected(std::int64_t timestep, std::uint64_t rows) noexcept;
  bool room_for_all(std::int64_t timestep, std::uint64_t rows) noexcept;
  void copy_row(std::byte* to, const std::byte* row) const noexcept;

  template <class Why>
  void tell(std::int64_t timestep, ErrorCode code, Why& why) noexcept {
    try {
      stream_.tell(Error(code, why(), stream_.context(timestep)));
    } catch (...) {
      stream_.tell(out_of_memory());
    }
  }
  /// Runs what writes into the list of gaps.
  template <class Action>
  void list(Action&& action) noexcept {
    try {
      action();
    } catch (...) {
      stream_.tell(out_of_memory());
    }
  }

  // Constant after declaration.
  StreamState& stream_;
  OwnBlocks* own_ = &own_blocks;  ///< of a partitioned row: the first lane's
  bool is_columns_ = false;
  std::uint64_t first_value_ = 0;
  std::uint64_t value_count_;

  // The lane's thread.
  Block* block_ = nullptr;
  std::uint32_t row_ = 0;
  std::uint32_t capacity_ = 0;
  std::int64_t last_timestep_ = INT64_MIN;  ///< the highest so far
  std::int64_t reserved_timestep_ = 0;
  bool reserved_ = false;
  bool fast_ = false;
  bool stalled_ = false;  ///< partitioned: waited in vain for lanes that lag behind
  bool in_gap_ = false;
  DropCause gap_cause_{};
  std::int64_t dropped_timestep_ = INT64_MIN;  ///< sparse: the rest of this timestep is dropped too
  std::uint32_t decimation_ = 1;
  std::uint64_t dropped_here_ = 0;  ///< partitioned: rows dropped since the block was full
  sync::Clock::time_point entered_{};
  bool reported_ = false;  ///< its first invalid row was told to the reporter
  SpareBlocks spare_;      ///< taken ahead for a batch that must fit as a whole

  // Written by the lane's thread alone, read by any.
  alignas(64) sync::Atomic<std::int64_t> published_timestep_{INT64_MIN};
  sync::Atomic<std::uint64_t> offered_{0};  ///< less the rejected ones
  sync::Atomic<std::uint64_t> dropped_{0};
  sync::Atomic<std::uint64_t> rejected_{0};
  sync::Atomic<std::uint64_t> waits_{0};
  sync::Atomic<std::int64_t> waited_ns_{0};
};

}  // namespace neurotape::detail
