#pragma once
/// \file
/// Where the memcpy goes that recording is compared with.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <unistd.h>
#include <vector>

#include "bench/support/bench.hpp"

namespace neurotape::bench {

/// Twice as large as the caches, written once, then walked through: each copy goes to lines that are long evicted,
/// as those of a ring are.
class ColdMemory {
 public:
  ColdMemory() : bytes_(options().scale == Scale::tiny ? 8'000'000 : twice_the_caches(), std::byte{1}) {}

  void copy(std::span<const std::byte> from) {
    if (used_ + from.size() > bytes_.size()) used_ = 0;
    std::byte* const to = bytes_.data() + used_;
    std::memcpy(to, from.data(), from.size());
    benchmark::DoNotOptimize(to);
    benchmark::ClobberMemory();
    used_ += from.size();
  }

 private:
  static std::size_t twice_the_caches() {
    const long bytes = ::sysconf(_SC_LEVEL3_CACHE_SIZE);  // 0 or less: the system does not say
    return std::max<std::size_t>(bytes > 0 ? 2 * static_cast<std::size_t>(bytes) : 0, 256'000'000);
  }

  std::vector<std::byte> bytes_;
  std::size_t used_ = 0;
};

}  // namespace neurotape::bench
