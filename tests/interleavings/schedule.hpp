#pragma once
/// \file
/// Threads that run one at a time, in an order that a seed decides.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace neurotape::schedule {

using Time =
    std::chrono::nanoseconds;  ///< since the schedule began: it passes with steps, not with the machine's clock
inline constexpr Time kNever = Time::max();

/// Every operation on something shared is a step, at which another thread may go on. All steps are sequentially
/// consistent: what a weaker order of memory allows beyond that is for ThreadSanitizer to find.
/// Where nobody can go on, time jumps to the next deadline; where there is none, the program ends with the seed: a deadlock.
class Schedule {
 public:
  /// Runs `body`, and all threads that it starts.
  /// \returns a number that depends on every choice that was made
  static std::uint64_t run(std::uint64_t seed, const std::function<void()>& body);
  /// The one that is running; nullptr: none is. One at a time, in one thread of the program.
  static Schedule* current() noexcept;

  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;

  void step() noexcept;
  /// As bad luck has it: compare_exchange_weak, wake-ups for no reason.
  bool by_chance() noexcept { return random_() % 16 == 0; }
  Time now() const noexcept { return now_; }

  /// Waits for `wake(channel)`. \returns false when the deadline came first
  bool wait(const void* channel, Time deadline = kNever) noexcept;
  /// Without a step, so that nothing comes between this and a `wait`.
  void wake(const void* channel, bool all) noexcept;

  class Member;
  std::shared_ptr<Member> add(std::function<void()> body);
  void wait_for_end(Member& member) noexcept;

 private:
  explicit Schedule(std::uint64_t seed);
  Member& choose() noexcept;
  std::vector<Member*> ready() noexcept;
  void end(Member& member) noexcept;

  const std::uint64_t seed_;
  std::mt19937_64 random_;
  const std::uint64_t switch_every_;  ///< steps, on average
  Time now_{0};
  std::uint64_t choices_ = 0;
  std::vector<std::shared_ptr<Member>> members_;
};

}  // namespace neurotape::schedule
