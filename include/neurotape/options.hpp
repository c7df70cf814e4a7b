#pragma once
/// \file
/// Every option: what it means, its unit, its default, and when to change it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "neurotape/array.hpp"
#include "neurotape/codec.hpp"
#include "neurotape/error.hpp"

namespace neurotape {

/// What a stream does when the ring is full. Whatever is dropped is counted in `stats()` and listed in
/// the episode's `gaps`.
class Overflow {
 public:
  enum class Kind : std::uint8_t { block, drop_newest, decimate };

  /// Wait for space (default): nothing is dropped, but what the lanes of a partitioned row record while another of
  /// its lanes is silent for longer than a commit interval and fills the ring.
  static const Overflow block;
  static const Overflow drop_newest;  ///< never wait: the timestep that finds no space is dropped
  static const Overflow decimate;     ///< dense streams: keep every k-th row, k doubling while pressure lasts
  /// Wait this long at most, then drop the timestep.
  static constexpr Overflow block_for(std::chrono::nanoseconds limit) { return Overflow(Kind::block, limit); }

  constexpr Kind kind() const noexcept { return kind_; }
  constexpr std::chrono::nanoseconds limit() const noexcept { return limit_; }
  friend constexpr bool operator==(const Overflow&, const Overflow&) = default;

 private:
  constexpr explicit Overflow(Kind kind, std::chrono::nanoseconds limit = std::chrono::nanoseconds::max())
      : kind_(kind), limit_(limit) {}
  Kind kind_;
  std::chrono::nanoseconds limit_;
};
inline constexpr Overflow Overflow::block{Kind::block};
inline constexpr Overflow Overflow::drop_newest{Kind::drop_newest};
inline constexpr Overflow Overflow::decimate{Kind::decimate};

/// What a commit survives.
enum class Durability : std::uint8_t {
  process,  ///< the end of the recording process, `kill -9` included
  /// Also power loss and the end of the operating system, on disks that honour flushes: a commit waits for the disk. The
  /// loader and `recover` repeat a commit that was cut off; other HDF5 programs may need `recover` first.
  power,
};

/// What happens after the disk refused a write.
enum class OnDiskError : std::uint8_t {
  stop,  ///< the episode whose file it is (or all, where it is the run's) records no more; the simulation goes on
  /// Where the disk is full (ENOSPC, EDQUOT), writing waits until it is not, `flush()` and `close()` too; lanes go on
  /// until the ring is full, and then do what their overflow policy says. Other errors: as `stop`
  wait,
  /// As `wait`, but lanes never wait: rows that find no space in the ring are dropped (cause "disk"), and `close()`
  /// gives up what the disk does not take
  drop,
};

/// What workers do with rows of floating-point values that hold a NaN.
enum class NanPolicy : std::uint8_t {
  count,   ///< keep and count them in `stats()`
  reject,  ///< dense streams: drop the row; it is listed in `gaps`. Sparse rows are kept
  off,     ///< do not look
};

/// What is checked. `true` and `false` convert to all and nothing.
struct Validate {
  constexpr Validate(bool caller_side = true)
      : caller(caller_side), nan(caller_side ? NanPolicy::count : NanPolicy::off) {}
  constexpr Validate(NanPolicy policy) : nan(policy) {}
  constexpr Validate(bool caller_side, NanPolicy policy) : caller(caller_side), nan(policy) {}

