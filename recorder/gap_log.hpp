#pragma once
/// \file
/// What was not recorded: ranges of timesteps with the number of rows lost and why.

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "recorder/backend.hpp"
#include "recorder/sync.hpp"

namespace neurotape {

enum class DropCause : std::uint8_t { overflow, timeout, decimate, nan, error, incomplete, invalid, disk };
inline constexpr std::size_t kDropCauses = 8;
std::string_view drop_cause_name(DropCause cause) noexcept;

/// Numbers of rows by cause.
using LostRows = std::array<std::uint64_t, kDropCauses>;

/// Gaps of one stream. Rows lost one after the other by one lane for one cause, in the order of their timesteps, are one
/// gap: with no recorded row between, except for `decimate`.
/// Thread safety: any thread; a mutex. Only what is dropped comes here. What throws for lack of memory has counted the rows,
/// and lists them nowhere.
class GapLog {
 public:
  void add(const void* lane, std::int64_t timestep, std::uint64_t rows, DropCause cause);
  /// A gap that has nothing to do with those before and after.
  void add_alone(std::int64_t first, std::int64_t last, std::uint64_t rows, DropCause cause);
  /// The lane recorded a row again.
  void close(const void* lane);
  /// What was added since the last call. A gap still open is given as far as it goes, and goes on as another.
  std::vector<Gap> take(const std::string& stream);
  /// Rows lost since the beginning.
  LostRows lost() const;

 private:
  struct Range {
    std::int64_t first, last;
    std::uint64_t rows;
    DropCause cause;
  };
  mutable sync::Mutex mutex_;
  std::map<const void*, Range> open_;
  std::vector<Range> closed_;
  LostRows lost_{};
};

}  // namespace neurotape
