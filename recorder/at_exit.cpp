#include "recorder/at_exit.hpp"

#include <mutex>
#include <set>
#include <unistd.h>

#include "recorder/sync.hpp"

namespace neurotape {

/// What is open in this process. A forked child has nothing of it.
class Exit {
 public:
  Exit() = default;
  Exit(const Exit&) = delete;
  Exit& operator=(const Exit&) = delete;

  void close_all() noexcept {
    if (owner_ != ::getpid()) return;  // the mutex may be held for ever
    const std::lock_guard lock(mutex_);
    for (auto* const one : open_) one->close_at_exit();
  }
  /// Never gives back its memory: statics of the program leave after it.
  static Exit& state() {
    static auto* const exit = new Exit;
    return *exit;
  }
  void add(ClosedAtExit& one) {
    const std::lock_guard lock(mutex_);
    owner_ = ::getpid();
    open_.insert(&one);
  }
  void remove(ClosedAtExit& one) noexcept {
    if (owner_ != ::getpid()) return;
    const std::lock_guard lock(mutex_);
    open_.erase(&one);
  }

 private:
  sync::Mutex mutex_;
  std::set<ClosedAtExit*> open_;
  pid_t owner_ = 0;
};

void ClosedAtExit::enter() {
  Exit& exit = Exit::state();
  static const struct AtExit {
    Exit& all;
    ~AtExit() { all.close_all(); }
  } at_exit{exit};
  exit.add(*this);
}

void ClosedAtExit::leave() noexcept { Exit::state().remove(*this); }

}  // namespace neurotape
