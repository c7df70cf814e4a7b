#pragma once
/// \file
/// What recorder/sync.hpp names, on a schedule. Where none is running it is for one thread.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <utility>

#include "tests/interleavings/schedule.hpp"

namespace neurotape::sync {

inline void step() noexcept {
  if (auto* const schedule = schedule::Schedule::current()) schedule->step();
}
inline bool by_chance() noexcept {
  auto* const schedule = schedule::Schedule::current();
  return schedule != nullptr && schedule->by_chance();
}

class Clock {
 public:
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept {
    step();
    auto* const schedule = schedule::Schedule::current();
    return time_point(schedule == nullptr ? duration(0) : schedule->now());
  }
};

/// The operations of both kinds of atomics, on a value that `Derived::value()` finds. What they are told of the order of
/// memory they do not need.
template <class T, class Derived>
class AtomicOperations {
 public:
  T load(std::memory_order = {}) const noexcept { return at(); }
  void store(T value, std::memory_order = {}) noexcept { at() = value; }
  T exchange(T value, std::memory_order = {}) noexcept { return std::exchange(at(), value); }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order = {}, std::memory_order = {}) const noexcept {
    T& value = at();
    if (value == expected) {
      value = desired;
      return true;
    }
    expected = value;
    return false;
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order = {}, std::memory_order = {}) noexcept {
    return !by_chance() && compare_exchange_strong(expected, desired);
  }
  template <class N>
  T fetch_add(N n, std::memory_order = {}) noexcept {
    T& value = at();
    return std::exchange(value, static_cast<T>(value + static_cast<T>(n)));
  }
  template <class N>
  T fetch_sub(N n, std::memory_order = {}) noexcept {
    T& value = at();
    return std::exchange(value, static_cast<T>(value - static_cast<T>(n)));
  }
  T fetch_and(T bits, std::memory_order = {}) noexcept {
    T& value = at();
    return std::exchange(value, value & bits);
  }
  T fetch_or(T bits, std::memory_order = {}) noexcept {
    T& value = at();
    return std::exchange(value, value | bits);
  }
  operator T() const noexcept { return load(); }

 private:
  T& at() const noexcept {
    step();
    return static_cast<const Derived&>(*this).value();
  }
};

template <class T>
class Atomic : public AtomicOperations<T, Atomic<T>> {
 public:
  Atomic(T value = {}) noexcept : value_(value) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;
  T operator=(T value) noexcept {
    this->store(value);
    return value;
  }
  T operator+=(T n) noexcept { return this->fetch_add(n) + n; }
  T operator++() noexcept { return this->fetch_add(1) + 1; }
  T operator++(int) noexcept { return this->fetch_add(1); }
  T operator--() noexcept { return this->fetch_sub(1) - 1; }
  T& value() const noexcept { return value_; }

 private:
  mutable T value_;
};

template <class T>
class AtomicRef : public AtomicOperations<T, AtomicRef<T>> {
 public:
  explicit AtomicRef(T& value) noexcept : value_(value) {}
  T& value() const noexcept { return value_; }

 private:
  T& value_;
};

class Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  void lock() noexcept {
    step();
    while (locked_) schedule::Schedule::current()->wait(this);
    locked_ = true;
  }
  bool try_lock() noexcept {
    step();
    return !std::exchange(locked_, true);
  }
  void unlock() noexcept {
    unlock_for_now();
    step();
  }
  /// Nothing comes between this and what follows.
  void unlock_for_now() noexcept {
    locked_ = false;
    if (auto* const schedule = schedule::Schedule::current()) schedule->wake(this, true);
  }

 private:
  bool locked_ = false;
};

class ConditionVariable {
 public:
  using Lock = std::unique_lock<Mutex>;
  void notify_one() noexcept { notify(false); }
  void notify_all() noexcept { notify(true); }
  void wait(Lock& lock) noexcept { wait_until(lock, schedule::kNever); }
  template <class Done>
  void wait(Lock& lock, Done done) {
    while (!done()) wait(lock);
  }
  std::cv_status wait_until(Lock& lock, Clock::time_point deadline) noexcept {
    return wait_until(lock, deadline.time_since_epoch());
  }
  template <class Done>
  bool wait_until(Lock& lock, Clock::time_point deadline, Done done) {
    while (!done())
      if (wait_until(lock, deadline) == std::cv_status::timeout) return done();
    return true;
  }
  template <class Rep, class Period>
  std::cv_status wait_for(Lock& lock, std::chrono::duration<Rep, Period> limit) noexcept {
    return wait_until(lock, Clock::now() + limit);
  }
  template <class Rep, class Period, class Done>
  bool wait_for(Lock& lock, std::chrono::duration<Rep, Period> limit, Done done) {
    return wait_until(lock, Clock::now() + limit, std::move(done));
  }

 private:
  std::cv_status wait_until(Lock& lock, schedule::Time deadline) noexcept {
    auto& schedule = *schedule::Schedule::current();
    lock.mutex()->unlock_for_now();
    const bool woken = by_chance() || schedule.wait(this, deadline);
    lock.mutex()->lock();
    return woken ? std::cv_status::no_timeout : std::cv_status::timeout;
  }
  void notify(bool all) noexcept {
    step();
    if (auto* const schedule = schedule::Schedule::current()) schedule->wake(this, all);
  }
};

class Thread {
 public:
  Thread() = default;
  explicit Thread(std::function<void()> body) : member_(schedule::Schedule::current()->add(std::move(body))) {}
  bool joinable() const noexcept { return member_ != nullptr; }
  void join() noexcept { schedule::Schedule::current()->wait_for_end(*std::exchange(member_, nullptr)); }
  static pthread_t native_handle() noexcept { return pthread_self(); }

 private:
  std::shared_ptr<schedule::Schedule::Member> member_;
};

}  // namespace neurotape::sync
