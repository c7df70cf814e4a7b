#pragma once
/// \file
/// A machine with two processors, whatever machine it is.

#include <sched.h>

namespace neurotape::support {

/// As long as it lives, this thread, and those that it starts, use two processors at most.
class TwoProcessors {
 public:
  TwoProcessors() noexcept {
    sched_getaffinity(0, sizeof all_, &all_);
    cpu_set_t two;
    CPU_ZERO(&two);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&two) < 2; ++i)
      if (CPU_ISSET(i, &all_)) CPU_SET(i, &two);
    are_there_ = CPU_COUNT(&two) == 2;
    sched_setaffinity(0, sizeof two, &two);
  }
  TwoProcessors(const TwoProcessors&) = delete;
  TwoProcessors& operator=(const TwoProcessors&) = delete;
  ~TwoProcessors() { sched_setaffinity(0, sizeof all_, &all_); }

  bool are_there() const noexcept { return are_there_; }

 private:
  cpu_set_t all_{};
  bool are_there_ = false;
};

}  // namespace neurotape::support