  bool caller = true;  ///< order of timesteps, range of ids: on the caller's thread (shape and type always are)
  NanPolicy nan = NanPolicy::count;  ///< on the workers
};

/// Options of an experiment.
struct ExperimentOptions {
  /// Bytes of memory for everything that waits to be written. Larger rides out longer stalls of the disk;
  /// at least 16 MB. Nothing is allocated before it is needed.
  std::size_t memory_cap = 500'000'000;
  /// Threads that compress. 0: the free cores, at least 1, and one more while the ring is more than half
  /// full or somebody waits.
  int n_workers = 0;
  /// Codec of streams that do not name their own.
  Codec codec = Codec::gzip(1);
  /// How often what was recorded is made safe: a killed process loses what came since the last commit.
  std::chrono::nanoseconds commit_interval = std::chrono::seconds(1);
  Durability durability = Durability::power;
  /// The default `every` of neural states: 10 keeps every tenth timestep.
  std::int64_t neural_sampling_rate = 1;
  Validate validate = true;
  Overflow overflow = Overflow::block;
  OnDiskError on_disk_error = OnDiskError::stop;
  /// Called with every error and warning, from any thread, one call at a time. May call what does not wait, as `stats()`.
  /// Default: one line on standard error.
  std::function<void(const Error&)> on_error = {};
  /// Writes `profile.json` into the run's directory at its end: what encoding, writing, commits and lanes that wait took,
  /// in the trace-event format that Perfetto (ui.perfetto.dev) opens. The latest 100,000 spans; about 0.2 us each.
  bool profile = false;
  /// Length of a timestep, in `dt_unit`; 0: not stated, and in `Experiment::open` that of the run, in its unit.
  double dt = 0;
  std::string dt_unit = "ms";
};

/// Options of an episode.
struct EpisodeOptions {
  std::string name = {};  ///< a title, stored as the attribute `name`; the id is always `episode_NNNN`
  std::optional<std::uint64_t> seed = {};
  nlohmann::json attributes = nlohmann::json::object();  ///< stored as attributes of the episode
  std::optional<double> dt = {};                         ///< default: the experiment's
  std::optional<std::string> dt_unit = {};               ///< default: the experiment's
};

/// How the values of a dense stream lie in the file.
enum class Layout : std::uint8_t {
  rows,    ///< chunks of whole rows
  traces,  ///< chunks of few values of many rows; by `pack` alone, a stream is recorded in rows
};

/// Options of a stream. What does not apply to its kind is refused.
struct StreamOptions {
  std::string unit = {};                  ///< of the values, stored beside them: "mV"
  std::int64_t every = 0;                 ///< dense: keeps timesteps t with t % every == 0; 0: the default of its kind
  std::optional<Codec> codec = {};        ///< default: the experiment's
  std::uint64_t chunk_rows = 0;           ///< rows of a chunk; 0: from the rate seen
  std::optional<Overflow> overflow = {};  ///< default: the experiment's
  Layout layout = Layout::rows;
  /// Dense floating-point values and weights are rounded to so many bits of their mantissa (float has 23, double 52) before
  /// they are compressed. 0: every bit is kept. Simulated potentials compress to half with 10 of them, which is a thousandth
  /// of a value. The stream's attribute `largest_error` says what it came to.
  int keep_bits = 0;
  /// The same, to what is at most so far away, in the unit of the values. 0: none.
  double absolute_error = 0;
  std::uint64_t population_size = 0;  ///< spikes: neurons of the population, whose ids are below it; 0: any ids
  bool times = false;                 ///< spikes: an exact time (float64, in `dt_unit`) beside each id
  Indices columns = {};               ///< dense: records only these columns of the row it is given
};

}  // namespace neurotape

/// Sizes with a unit: `500_MB`, `2_GiB`.
namespace neurotape::literals {

constexpr std::size_t operator""_kB(unsigned long long n) { return n * 1'000; }
constexpr std::size_t operator""_MB(unsigned long long n) { return n * 1'000'000; }
constexpr std::size_t operator""_GB(unsigned long long n) { return n * 1'000'000'000; }
constexpr std::size_t operator""_KiB(unsigned long long n) { return n << 10; }
constexpr std::size_t operator""_MiB(unsigned long long n) { return n << 20; }
constexpr std::size_t operator""_GiB(unsigned long long n) { return n << 30; }

}  // namespace neurotape::literals
