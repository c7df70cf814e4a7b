#pragma once
/// \file
/// A loop over independent pieces of work, on several threads where that pays.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace neurotape::loader {

/// Calls `work(next)` on at most so many threads, the calling one included and never more than the machine has; each
/// takes pieces from `next()`, an optional number below `pieces`, until there are none. The first exception ends the
/// loop and is thrown here.
template <class Work>
void run_in_parallel(std::uint64_t pieces, std::uint64_t threads, Work work) {
  std::atomic<std::uint64_t> taken = 0;
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto next = [&]() -> std::optional<std::uint64_t> {
    const std::uint64_t piece = taken.fetch_add(1, std::memory_order_relaxed);
    return piece < pieces ? std::optional(piece) : std::nullopt;
  };
  const auto guarded = [&] {
    try {
      work(next);
    } catch (...) {
      taken.store(pieces, std::memory_order_relaxed);
      const std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
    }
  };
  const std::uint64_t most = std::min({threads, pieces, std::uint64_t{std::thread::hardware_concurrency()}});
  {
    std::vector<std::jthread> others;
    try {
      while (others.size() + 1 < most) others.emplace_back(guarded);
    } catch (const std::system_error&) {
      // Fewer threads than wished for; the work is done all the same.
    }
    guarded();
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace neurotape::loader
