#pragma once
/// \file
/// A stream: what it records, its lanes, and the way of its rows into chunks.

#include <chrono>
#include <concurrentqueue/concurrentqueue.h>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include "neurotape/options.hpp"
#include "neurotape/stats.hpp"
#include "neurotape/streams.hpp"
#include "recorder/block_pool.hpp"
#include "recorder/buffer_pool.hpp"
#include "recorder/column_builder.hpp"
#include "recorder/gap_log.hpp"
#include "recorder/profile.hpp"
#include "recorder/reporter.hpp"
#include "recorder/rounding.hpp"
#include "recorder/stream_spec.hpp"
#include "recorder/sync.hpp"
#include "recorder/work.hpp"

namespace neurotape {

namespace detail {
class Lane;
}
class EpisodeCore;

/// How a stream treats what it is given.
struct StreamRules {
  bool dense = false;
  bool sum_values = false;  ///< rewards: their sum is the return
  std::int64_t every = 1;
  std::uint64_t source_values = 0;              ///< dense: values of the row that is handed over
  std::vector<std::uint64_t> selected_columns;  ///< dense: those of them that are recorded; empty: all
  std::uint64_t id_limit = 0;                   ///< sparse, first column after the timesteps: ids are below it; 0: any
  std::uint64_t chunk_rows = 0;
  Codec codec = Codec::none();
  Precision precision;  ///< of floating-point columns
  Overflow overflow = Overflow::block;
  Validate validate;
};

/// How far a consumer goes.
enum class Take : std::uint8_t {
  full_blocks,  ///< what fills blocks
  interval,     ///< a commit: all, but rows of lanes that run ahead of others wait for these
  everything,   ///< flush and finish
};

/// Streams with full blocks, on their way to the workers.
/// Thread safety: any thread. Lock-free; a lane that fills a block makes no system call.
class ReadyQueue {
 public:
  explicit ReadyQueue(std::size_t blocks) : queue_(blocks) {}
  void push(std::shared_ptr<StreamState> stream) { queue_.enqueue(std::move(stream)); }
  std::shared_ptr<StreamState> pop() {
    std::shared_ptr<StreamState> stream;
    queue_.try_dequeue(stream);
    return stream;
  }

 private:
  moodycamel::ConcurrentQueue<std::shared_ptr<StreamState>> queue_;
};

/// What the streams of a recorder share. Lives as long as the last handle.
class RecorderParts {
 public:
  RecorderParts(std::size_t ring_bytes, std::size_t buffer_bytes, std::function<void(const Error&)> on_error)
      : blocks(ring_bytes),
        buffers(buffer_bytes),
        ready(ring_bytes / kSmallBlockBytes),
        reporter(std::move(on_error)) {}

  /// Not in a forked child: there are no threads there, and locks may be held for ever. Such a process must touch nothing.
  bool are_ours() const noexcept { return ::getpid() == owner_; }
  /// \throws Error closed in a forked child
  void require_own_process() const;

  BlockPool blocks;
  BufferPool buffers;
  ReadyQueue ready;
  Reporter reporter;
  const CodecLibrary* codecs = nullptr;
  std::unique_ptr<Profile> profile;  ///< nullptr: none is made
  std::chrono::nanoseconds commit_interval{};
  std::string experiment;
  std::function<void()> wake_workers;
  sync::Atomic<int> waiting{0};             ///< lanes for space, callers of flush() and close()
  sync::Atomic<int> finishing_episodes{0};  ///< their blocks are on their way back
  sync::Atomic<std::uint64_t> rows_without_stream{0};
  sync::Atomic<bool> drops_for_disk{false};  ///< the disk is full, and lanes are not to wait for it
  sync::Atomic<bool> abandoned{false};       ///< work was lost: what is on its way may never come back

  /// Streams share them. One that learns is for the columns of this name, in all episodes.
  std::shared_ptr<const Encoder> encoder(const Codec& codec, const std::string& column, std::size_t element_bytes);

