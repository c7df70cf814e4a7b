#pragma once
/// \file
/// The time of day, for people.

#include <chrono>
#include <ctime>

namespace neurotape {

using WallTime = std::chrono::system_clock::time_point;

/// Tells times that never go back, whatever is done to the clock of the system: what that clock said when this one was
/// made, and what has passed since, with the time that the machine was asleep.
class WallClock {
 public:
  WallClock() noexcept : WallClock(std::chrono::system_clock::now()) {}
  /// One that said `started` just now.
  explicit WallClock(WallTime started) noexcept : started_(started) {}

  WallTime started() const noexcept { return started_; }
  WallTime now() const noexcept {
    return started_ + std::chrono::duration_cast<WallTime::duration>(since_boot() - started_since_boot_);
  }

 private:
  static std::chrono::nanoseconds since_boot() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  }

  WallTime started_;
  std::chrono::nanoseconds started_since_boot_ = since_boot();
};

}  // namespace neurotape
