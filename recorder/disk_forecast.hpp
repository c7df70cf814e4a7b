#pragma once
/// \file
/// How fast a recording fills its disk, and when it will be full.

#include <chrono>
#include <cstdint>
#include <optional>

#include "neurotape/error.hpp"
#include "recorder/sync.hpp"

namespace neurotape {

/// Threads: one at a time.
class DiskForecast {
 public:
  using Clock = sync::Clock;

  explicit DiskForecast(Clock::time_point start) : from_{start}, next_{start} {}

  /// \param stored bytes of all chunks so far \param free of the disk; nothing where it cannot tell
  void look(std::uint64_t stored, std::optional<std::uint64_t> free, Clock::time_point now) noexcept;
  /// Over the last one to two minutes.
  double bytes_per_second() const noexcept { return bytes_per_second_; }
  std::uint64_t free_bytes() const noexcept { return free_bytes_; }
  /// Once, when the disk will be full in less than ten minutes.
  std::optional<Error> warning(const ErrorContext& where);

 private:
  struct Seen {
    Clock::time_point at;
    std::uint64_t stored = 0;
  };

  Seen from_;
  Seen next_;  ///< takes its place
  Clock::duration elapsed_{0};
  double bytes_per_second_ = 0;
  std::uint64_t free_bytes_ = 0;
  bool warned_ = false;
};

}  // namespace neurotape