 private:
  const pid_t owner_ = ::getpid();
  sync::Mutex encoders_mutex_;
  std::map<std::pair<std::string, std::size_t>, std::shared_ptr<const Encoder>> encoders_;
};

/// As long as it lives, its thread waits for the workers, and they know.
class WaitsForWorkers {
 public:
  explicit WaitsForWorkers(RecorderParts& parts) : parts_(parts) {
    parts_.waiting.fetch_add(1);
    parts_.wake_workers();
  }
  WaitsForWorkers(const WaitsForWorkers&) = delete;
  WaitsForWorkers& operator=(const WaitsForWorkers&) = delete;
  ~WaitsForWorkers() { parts_.waiting.fetch_sub(1); }

 private:
  RecorderParts& parts_;
};

/// Thread safety: the members are grouped by who may touch them.
class StreamState final : public std::enable_shared_from_this<StreamState>, private ColumnBuilder::Output {
 public:
  enum class Phase : std::uint8_t {
    recording,
    columns_disagree,  ///< as recording, but rows from `faulty_row` on are dropped
    finished,
    failed
  };

  StreamState(StreamId id, StreamSpec spec, StreamRules rules, std::shared_ptr<RecorderParts> parts,
              std::shared_ptr<EpisodeCore> episode);
  ~StreamState();

  // Constant after declaration.
  const StreamId id;
  const StreamSpec spec;
  const StreamRules rules;
  const std::shared_ptr<RecorderParts> parts;
  const std::shared_ptr<EpisodeCore> episode;
  const std::size_t row_bytes;                                 ///< over all columns
  const std::vector<std::shared_ptr<const Encoder>> encoders;  ///< by column

  // Any thread.
  Phase phase() const noexcept { return phase_.load(std::memory_order_relaxed); }
  bool is_recording() const noexcept { return phase() <= Phase::columns_disagree; }
  void set_phase(Phase phase) noexcept;
  bool partitioned() const noexcept { return partitioned_.load(std::memory_order_acquire); }
  /// A further lane (the first one included). \throws Error memory_cap when its own blocks cannot be had
  std::shared_ptr<detail::Lane> add_lane();
  std::shared_ptr<detail::Lane> add_columns(std::uint64_t first, std::uint64_t count);
  StreamStats stats() const;
  /// Known when all its chunks are encoded.
  nlohmann::json late_attributes() const;
  std::uint64_t rows_taken() const;    ///< by the workers: those that are in chunks
  std::int64_t last_timestep() const;  ///< of the rows taken; the smallest number when there are none
  std::optional<Error> first_error() const;
  /// Says it, and keeps it for whoever finishes the episode.
  void tell(const Error& error) noexcept;
  ErrorContext context(std::optional<std::int64_t> timestep = {}) const;
  GapLog gaps;
  sync::Atomic<std::int64_t> committed_timestep{INT64_MIN};
  sync::Atomic<std::uint64_t> rows_committed{0};
  sync::Atomic<std::uint64_t> bytes_stored{0};
  sync::Atomic<std::uint64_t> nan_values{0};

  // Lanes: the shape of a block, and where a partitioned chain begins.
  /// \param rows_before of the lane, up to this block: it ends where a chunk ends, so that whole chunks are encoded in place
  void shape_block(Block& block, std::uint64_t rows_before) const noexcept;
  std::uint32_t rows_in(std::size_t block_bytes) const noexcept;
  /// Rows are wider than what the shared blocks can hold.
  bool needs_own_run() const noexcept { return rows_in(kSlabBytes) == 0; }
  Block* partition_head() noexcept { return &partition_head_; }
  /// Rows of the lane of a partitioned row that is furthest behind this one, 0 while columns have no handle; nothing where
  /// none is behind.
  std::optional<std::uint64_t> rows_of_lanes_behind(const detail::Lane& lane) const;
  /// The lanes disagree on the timestep of this row.
  void end_at_fault(std::uint64_t row, std::int64_t timestep);
  std::uint64_t faulty_row() const noexcept { return faulty_row_.load(std::memory_order_acquire); }
  /// Rows are dropped while columns have no handle.
  void warn_of_columns_without_handle() noexcept;
  /// All lanes rest: says which columns are to blame for rows that are not complete.
  void tell_incomplete_columns();

