#include "recorder/threads.hpp"

#include <ctime>
#include <pthread.h>
#include <sched.h>

#include "recorder/sync.hpp"

namespace neurotape {

namespace {

/// Threads inherit the mask of the one that starts them.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

sync::Thread start_thread(const char* name, std::function<void()> body) {
  const AllSignalsBlocked blocked;
  sync::Thread thread(std::move(body));
  pthread_setname_np(thread.native_handle(), name);
  const sched_param no_priority{};
  if (sched_getscheduler(0) != SCHED_IDLE)  // which it has from this one
    pthread_setschedparam(thread.native_handle(), SCHED_BATCH, &no_priority);
  return thread;
}

NoSignal::NoSignal(int signal) noexcept {
  sigset_t pending;
  ::sigpending(&pending);
  was_pending_ = sigismember(&pending, signal) == 1;
  sigemptyset(&signal_);
  sigaddset(&signal_, signal);
  pthread_sigmask(SIG_BLOCK, &signal_, &before_);
}

NoSignal::~NoSignal() {
  const timespec now{};
  if (!was_pending_) ::sigtimedwait(&signal_, nullptr, &now);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int usable_processors() {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  if (sched_getaffinity(0, sizeof processors, &processors) != 0) return 1;
  return CPU_COUNT(&processors);
}

}  // namespace neurotape
