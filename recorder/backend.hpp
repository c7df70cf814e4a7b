#pragma once
/// \file
/// What the recorder asks of whatever stores its episodes. Knows no file format.
///
/// Threads: everything here is called on the recorder's writer thread, one call at a time (`make_backend` and the
/// constructor apart, which the caller's thread runs). Failures are thrown as `Error`; afterwards the
/// object is only destroyed, and its destructor neither throws nor blocks.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neurotape/array.hpp"
#include "neurotape/error.hpp"
#include "neurotape/options.hpp"
#include "recorder/stream_spec.hpp"
#include "recorder/wall_clock.hpp"

namespace neurotape {

struct EpisodeInfo {
  std::uint64_t number = 0;
  std::string id;  ///< "episode_0003"
  std::string name;
  std::optional<std::uint64_t> seed;
  double dt = 0;
  std::string dt_unit;
  WallClock clock;  ///< made at the start; of all its times
  nlohmann::json attributes = nlohmann::json::object();
};

struct ChunkPlace {
  StreamId stream = 0;
  std::uint32_t column = 0;
  std::uint64_t chunk = 0;  ///< holds the rows from chunk * chunk_rows on
  std::uint32_t tile = 0;
  std::uint64_t rows = 0;  ///< rows in it: chunk_rows, but for the last chunk of a finished stream
};

/// Rows of the open chunk of a column: `first_row` counts within the chunk.
struct OpenRows {
  StreamId stream = 0;
  std::uint32_t column = 0;
  std::uint64_t chunk = 0;
  std::uint64_t first_row = 0;
  std::uint64_t rows = 0;
};

struct CommittedRows {
  StreamId stream = 0;
  std::uint64_t rows = 0;            ///< of the stream, all in all
  std::uint64_t open_rows_xxh3 = 0;  ///< of its open chunks, see docs/format.md
  bool sorted = true;                ///< false: some rows came late
};

struct Gap {
  std::string stream;  ///< path of the group
  std::int64_t first_timestep = 0;
  std::int64_t last_timestep = 0;
  std::uint64_t rows = 0;
  std::string cause;
};

struct EpisodeEnd {
  std::string status;  ///< "complete" or "aborted"
  WallTime ended;
  nlohmann::json attributes = nlohmann::json::object();  ///< set after the start
  std::vector<StreamId> unsorted;                        ///< streams with late rows
  std::map<StreamId, nlohmann::json> of_streams;         ///< attributes of streams, set after they were declared
  std::int64_t first_timestep = 0;
  std::int64_t last_timestep = -1;
  double sum_of_rewards = 0;
};

/// Stores one episode. The order of calls: `declare_stream` before anything else of that stream; chunks of a
/// column in order; the open rows of a chunk grow; then its finished chunk; `end_rows` of each stream;
/// `finish` or `discard` last. `finishing` comes before everything that finishing brings.
class EpisodeSink {
 public:
  virtual ~EpisodeSink() = default;

  virtual void declare_stream(StreamId id, const StreamSpec& spec, const StreamLayout& layout) = 0;
  /// A finished chunk, encoded; `stored` is valid during the call only.
  virtual void write_chunk(const ChunkPlace& place, std::span<const std::byte> stored, std::uint32_t filter_mask) = 0;
  /// Rows added to an open chunk, raw.
  virtual void write_open_rows(const OpenRows& place, std::span<const std::byte> raw) = 0;
  /// One more finished chunk of the stream's index column.
  virtual void index_chunk(StreamId id, std::int64_t first_timestep, std::int64_t last_timestep,
                           std::uint64_t rows) = 0;
  virtual void add_gap(const Gap& gap) = 0;
  /// Makes everything written so far readable: these streams now have so many rows.
  virtual void commit(std::span<const CommittedRows> rows) = 0;

  /// The episode is about to finish, with at most so many raw bytes over all its life.
  virtual void finishing(std::uint64_t raw_bytes) = 0;
  /// The stream is complete with so many rows.
  virtual void end_rows(StreamId id, std::uint64_t rows) = 0;
  virtual void finish(const EpisodeEnd& end) = 0;
  /// Leaves nothing of the episode behind.
  virtual void discard() = 0;
};

/// What came of a commit of the run. Nothing in it keeps the next commit from succeeding.
struct CommitResult {
  std::vector<std::uint64_t> lost;  ///< episodes whose share of it is not stored
  std::optional<Error> why_lost;
  std::vector<Error> put_off;  ///< what failed, loses nothing, and is tried again
};

/// What the thread that writes tells of a disk without space.
class DiskListener {
 public:
  virtual ~DiskListener() = default;
  /// From here on the backend waits.
  virtual void disk_is_full(const Error& error) = 0;
  virtual void disk_has_space() = 0;
  /// Whether nobody wants to wait any longer.
  virtual bool gives_up() const = 0;
};

/// Of the memory between the simulation and the disk, for whoever watches the run.
struct RingUse {
  std::uint64_t bytes = 0;
  std::uint64_t used_bytes = 0;
  std::uint64_t peak_bytes = 0;  ///< since the recorder began
  friend bool operator==(const RingUse&, const RingUse&) = default;
};

/// What a run is told of at its start.
struct RunInfo {
  std::string name;  ///< of the experiment
  double dt = 0;
  std::string dt_unit;
};

/// Stores one run.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual const std::filesystem::path& path() const noexcept = 0;
  virtual RunInfo info() const = 0;
  virtual std::uint64_t next_episode_number() const = 0;  ///< at the start
  virtual const CodecLibrary& codecs() const noexcept = 0;
  /// What does not hold in the place where the run is.
  virtual std::vector<Error> limits() const { return {}; }
  /// Of the disk, for this user. Any thread; nothing where the system cannot tell.
  virtual std::optional<std::uint64_t> free_bytes() const noexcept { return std::nullopt; }
  /// Whom to tell, from now on; nullptr: nobody. Not while it writes.
  virtual void listen(DiskListener* listener) = 0;

  virtual void save_config(const nlohmann::json& config) = 0;
  /// `table`: "neurons" or "connections".
  virtual void save_network(std::string_view table, std::span<const NamedArray> columns) = 0;

  /// How full the ring is as a commit begins. Where it cannot be told, nothing happens.
  virtual void tell(const RingUse&) noexcept {}

  /// \param trace JSON
  virtual void save_profile(std::string_view trace) = 0;

  virtual std::unique_ptr<EpisodeSink> start_episode(const EpisodeInfo& info) = 0;
  /// Ends a commit: what finished since the last one becomes visible, the index follows when it is due. Throws only
  /// where no further commit can succeed.
  virtual CommitResult commit() = 0;
  /// Everything on disk, tidied, indexed. No episode is open.
  virtual void close() = 0;
};

/// How a run is written.
struct StorageOptions {
  Durability durability = Durability::process;
  OnDiskError on_disk_error = OnDiskError::stop;
};

/// Makes a new run directory for `Experiment::create`.
std::unique_ptr<Backend> create_run(const std::filesystem::path& parent, const RunInfo& info,
                                    const StorageOptions& options = {});
/// Goes on with an existing one, for `Experiment::open`.
std::unique_ptr<Backend> open_run(const std::filesystem::path& path, const StorageOptions& options = {});

}  // namespace neurotape
