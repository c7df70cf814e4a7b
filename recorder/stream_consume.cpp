/// \file
/// The workers' side of a stream: rows from blocks to chunks.

#include <algorithm>
#include <bit>
#include <numeric>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "recorder/chunk_layout.hpp"
#include "recorder/episode_core.hpp"
#include "recorder/failures.hpp"
#include "recorder/lane.hpp"
#include "recorder/nan.hpp"
#include "recorder/stream_state.hpp"
#include "recorder/sync.hpp"

namespace neurotape {
namespace {

bool is_full(const Block& block, std::uint32_t committed) { return committed == block.capacity; }

/// Rows that wait in the blocks of a lane.
std::uint64_t rows_waiting_in(const detail::Lane& lane) {
  std::uint64_t rows = 0;
  const Block* block =
      lane.reader.block != nullptr ? lane.reader.block : lane.first_block.load(std::memory_order_acquire);
  for (; block != nullptr; block = block->next.load(std::memory_order_acquire))
    rows += block->committed.load(std::memory_order_acquire) - block->consumed;
  return rows;
}

}  // namespace

// One worker at a time. What cannot be done to the end, for lack of memory, may have given some columns more rows than
// others: nothing of the episode leaves here any more.
template <class Action>
auto StreamState::work_alone(WorkSink& work, Action action) {
  const std::lock_guard lock(mutex_);
  work_ = &work;
  try {
    return action();
  } catch (const std::exception& error) {
    episode->fail(as_error("taking rows from a stream", error));
    builders_.clear();
    throw;
  }
}

bool StreamState::consume(WorkSink& work, Take take) {
  return work_alone(work, [&] { return consume_locked(take); });
}

bool StreamState::consume_locked(Take take) {
  refresh_readers();
  if (take != Take::everything && !layout_ && rows_waiting() == 0) return false;
  ensure_layout(take);
  if (phase() == Phase::failed) builders_.clear();
  const std::uint64_t before = rows_;
  if (partitioned()) {
    consume_partition(take);
  } else if (readers_.size() == 1) {
    consume_chain(*readers_.front(), take);
  } else {
    consume_merged(take);
  }
  return rows_ != before;
}

void StreamState::refresh_readers() {
  const std::lock_guard lock(lanes_mutex_);
  for (std::size_t i = readers_.size(); i < lanes_.size(); ++i) readers_.push_back(lanes_[i].get());
}

std::uint64_t StreamState::rows_waiting() const {
  if (partitioned()) return complete_rows() - rows_ - rows_dropped_later_.load(std::memory_order_relaxed);
  std::uint64_t rows = 0;
  for (const detail::Lane* lane : readers_) rows += rows_waiting_in(*lane);
  return rows;
}

void StreamState::ensure_layout(Take take) {
  if (layout_) return;
  const std::uint64_t rows = rows_waiting();
  const auto elapsed =
      std::max<std::chrono::nanoseconds>(sync::Clock::now() - declared_at_, std::chrono::milliseconds(1));
  LayoutRequest request;
  request.dense = rules.dense;
  request.chunk_rows = rules.chunk_rows;
  request.block_rows = rows_in(kSlabBytes);
  request.rows_per_interval = static_cast<std::uint64_t>(
      static_cast<double>(rows) * (std::chrono::duration<double>(parts->commit_interval) / elapsed));
  if (take == Take::everything && phase() == Phase::finished && rules.validate.nan != NanPolicy::reject)
    request.final_rows = static_cast<std::int64_t>(rows);
  // Open chunks have half of the buffers, encoded ones the rest: the more there are, the smaller are new ones.
  const std::size_t room = parts->buffers.budget_bytes() / 2;
  const std::size_t claimed = std::min(room, parts->buffers.claimed_bytes());
  request.largest_chunk_bytes =
      std::clamp(std::bit_floor((room - claimed) / 8 + 1), kSmallestChunkBytes, kLargestChunkBytes);
  layout_ = choose_layout(spec, rules.codec, *parts->codecs, request);
  for (std::uint32_t i = 0; i < spec.columns.size(); ++i)
    builders_.emplace_back(i, spec.columns[i], layout_->columns[i], parts->buffers);
  block_alignment_.store(layout_->columns[layout_->index_column].chunk_rows, std::memory_order_relaxed);
  write(DeclareItem{*layout_});
}

// One lane: block after block, in the order in which they were filled. Those that were there at first: a lane fills
// blocks again as fast as they come back.
void StreamState::consume_chain(detail::Lane& lane, Take take) {
  std::uint64_t left = rows_waiting_in(lane);
  Block*& block = lane.reader.block;
  if (block == nullptr) block = lane.first_block.load(std::memory_order_acquire);
  while (block != nullptr) {
    const auto committed = block->committed.load(std::memory_order_acquire);
    if (take == Take::full_blocks && !is_full(*block, committed)) return;
    const std::uint64_t rows = committed - block->consumed;
    emit(block, block->consumed, committed);
    block->consumed = committed;
    if (!is_full(*block, committed)) return;
    Block* const next = block->next.load(std::memory_order_acquire);
    if (next == nullptr) return;  // the lane may still be about to set it
    release_block(std::exchange(block, next));
    if (rows >= left) return;
    left -= rows;
  }
}

// A partitioned row: the rows that all lanes have recorded.
void StreamState::consume_partition(Take take) {
  const std::uint64_t complete = complete_rows();
  std::uint64_t slowest = UINT64_MAX;
  for (std::size_t i = 1; i < readers_.size(); ++i)
    slowest = std::min(slowest, readers_[i]->block_sequence.load(std::memory_order_acquire));
  for (Block* block = partition_reader_; block != nullptr;) {
    const std::uint64_t there = complete > block->first_row ? complete - block->first_row : 0;
    const auto rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(there, block->capacity));
    if (take != Take::full_blocks || rows == block->capacity) {
      emit(block, block->consumed, rows);
      block->consumed = rows;
    }
    if (block->consumed < block->capacity) return;
    Block* const next = block->next.load(std::memory_order_acquire);
    if (next == nullptr || (block->decision.load(std::memory_order_acquire) & 1) == 0) return;
    if (block->sequence >= slowest) return;  // a lane may still read where to go from here
    partition_reader_ = next;
    if (block != &partition_head_) release_block(block);
    block = next;
  }
}

