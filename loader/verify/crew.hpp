#pragma once
/// \file
/// The threads of one verification.

#include <atomic>
#include <cstdint>
#include <utility>

#include "loader/parallel.hpp"

namespace neurotape::loader {

/// Loops share one number of threads: a loop inside another takes those that the outer one does not need (any more).
/// Thread safety: any thread may call anything.
class Crew {
 public:
  explicit Crew(unsigned threads) : resting_(static_cast<std::int64_t>(threads) - 1) {}
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// As `run_in_parallel`.
  template <class Work>
  void each(std::uint64_t pieces, Work work) {
    if (pieces == 0) return;
    std::atomic<std::int64_t> helpers = take(static_cast<std::int64_t>(std::min<std::uint64_t>(pieces - 1, kMost)));
    const auto threads = static_cast<std::uint64_t>(helpers.load() + 1);
    const auto give_back = [&] {
      if (helpers.fetch_sub(1) > 0) resting_.fetch_add(1);
    };
    run_in_parallel(pieces, threads, [&](auto next) {
      work(next);
      give_back();
    });
    while (helpers.load() > 0) give_back();  // of threads that could not be started
  }

 private:
  static constexpr std::uint64_t kMost = 1024;

  std::int64_t take(std::int64_t wanted) {
    std::int64_t there = resting_.load();
    while (there > 0 && !resting_.compare_exchange_weak(there, there - std::min(there, wanted))) {
    }
    return there > 0 ? std::min(there, wanted) : 0;
  }

  std::atomic<std::int64_t> resting_;
};

}  // namespace neurotape::loader
