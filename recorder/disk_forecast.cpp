#include "recorder/disk_forecast.hpp"

#include <fmt/format.h>
#include <utility>

namespace neurotape {
namespace {

constexpr std::chrono::seconds kLeastSeen(2);  // what the first moments bring is no rate
constexpr std::chrono::minutes kMinute(1);
constexpr double kShortSeconds = 600;

}  // namespace

void DiskForecast::look(std::uint64_t stored, std::optional<std::uint64_t> free, Clock::time_point now) noexcept {
  if (now - next_.at >= kMinute) from_ = std::exchange(next_, {now, stored});
  elapsed_ = now - from_.at;
  const auto seconds = std::chrono::duration<double>(elapsed_).count();
  bytes_per_second_ = seconds > 0 ? static_cast<double>(stored - from_.stored) / seconds : 0;
  free_bytes_ = free.value_or(0);
}

std::optional<Error> DiskForecast::warning(const ErrorContext& where) {
  if (warned_ || elapsed_ < kLeastSeen || free_bytes_ == 0) return std::nullopt;
  const auto free = static_cast<double>(free_bytes_);
  if (free >= bytes_per_second_ * kShortSeconds) return std::nullopt;
  warned_ = true;
  return Error(ErrorCode::io,
               fmt::format("the disk has {:.1f} GB left, which this recording ({:.1f} MB/s) fills in {:.0f} s",
                           free / 1e9, bytes_per_second_ / 1e6, free / bytes_per_second_),
               where);
}

}  // namespace neurotape
