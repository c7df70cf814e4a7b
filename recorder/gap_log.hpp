#pragma once
/// \file
/// What was not recorded: ranges of timesteps with the number of rows lost and why.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "recorder/backend.hpp"

namespace neurotape {

enum class DropCause : std::uint8_t { overflow, timeout, decimate, nan, error, incomplete, invalid, disk };
std::string_view drop_cause_name(DropCause cause) noexcept;

/// Gaps of one stream. Rows lost one after the other by one lane for one cause are one gap.
/// Thread safety: any thread; a mutex. Only what is dropped comes here.
class GapLog {
 public:
  void add(const void* lane, std::int64_t timestep, std::uint64_t rows, DropCause cause);
  /// The lane recorded a row again.
  void close(const void* lane);
  /// What was added since the last call. A gap still open is given as far as it goes, and goes on as another.
  std::vector<Gap> take(const std::string& stream);

 private:
  struct Range {
    std::int64_t first, last;
    std::uint64_t rows;
    DropCause cause;
  };
  std::mutex mutex_;
  std::map<const void*, Range> open_;
  std::vector<Range> closed_;
};

}  // namespace neurotape
