#pragma once
/// \file
/// The system calls that a piece of code makes on this thread.

#include <utility>

namespace neurotape::life {

/// While it lives, the kernel reports this thread's system calls in the sections that `first_in` runs. One at a time.
class SystemCalls {
 public:
  /// Needs Linux 5.11 on x86-64.
  SystemCalls();
  SystemCalls(const SystemCalls&) = delete;
  SystemCalls& operator=(const SystemCalls&) = delete;
  ~SystemCalls();

  bool available() const noexcept { return available_; }

  /// \returns the number of the first system call that the action makes (it is made nevertheless); -1 for none
  template <class Action>
  long first_in(Action&& action) {
    start();
    std::forward<Action>(action)();
    return stop();
  }

 private:
  static void start() noexcept;
  static long stop() noexcept;

  bool available_ = false;
};

}  // namespace neurotape::life
