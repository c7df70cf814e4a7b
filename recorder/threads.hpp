#pragma once
/// \file
/// Threads of the recorder, and signals in those of the program.

#include <csignal>
#include <functional>

#include "recorder/sync.hpp"

namespace neurotape {

/// A thread with a name (at most 15 bytes) that takes no signals: they are the program's. It has no real-time priority
/// either, and when it wakes up it waits for its turn on the processor instead of interrupting a simulation there.
sync::Thread start_thread(const char* name, std::function<void()> body);

/// As long as it lives, what this thread writes does not bring it this signal, SIGPIPE or SIGXFSZ, which would end a program
/// that knows nothing of it: the write just fails.
class NoSignal {
 public:
  explicit NoSignal(int signal) noexcept;
  NoSignal(const NoSignal&) = delete;
  NoSignal& operator=(const NoSignal&) = delete;
  ~NoSignal();

 private:
  sigset_t signal_;
  sigset_t before_;
  bool was_pending_;
};

/// Processors that this process may use.
int usable_processors();

}  // namespace neurotape