// The smallest timestep that a lane may still record: rows from there on wait for it. A lane that was idle since the
// last commit holds nothing back, and none does when space is short.
std::int64_t StreamState::watermark(Take take) const {
  if (take == Take::everything || parts->blocks.under_pressure()) return INT64_MAX;
  std::int64_t mark = INT64_MAX;
  for (const detail::Lane* lane : readers_)
    if (lane->last_timestep() > lane->reader.timestep_at_last_commit) mark = std::min(mark, lane->last_timestep());
  return mark;
}

// Several lanes, merged by timestep, each with the rows that it had at first. A run of rows of one lane that no other
// lane's rows interrupt is taken as a whole.
void StreamState::consume_merged(Take take) {
  const std::int64_t limit = watermark(take);
  struct Head {
    detail::Lane* lane;
    std::uint64_t left;
    std::uint32_t committed;
    std::int64_t timestep;
  };
  std::vector<Head> heads;
  const auto find_head = [&](Head& head) {
    Block*& block = head.lane->reader.block;
    if (block == nullptr) block = head.lane->first_block.load(std::memory_order_acquire);
    while (block != nullptr) {
      head.committed = block->committed.load(std::memory_order_acquire);
      if (block->consumed < head.committed) {
        if (head.left == 0) return false;
        head.committed =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(head.committed, block->consumed + head.left));
        head.timestep = block->timesteps()[block->consumed];
        return head.timestep < limit || limit == INT64_MAX;
      }
      Block* const next = is_full(*block, head.committed) ? block->next.load(std::memory_order_acquire) : nullptr;
      if (next == nullptr) return false;
      release_block(std::exchange(block, next));
    }
    return false;
  };
  for (detail::Lane* lane : readers_)
    if (Head head{lane, rows_waiting_in(*lane), 0, 0}; find_head(head)) heads.push_back(head);
  while (!heads.empty()) {
    const auto first = std::min_element(heads.begin(), heads.end(),
                                        [](const Head& a, const Head& b) { return a.timestep < b.timestep; });
    std::int64_t until = limit;
    for (const Head& head : heads)
      if (&head != &*first) until = std::min(until, std::max(head.timestep, first->timestep + 1));
    Block* const block = first->lane->reader.block;
    const std::int64_t* const timesteps = block->timesteps();
    const std::uint32_t from = block->consumed;
    std::uint32_t to = from + 1;
    while (to < first->committed && (timesteps[to] < until || until == INT64_MAX)) ++to;
    emit(block, from, to);
    block->consumed = to;
    first->left -= to - from;
    if (!find_head(*first)) heads.erase(first);
  }
}

