#include "recorder/lane.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <utility>

#include "recorder/column_input.hpp"
#include "recorder/episode_core.hpp"
#include "recorder/sync.hpp"

namespace neurotape::detail {
namespace {

// A counter that one thread writes and others read.
template <class T>
void add(sync::Atomic<T>& counter, T n) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

}  // namespace

Lane::Lane(StreamState& stream) : stream_(stream), value_count_(stream.rules.source_values) {}

void Lane::become_columns(std::uint64_t first, std::uint64_t count, OwnBlocks& shared_blocks) noexcept {
  is_columns_ = true;
  first_value_ = first;
  value_count_ = count;
  own_ = &shared_blocks;
  block_ = stream_.partition_head();
}

std::size_t Lane::row_values() const noexcept {
  return is_columns_ || stream_.rules.selected_columns.empty() ? value_count_ : stream_.rules.selected_columns.size();
}

void Lane::record_row(std::int64_t timestep, const std::byte* row, std::size_t values) noexcept {
  if ((values != value_count_ && values != kWholeRow) || (row == nullptr && value_count_ != 0)) [[unlikely]] {
    return reject(timestep, 1, ErrorCode::wrong_shape, [&] {
      const auto got = row == nullptr ? std::string("a null pointer") : fmt::format("{}", values);
      return fmt::format("expected {} values, got {}", value_count_, got);
    });
  }
  std::byte* const to = make_room(timestep);
  if (to == nullptr) return;
  copy_row(to, row);
  publish(timestep, 1);
}

void* Lane::reserve_row(std::int64_t timestep) noexcept {
  std::byte* const to = make_room(timestep);
  reserved_ = to != nullptr;
  reserved_timestep_ = timestep;
  return to;
}

void Lane::commit_row() noexcept {
  if (!reserved_)
    return reject(last_timestep_, 0, ErrorCode::invalid_argument, [] { return "commit() without a reserved row"; });
  reserved_ = false;
  if (!accepts(reserved_timestep_, 1)) return;
  publish(reserved_timestep_, 1);
}

// Where the row of this timestep goes; nullptr when it is not kept.
std::byte* Lane::make_room(std::int64_t timestep) noexcept {
  if (!accepts(timestep, 1)) [[unlikely]]
    return nullptr;
  const StreamRules& rules = stream_.rules;
  if (rules.every != 1 && timestep % rules.every != 0) return nullptr;
  if (decimation_ != 1 && offered_.load(std::memory_order_relaxed) % decimation_ != 0) [[unlikely]] {
    drop(timestep, 1, DropCause::decimate);
    return nullptr;
  }
  if (row_ == capacity_ && !(is_columns_ ? enter_next_shared_block(timestep) : enter_next_block(timestep, 1)))
    return nullptr;
  const ColumnSpec& column = stream_.spec.columns[1];
  return block_->column(1) + row_ * (stream_.row_bytes - sizeof(std::int64_t)) + first_value_ * column.element_bytes();
}

bool Lane::accepts(std::int64_t timestep, std::uint64_t rows) noexcept {
  if (stream_.phase() != StreamState::Phase::recording && !accepts_although_not_recording(timestep, rows)) [[unlikely]]
    return false;
  if (!is_columns_ && stream_.partitioned()) [[unlikely]] {
    reject(timestep, rows, ErrorCode::invalid_argument, [] {
      return "columns of this stream have handles of their own; the whole row cannot be recorded any more";
    });
    return false;
  }
  if (stream_.rules.validate.caller && goes_back(timestep)) [[unlikely]] {
    const auto expected = stream_.rules.dense ? "above" : "of at least";
    const auto hint = timestep == last_timestep_ ? " (recorded twice?)" : "";
    reject(timestep, rows, ErrorCode::timestep_order,
           [&] { return fmt::format("expected a timestep {} {}{}", expected, last_timestep_, hint); });
    return false;
  }
  return true;
}

bool Lane::goes_back(std::int64_t timestep) const noexcept {
  return timestep < last_timestep_ || (stream_.rules.dense && timestep == last_timestep_);
}

bool Lane::accepts_although_not_recording(std::int64_t timestep, std::uint64_t rows) noexcept {
  switch (stream_.phase()) {
    case StreamState::Phase::finished:
      reject(timestep, rows, ErrorCode::closed, [] { return "the episode is finished"; });
      return false;
    case StreamState::Phase::failed:
      drop(timestep, rows, DropCause::error);
      return false;
    case StreamState::Phase::columns_disagree:
      if (!is_columns_ || rows_done.load(std::memory_order_relaxed) < stream_.faulty_row()) return true;
      drop_behind_fault(timestep);
      return false;
    default:
      return true;
  }
}

void Lane::copy_row(std::byte* to, const std::byte* row) const noexcept {
  const std::size_t element_bytes = stream_.spec.columns[1].element_bytes();
  if (is_columns_ || stream_.rules.selected_columns.empty()) {
    if (value_count_ != 0) std::memcpy(to, row, value_count_ * element_bytes);
  } else {
    gather_values(to, row, stream_.rules.selected_columns, element_bytes);
  }
}

void Lane::record_rows(std::int64_t timestep, std::span<const ColumnInput> columns) noexcept {
  const StreamState& stream = stream_;
  const std::uint64_t rows = rows_handed_over(stream.spec, columns);
  ErrorCode code{};
  if (std::string fault = fault_of_columns(stream.spec, stream.rules, columns, code); !fault.empty()) [[unlikely]]
    return reject(timestep, std::max<std::uint64_t>(rows, 1), code, [&] { return std::move(fault); });
  if (!accepts(timestep, rows)) return;
  if (rows == 0) {
    last_timestep_ = std::max(last_timestep_, timestep);
    published_timestep_.store(timestep, std::memory_order_release);
    return;
  }
  if (rows > capacity_ - row_ && !room_for_all(timestep, rows)) return;
  for (std::uint64_t done = 0; done < rows;) {
    if (row_ == capacity_ && !enter_next_block(timestep, rows - done)) return;
    const auto piece = static_cast<std::uint32_t>(std::min<std::uint64_t>(rows - done, capacity_ - row_));
    copy_columns(*block_, row_, stream.spec, columns, timestep, done, piece);
    publish(timestep, piece);
    done += piece;
  }
}

bool Lane::make_room_for_one(std::int64_t timestep) noexcept {
  return accepts(timestep, 1) && (row_ != capacity_ || enter_next_block(timestep, 1));
}

std::uint64_t Lane::rows_recorded() const noexcept {
  return offered_.load(std::memory_order_relaxed) - dropped_.load(std::memory_order_relaxed);
}

// Sparse rows are dropped by whole timesteps, so the blocks for all of them come first. Under `block` a lane does not wait
// while it keeps blocks that others may be waiting for: a batch of more than the next block is recorded as space comes.
bool Lane::room_for_all(std::int64_t timestep, std::uint64_t rows) noexcept {
  if (stream_.spec.has_timesteps && timestep == dropped_timestep_) {
    drop(timestep, rows, drop_cause());
    return false;
  }
  const bool waits_without_limit = stream_.rules.overflow == Overflow::block && waits_for_space();
  std::uint64_t room = capacity_ - row_;
  while (room < rows) {
    const bool may_wait = !waits_without_limit || spare_.empty();
    Block* const block = take_block(may_wait);
    if (block == nullptr) {
      if (!may_wait && waits_for_space()) return true;
      while (Block* const spare = spare_.pop()) stream_.parts->blocks.release(spare);
      dropped_timestep_ = timestep;
      drop(timestep, rows, drop_cause());
      return false;
    }
    room += block->capacity;
    spare_.push(*block);
  }
  return true;
}

bool Lane::enter_next_block(std::int64_t timestep, std::uint64_t rows) noexcept {
  Block* const next = spare_.empty() ? take_block() : spare_.pop();
  if (next == nullptr) {
    drop(timestep, rows, drop_cause());
    return false;
  }
  prepare(*next, block_);
  if (block_ == nullptr) {
    first_block.store(next, std::memory_order_release);
  } else {
    block_->next.store(next, std::memory_order_release);
  }
  enter(next);
  return true;
}

// The lanes of a partitioned row share their blocks. Whoever reaches a row first that has no block yet decides for all:
// the next block, or the row is dropped. `decision` counts the dropped rows, so that each lane drops the same ones.
bool Lane::enter_next_shared_block(std::int64_t timestep) noexcept {
  for (;;) {
    std::uint64_t decision = block_->decision.load(std::memory_order_acquire);
    if (dropped_here_ < decision >> 1) {
      ++dropped_here_;
      add<std::uint64_t>(offered_, 1);
      add<std::uint64_t>(dropped_, 1);
      last_timestep_ = std::max(last_timestep_, timestep);
      return false;
    }
    if ((decision & 1) != 0) {
      Block* const next = block_->next.load(std::memory_order_acquire);
      block_sequence.store(next->sequence, std::memory_order_release);
      enter(next);
      dropped_here_ = 0;
      stalled_ = false;
      return true;
    }
    if (propose_block() != nullptr) {
      if (block_->decision.compare_exchange_strong(decision, decision | 1, std::memory_order_acq_rel) && decision != 0)
        list([&] { stream_.gaps.close(&stream_); });
    } else if (block_->decision.compare_exchange_strong(decision, decision + 2, std::memory_order_acq_rel)) {
      list([&] {
        stream_.gaps.add(&stream_, timestep, 1, drop_cause());
        if ((block_->decision.load(std::memory_order_acquire) & 1) != 0) stream_.gaps.close(&stream_);
      });
      stream_.warn_of_columns_without_handle();
    }
  }
}

// The block after this one, of whichever lane got one first; nullptr when there is none to be had.
Block* Lane::propose_block() noexcept {
  if (Block* const next = block_->next.load(std::memory_order_acquire)) return next;
  Block* const mine = take_block();
  if (mine == nullptr) return block_->next.load(std::memory_order_acquire);
  prepare(*mine, block_);
  Block* winner = nullptr;
  if (block_->next.compare_exchange_strong(winner, mine, std::memory_order_acq_rel)) return mine;
  stream_.parts->blocks.release(mine);
  return winner;
}

Block* Lane::take_block(bool may_wait) noexcept {
  const auto now = sync::Clock::now();
  fast_ = capacity_ != 0 && now - entered_ < std::chrono::milliseconds(250);
  const BlockPool& pool = stream_.parts->blocks;
  if (pool.under_pressure() || (fast_ && pool.runs_dry())) stream_.parts->wake_workers();  // they may be taking a nap
  entered_ = now;
  Block* block = try_take_block();
  if (block == nullptr && may_wait && waits_for_space() && !Reporter::is_telling()) block = wait_for_block();
  if (block != nullptr) stream_.shape_block(*block, rows_in_blocks());
  return block;
}

bool Lane::waits_for_space() const noexcept {
  return stream_.rules.overflow.kind() == Overflow::Kind::block &&
         !stream_.parts->drops_for_disk.load(std::memory_order_relaxed);
}

// Rows that the blocks taken so far hold once they are full.
std::uint64_t Lane::rows_in_blocks() const noexcept {
  if (is_columns_) return block_->first_row + block_->capacity;
  return rows_recorded() + (capacity_ - row_) + spare_.rows();
}

Block* Lane::try_take_block() noexcept {
  BlockPool& pool = stream_.parts->blocks;
  if (stream_.needs_own_run()) return own_->try_take();
  const bool fits_small = stream_.rows_in(kSmallBlockBytes) != 0;
  Block* block = fast_ ? pool.try_large() : nullptr;
  if (block == nullptr) block = own_->try_take();
  if (block == nullptr && fits_small) block = pool.try_small();
  if (block == nullptr && !fast_) block = pool.try_large();
  return block;
}

Block* Lane::wait_for_block() noexcept {
  const auto start = sync::Clock::now();
  const auto limit = stream_.rules.overflow.limit();
  const auto end = limit == std::chrono::nanoseconds::max() ? sync::Clock::time_point::max() : start + limit;
  // Space that silent lanes hold comes back only when they speak: wait for them once, not for ever.
  auto behind = rows_of_lanes_behind();
  if (behind && stalled_) return nullptr;
  add<std::uint64_t>(waits_, 1);
  const ProfiledScope scope(stream_.parts->profile.get(), "wait", stream_.spec.path);
  const WaitsForWorkers waits(*stream_.parts);
  const Block* const here = block_;
  const auto give_up = [&] {
    return stream_.phase() != StreamState::Phase::recording || !waits_for_space() ||
           (is_columns_ && here->next.load(std::memory_order_acquire) != nullptr);
  };
  Block* block = nullptr;
  for (bool silent = false; !silent;) {
    const auto now = sync::Clock::now();
    const auto deadline = behind ? std::min(end, now + stream_.parts->commit_interval) : end;
    block = stream_.parts->blocks.wait([this] { return try_take_block(); }, give_up, deadline);
    if (block != nullptr || !behind || give_up() || sync::Clock::now() >= end) break;
    const auto before = std::exchange(behind, rows_of_lanes_behind());
    silent = behind == before;
  }
  const auto waited = sync::Clock::now() - start;
  add<std::int64_t>(waited_ns_, std::chrono::duration_cast<std::chrono::nanoseconds>(waited).count());
  stalled_ = block == nullptr;
  return block;
}

// Of the lane of this partitioned row that is furthest behind this one; nothing where none is.
std::optional<std::uint64_t> Lane::rows_of_lanes_behind() const noexcept {
  return is_columns_ ? stream_.rows_of_lanes_behind(*this) : std::nullopt;
}

void Lane::prepare(Block& block, const Block* before) noexcept {
  block.first_row = before == nullptr ? 0 : before->first_row + before->capacity;
  block.sequence = before == nullptr ? 1 : before->sequence + 1;
  block.decimation = next_decimation();
  block.consumed = 0;
  block.committed.store(0, std::memory_order_relaxed);
  block.next.store(nullptr, std::memory_order_relaxed);
  block.decision.store(0, std::memory_order_relaxed);
  block.references.store(1, std::memory_order_relaxed);
  if (is_columns_) std::fill_n(block.timesteps(), block.capacity, INT64_MIN);
}

void Lane::enter(Block* block) noexcept {
  block_ = block;
  row_ = 0;
  capacity_ = block->capacity;
  decimation_ = block->decimation;
}

std::uint32_t Lane::next_decimation() const noexcept {
  if (stream_.rules.overflow.kind() != Overflow::Kind::decimate) return 1;
  constexpr std::uint32_t kMost = 1U << 20;
  const BlockPool& pool = stream_.parts->blocks;
  if (pool.under_pressure()) return std::min(decimation_ * 2, kMost);
  return pool.used_bytes() < pool.bytes() / 2 ? std::max(decimation_ / 2, 1U) : decimation_;
}

void Lane::publish(std::int64_t timestep, std::uint32_t rows) noexcept {
  if (is_columns_) return publish_columns(timestep);
  if (stream_.rules.dense) block_->timesteps()[row_] = timestep;
  row_ += rows;
  last_timestep_ = std::max(last_timestep_, timestep);
  add<std::uint64_t>(offered_, rows);
  block_->committed.store(row_, std::memory_order_release);
  published_timestep_.store(timestep, std::memory_order_release);
  if (row_ == capacity_) stream_.parts->ready.push(stream_.shared_from_this());
  if (in_gap_) [[unlikely]]
    end_gap();
}

void Lane::publish_columns(std::int64_t timestep) noexcept {
  if (!agrees_on_timestep(timestep)) [[unlikely]]
    return drop_behind_fault(timestep);
  ++row_;
  last_timestep_ = std::max(last_timestep_, timestep);
  add<std::uint64_t>(offered_, 1);
  published_timestep_.store(timestep, std::memory_order_release);
  rows_done.store(block_->first_row + row_, std::memory_order_release);
  if (row_ == capacity_) stream_.parts->ready.push(stream_.shared_from_this());
  if (in_gap_) [[unlikely]]
    end_gap();
}

// The first lane writes the timestep of a row, the others must agree: they would be recording into another's row. A lane
// that does not agree stays before this row, so that no later one becomes complete.
bool Lane::agrees_on_timestep(std::int64_t timestep) noexcept {
  std::int64_t found = INT64_MIN;
  const sync::AtomicRef<std::int64_t> shared(block_->timesteps()[row_]);
  if (shared.compare_exchange_strong(found, timestep, std::memory_order_relaxed) || found == timestep) return true;
  stream_.end_at_fault(rows_done.load(std::memory_order_relaxed), std::min(timestep, found));
  const auto why = [&] {
    return fmt::format(
        "the columns from {} on come with timestep {}, but other columns of this row came with {}; each thread has to "
        "record every timestep; this row and all that follow are dropped",
        first_value_, timestep, found);
  };
  tell(timestep, ErrorCode::timestep_order, why);
  return false;
}

// The list of gaps gets these rows at the end, when it is known how many they are for all lanes.
void Lane::drop_behind_fault(std::int64_t timestep) noexcept {
  add<std::uint64_t>(offered_, 1);
  add<std::uint64_t>(dropped_, 1);
  last_timestep_ = std::max(last_timestep_, timestep);
  published_timestep_.store(last_timestep_, std::memory_order_release);
}

DropCause Lane::drop_cause() const noexcept {
  if (stream_.phase() != StreamState::Phase::recording) return DropCause::error;
  if (stream_.rules.overflow.kind() != Overflow::Kind::block) return DropCause::overflow;
  return waits_for_space() ? DropCause::timeout : DropCause::disk;
}

void Lane::drop(std::int64_t timestep, std::uint64_t rows, DropCause cause) noexcept {
  add<std::uint64_t>(offered_, rows);
  add<std::uint64_t>(dropped_, rows);
  if (!is_columns_ || first_value_ == 0) add_gap(timestep, rows, cause);
  last_timestep_ = std::max(last_timestep_, timestep);
}

// A gap says nothing of timesteps that were recorded: what goes back is a gap of its own.
void Lane::add_gap(std::int64_t timestep, std::uint64_t rows, DropCause cause) noexcept {
  if (goes_back(timestep)) return list([&] { stream_.gaps.add_alone(timestep, timestep, rows, cause); });
  list([&] { stream_.gaps.add(this, timestep, rows, cause); });
  in_gap_ = true;
  gap_cause_ = cause;
}

void Lane::end_gap() noexcept {
  if (gap_cause_ == DropCause::decimate && decimation_ != 1) return;
  in_gap_ = false;
  list([&] { stream_.gaps.close(this); });
}

// Whether it is the first one of this handle.
bool Lane::count_rejected(std::int64_t timestep, std::uint64_t rows) noexcept {
  if (stream_.phase() == StreamState::Phase::finished) {
    stream_.episode->count_without_stream(rows);
  } else {
    add<std::uint64_t>(rejected_, rows);
  }
  if (stream_.is_recording() && rows != 0) add_gap(timestep, rows, DropCause::invalid);
  return !std::exchange(reported_, true);
}

void Lane::add_to(StreamStats& stats) const noexcept {
  const auto value = [](const auto& counter) { return counter.load(std::memory_order_relaxed); };
  stats.rows_offered += value(offered_) + value(rejected_);
  stats.rows_dropped += value(dropped_) + value(rejected_);
  stats.rows_rejected += value(rejected_);
  stats.waits += value(waits_);
  stats.waited += std::chrono::nanoseconds(value(waited_ns_));
}

}  // namespace neurotape::detail
