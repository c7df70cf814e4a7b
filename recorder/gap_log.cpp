#include "recorder/gap_log.hpp"

#include <array>

namespace neurotape {

std::string_view drop_cause_name(DropCause cause) noexcept {
  constexpr std::array<std::string_view, kDropCauses> kNames{"overflow", "timeout",    "decimate", "nan",
                                                             "error",    "incomplete", "invalid",  "disk"};
  return kNames[static_cast<std::size_t>(cause)];
}

void GapLog::add(const void* lane, std::int64_t timestep, std::uint64_t rows, DropCause cause) {
  const std::lock_guard lock(mutex_);
  lost_[static_cast<std::size_t>(cause)] += rows;
  auto [found, fresh] = open_.try_emplace(lane, Range{timestep, timestep, rows, cause});
  if (fresh) return;
  Range& range = found->second;
  if (range.cause != cause || timestep < range.last) {
    closed_.push_back(range);
    range = {timestep, timestep, rows, cause};
    return;
  }
  range.last = timestep;
  range.rows += rows;
}

void GapLog::add_alone(std::int64_t first, std::int64_t last, std::uint64_t rows, DropCause cause) {
  const std::lock_guard lock(mutex_);
  lost_[static_cast<std::size_t>(cause)] += rows;
  closed_.push_back({first, last, rows, cause});
}

void GapLog::close(const void* lane) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(lane);
  if (found == open_.end()) return;
  const Range range = found->second;
  open_.erase(found);
  closed_.push_back(range);
}

std::vector<Gap> GapLog::take(const std::string& stream) {
  const std::lock_guard lock(mutex_);
  for (const auto& [lane, range] : open_) closed_.push_back(range);
  open_.clear();
  std::vector<Gap> gaps;
  gaps.reserve(closed_.size());
  for (const Range& range : closed_)
    gaps.push_back({stream, range.first, range.last, range.rows, std::string(drop_cause_name(range.cause))});
  closed_.clear();
  return gaps;
}

LostRows GapLog::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

}  // namespace neurotape