void StreamState::emit(Block* block, std::uint32_t from, std::uint32_t to) {
  if (from == to || phase() == Phase::failed) return;
  if (rules.dense && rules.validate.nan == NanPolicy::reject && is_floating(spec.columns[1].dtype)) {
    emit_without_nans(block, from, to);
  } else {
    emit_rows(block, from, to);
  }
}

void StreamState::emit_without_nans(Block* block, std::uint32_t from, std::uint32_t to) {
  const ColumnSpec& column = spec.columns[1];
  const std::size_t bytes = column.row_bytes();
  for (std::uint32_t row = from; row < to; ++row) {
    const auto nans = count_nans({block->column(1) + row * bytes, bytes}, column.dtype);
    if (nans == 0) {
      gaps.close(this);
      emit_rows(block, row, row + 1);
      continue;
    }
    nan_values.fetch_add(nans, std::memory_order_relaxed);
    rows_dropped_later_.fetch_add(1, std::memory_order_relaxed);
    gaps.add(this, block->timesteps()[row], 1, DropCause::nan);
  }
}

// Pieces end where a chunk of the index column ends, so that each chunk has its range of timesteps.
void StreamState::emit_rows(Block* block, std::uint32_t from, std::uint32_t to) {
  if (rules.precision) round_rows(block, from, to);
  const std::uint64_t chunk_rows = layout_->columns[layout_->index_column].chunk_rows;
  while (from < to) {
    const auto rows = std::min<std::uint64_t>(to - from, chunk_rows - index_fill_);
    for (std::size_t i = 0; i < builders_.size(); ++i)
      if (const auto bytes = spec.columns[i].row_bytes(); bytes != 0)
        builders_[i].append(*this, block, block->column(i) + from * bytes, rows);
    if (spec.has_timesteps) count_timesteps(block->timesteps() + from, rows);
    if (rules.sum_values) {
      const auto* const values = reinterpret_cast<const double*>(block->column(1)) + from;
      sum_of_values_ = std::accumulate(values, values + rows, sum_of_values_);
    }
    rows_ += rows;
    index_fill_ += rows;
    from += static_cast<std::uint32_t>(rows);
    if (index_fill_ == chunk_rows) close_index_chunk();
  }
}

// In their block: what lanes have published is the workers', and each row comes here once.
void StreamState::round_rows(Block* block, std::uint32_t from, std::uint32_t to) noexcept {
  double largest = largest_error.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < spec.columns.size(); ++i) {
    const ColumnSpec& column = spec.columns[i];
    if (column.text_bytes != 0 || !is_floating(column.dtype)) continue;
    const auto bytes = column.row_bytes();
    largest = std::max(
        largest, round_values({block->column(i) + from * bytes, (to - from) * bytes}, column.dtype, rules.precision));
  }
  largest_error.store(largest, std::memory_order_relaxed);
}

void StreamState::count_timesteps(const std::int64_t* timesteps, std::uint64_t rows) {
  std::uint64_t late = 0;
  std::int64_t last = last_timestep_;
  for (std::uint64_t i = 0; i < rows; ++i) {
    late += timesteps[i] < last ? 1U : 0U;
    last = std::max(last, timesteps[i]);
  }
  last_timestep_ = last;
  const bool sorted = late == 0;
  index_first_ = std::min(index_first_, sorted ? timesteps[0] : *std::min_element(timesteps, timesteps + rows));
  index_last_ = std::max(index_last_, sorted ? timesteps[rows - 1] : *std::max_element(timesteps, timesteps + rows));
  first_timestep_ = std::min(first_timestep_, index_first_);
  if (sorted) return;
  late_rows_.fetch_add(late, std::memory_order_relaxed);
  unsorted.store(true, std::memory_order_relaxed);
}

