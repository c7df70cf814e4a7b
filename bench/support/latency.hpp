#pragma once
/// \file
/// Many short times, and what to say of them.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "bench/support/bench.hpp"

namespace neurotape::bench {

/// Times of single calls (or of groups too short for the clock otherwise), all kept: a mean would hide the tail.
class Latencies {
 public:
  explicit Latencies(std::size_t expected) { ns_.reserve(expected); }

  /// Runs `work` and keeps how long each of its `parts` took on average.
  template <class F>
  void time(double parts, F&& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    ns_.push_back(took.count() / parts);
  }

  /// Sets `<prefix>p50_ns`, `<prefix>p99_ns` and `<prefix>p99.9_ns`.
  void report(Figures& figures, const std::string& prefix = "") {
    std::sort(ns_.begin(), ns_.end());
    figures[prefix + "p50_ns"] = at(0.5);
    figures[prefix + "p99_ns"] = at(0.99);
    figures[prefix + "p99.9_ns"] = at(0.999);
  }

  /// Of sorted times, so after `report`.
  double at(double share) const {
    if (ns_.empty()) return 0;
    return ns_[std::min(ns_.size() - 1, static_cast<std::size_t>(share * static_cast<double>(ns_.size())))];
  }

 private:
  std::vector<double> ns_;
};

}  // namespace neurotape::bench