  // Workers.
  /// Moves rows from blocks to chunks. Returns true when there was something.
  bool consume(WorkSink& work, Take take);
  /// Ends a commit's share of this stream; false when nothing is new.
  bool mark(WorkSink& work, const std::shared_ptr<Epoch>& epoch, Take take);
  /// All lanes rest: the last rows, the last chunks, the end. The blocks go back.
  void finish(WorkSink& work);

  // The writer thread.
  struct WriterSide {
    std::uint64_t next_order = 0;
    std::map<std::uint64_t, StreamItem> early;  ///< items whose turn has not come
  };
  WriterSide writer;
  sync::Atomic<bool> unsorted{false};
  sync::Atomic<double> largest_error{0};  ///< made by rounding

 private:
  std::string chosen_codecs() const;
  template <class Action>
  auto work_alone(WorkSink& work, Action action);
  bool consume_locked(Take take);
  void refresh_readers();
  void ensure_layout(Take take);
  std::uint64_t rows_waiting() const;
  std::uint64_t complete_rows() const;
  void consume_chain(detail::Lane& lane, Take take);
  void consume_partition(Take take);
  void consume_merged(Take take);
  std::int64_t watermark(Take take) const;
  void emit(Block* block, std::uint32_t from, std::uint32_t to);
  void emit_without_nans(Block* block, std::uint32_t from, std::uint32_t to);
  void emit_rows(Block* block, std::uint32_t from, std::uint32_t to);
  void round_rows(Block* block, std::uint32_t from, std::uint32_t to) noexcept;
  void count_timesteps(const std::int64_t* timesteps, std::uint64_t rows);
  void close_index_chunk();
  void drop_incomplete_rows();
  std::vector<detail::Lane*> column_lanes() const;
  std::int64_t timestep_of(std::uint64_t row) const;
  void count_rows_of_columns(StreamStats& stats) const;
  void give_back_blocks();
  void release_block(Block* block) noexcept;
  std::uint64_t open_rows_hash() const;
  void write(decltype(StreamItem::what) what);

  // ColumnBuilder::Output
  void chunk(const ChunkPlace& place, const std::byte* raw, std::size_t bytes, Block* block,
             BufferHandle buffer) override;
  void open_rows(const OpenRows& place, BufferHandle buffer, const std::byte* raw, std::size_t bytes) override;

  sync::Atomic<Phase> phase_{Phase::recording};
  sync::Atomic<bool> partitioned_{false};
  sync::Atomic<std::uint64_t> block_alignment_{1};  ///< rows of a chunk

  mutable sync::Mutex lanes_mutex_;
  std::vector<std::unique_ptr<detail::Lane>> lanes_;
  std::optional<Error> first_error_;
  Block partition_head_;
  sync::Atomic<std::uint64_t> faulty_row_{UINT64_MAX};
  std::int64_t faulty_timestep_ = 0;
  sync::Atomic<std::uint64_t> columns_with_handle_{0};
  sync::Atomic<bool> warned_of_columns_{false};

  // Workers, under the mutex.
  mutable sync::Mutex mutex_;
  WorkSink* work_ = nullptr;            ///< of the call that holds the mutex
  std::vector<detail::Lane*> readers_;  ///< the lanes, as far as the workers know them
  std::optional<StreamLayout> layout_;
  std::vector<ColumnBuilder> builders_;
  std::uint64_t next_order_ = 0;
  std::uint64_t rows_ = 0;         ///< in chunks, open ones included
  std::uint64_t rows_marked_ = 0;  ///< at the last commit
  std::uint64_t index_fill_ = 0;   ///< rows in the open chunk of the index column
  std::int64_t index_first_ = INT64_MAX;
  std::int64_t index_last_ = INT64_MIN;
  std::int64_t first_timestep_ = INT64_MAX;
  std::int64_t last_timestep_ = INT64_MIN;
  double sum_of_values_ = 0;
  sync::Atomic<std::uint64_t> rows_dropped_later_{0};  ///< by the workers: NaNs, incomplete rows
  Block* partition_reader_ = nullptr;
  sync::Atomic<std::uint64_t> late_rows_{0};
  sync::Clock::time_point declared_at_;
};

}  // namespace neurotape
