#pragma once
/// \file
/// What the recorder has done so far.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace neurotape {

/// Counts of one stream, or sums over all. `rows_recorded + rows_dropped == rows_offered`, always.
struct StreamStats {
  std::string episode;  ///< "episode_0003"; empty in a sum
  std::string stream;   ///< "spikes/excitatory"; empty in a sum
  std::string codec;    ///< "gzip:1"; an adaptive one with what each column has chosen by now; empty in a sum
  std::uint64_t rows_offered = 0;   ///< rows handed over, less those that `every` leaves out
  std::uint64_t rows_recorded = 0;  ///< accepted
  std::uint64_t rows_dropped = 0;   ///< by overflow, after an error, or rejected as invalid
  std::uint64_t rows_rejected = 0;  ///< of these: invalid input
  std::uint64_t rows_committed = 0;
  std::uint64_t late_rows = 0;     ///< rows that came after rows of a later timestep had been stored
  std::uint64_t nan_values = 0;    ///< NaNs seen, where the NaN policy looks
  double largest_error = 0;        ///< made by `keep_bits` or `absolute_error`; 0 in a sum
  std::uint64_t bytes_in = 0;      ///< raw bytes accepted, timesteps included
  std::uint64_t bytes_stored = 0;  ///< bytes of the chunks written
  std::uint64_t waits = 0;         ///< how often `block` had to wait
  std::chrono::nanoseconds waited{0};

  /// Raw bytes for each stored byte.
  double ratio() const noexcept {
    return bytes_stored == 0 ? 0.0 : static_cast<double>(bytes_in) / static_cast<double>(bytes_stored);
  }
};

struct Stats {
  StreamStats total;                 ///< every stream of every episode, finished ones and rows that came later included
  std::vector<StreamStats> streams;  ///< those of unfinished episodes
  std::uint64_t ring_bytes = 0;      ///< size of the ring
  std::uint64_t ring_used_bytes = 0;
  std::uint64_t ring_peak_bytes = 0;
  std::uint64_t commits = 0;
  std::chrono::nanoseconds last_commit_time{0};  ///< how long the last commit took
  std::chrono::nanoseconds longest_commit_time{0};
  std::chrono::nanoseconds commit_work{0};  ///< what all commits together took of the thread that writes
  double disk_bytes_per_second = 0;         ///< stored, over the last one or two minutes
  std::uint64_t disk_free_bytes = 0;        ///< for us, at the last commit; 0: the system cannot tell
  std::string last_error;                   ///< empty: none
};

}  // namespace neurotape