void StreamState::close_index_chunk() {
  if (spec.has_timesteps) write(IndexItem{index_first_, index_last_, index_fill_});
  index_fill_ = 0;
  index_first_ = INT64_MAX;
  index_last_ = INT64_MIN;
}

bool StreamState::mark(WorkSink& work, const std::shared_ptr<Epoch>& epoch, Take take) {
  return work_alone(work, [&] {
    if (!is_recording()) return false;  // finish() gives the rest
    consume_locked(take);
    for (detail::Lane* lane : readers_) lane->reader.timestep_at_last_commit = lane->last_timestep();
    auto lost = gaps.take(spec.path);
    if (rows_ == rows_marked_ && lost.empty()) return false;
    ensure_layout(take);
    for (auto& gap : lost) write(std::move(gap));
    for (auto& builder : builders_) builder.send_open_rows(*this);
    write(MarkItem{epoch, rows_, open_rows_hash(), last_timestep_});
    rows_marked_ = rows_;
    return true;
  });
}

void StreamState::finish(WorkSink& work) {
  work_alone(work, [&] {
    consume_locked(Take::everything);
    drop_incomplete_rows();
    for (auto& gap : gaps.take(spec.path)) write(std::move(gap));
    for (auto& builder : builders_) builder.finish(*this);
    if (index_fill_ != 0) close_index_chunk();
    write(rows_ == 0 ? EndItem{} : EndItem{rows_, first_timestep_, last_timestep_, sum_of_values_});
    give_back_blocks();
    builders_.clear();  // handles may keep the stream for long, and not what its chunks claim
  });
}

std::uint64_t StreamState::rows_taken() const {
  const std::lock_guard lock(mutex_);
  return rows_;
}

std::int64_t StreamState::last_timestep() const {
  const std::lock_guard lock(mutex_);
  return last_timestep_;
}

// No lane records any more: what its chain still holds goes back, jobs that read it apart.
void StreamState::give_back_blocks() {
  const auto release_chain = [&](Block*& block) {
    while (block != nullptr) release_block(std::exchange(block, block->next.load(std::memory_order_acquire)));
  };
  if (partitioned()) {
    if (partition_reader_ == &partition_head_) partition_reader_ = partition_head_.next.load(std::memory_order_acquire);
    release_chain(partition_reader_);
  }
  for (detail::Lane* lane : readers_) {
    if (lane->reader.block == nullptr) lane->reader.block = lane->first_block.load(std::memory_order_acquire);
    release_chain(lane->reader.block);
    lane->first_block.store(nullptr, std::memory_order_release);
    lane->own_blocks.retire();
  }
}

void StreamState::release_block(Block* block) noexcept { BlockReference::drop(block, &parts->blocks); }

std::uint64_t StreamState::open_rows_hash() const {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  for (const auto& builder : builders_) {
    const auto bytes = builder.open_bytes();
    XXH3_64bits_update(&state, bytes.data(), bytes.size());
  }
  return XXH3_64bits_digest(&state);
}

void StreamState::write(decltype(StreamItem::what) what) {
  work_->write({shared_from_this(), next_order_++, std::move(what)});
}

void StreamState::chunk(const ChunkPlace& place, const std::byte* raw, std::size_t bytes, Block* block,
                        BufferHandle buffer) {
  EncodeJob job;
  job.stream = shared_from_this();
  job.order = next_order_++;
  job.place = place;
  job.place.stream = id;
  job.raw = raw;
  job.raw_bytes = bytes;
  job.block = BlockReference(block, &parts->blocks);
  job.buffer = std::move(buffer);
  work_->encode(std::move(job));
}

void StreamState::open_rows(const OpenRows& place, BufferHandle buffer, const std::byte* raw, std::size_t bytes) {
  OpenRows placed = place;
  placed.stream = id;
  write(OpenRowsItem{placed, std::move(buffer), raw, bytes});
}

}  // namespace neurotape
