/// \file
/// The columns of a dense row in handles of their own.

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <optional>

#include "recorder/failures.hpp"
#include "recorder/lane.hpp"
#include "recorder/stream_state.hpp"

namespace neurotape {
namespace {

struct Columns {
  std::uint64_t first, end;
};

// Sorted and not overlapping; neighbours become one.
std::vector<Columns> joined(std::vector<Columns> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const Columns& a, const Columns& b) { return a.first < b.first; });
  std::vector<Columns> all;
  for (const Columns& range : ranges) {
    if (!all.empty() && all.back().end == range.first) {
      all.back().end = range.end;
    } else {
      all.push_back(range);
    }
  }
  return all;
}

Columns columns_of(const detail::Lane& lane) { return {lane.first_value(), lane.first_value() + lane.value_count()}; }

std::uint64_t rows_of(const detail::Lane& lane) { return lane.rows_done.load(std::memory_order_acquire); }

template <class Condition>
std::vector<Columns> columns_if(const std::vector<detail::Lane*>& lanes, Condition&& holds_for_rows) {
  std::vector<Columns> all;
  for (const detail::Lane* lane : lanes)
    if (holds_for_rows(rows_of(*lane))) all.push_back(columns_of(*lane));
  return joined(std::move(all));
}

std::vector<Columns> without_handle(const std::vector<detail::Lane*>& lanes, std::uint64_t columns) {
  std::vector<Columns> missing;
  std::uint64_t next = 0;
  for (const Columns& range : columns_if(lanes, [](auto) { return true; })) {
    if (range.first != next) missing.push_back({next, range.first});
    next = range.end;
  }
  if (next != columns) missing.push_back({next, columns});
  return missing;
}

std::string text_of(const std::vector<Columns>& ranges, bool one) {
  constexpr std::size_t kMost = 4;
  std::vector<std::string> parts;
  for (const Columns& range : ranges) {
    if (parts.size() == kMost) break;
    parts.push_back(range.end == range.first + 1 ? fmt::format("{}", range.first)
                                                 : fmt::format("{} to {}", range.first, range.end - 1));
  }
  std::string text = fmt::format("{} {}", one ? "column" : "columns", fmt::join(parts, ", "));
  return ranges.size() > kMost ? text + " and others" : text;
}

std::string sentence(const std::vector<Columns>& who, std::string_view one_verb, std::string_view verb,
                     std::string_view what) {
  const bool one = who.size() == 1 && who[0].end == who[0].first + 1;
  return fmt::format("{} {} {}", text_of(who, one), one ? one_verb : verb, what);
}

// The rest: what workers drop of complete rows, and what was no row at all.
std::uint64_t listed_by_lanes(const LostRows& lost) {
  const auto of = [&](DropCause cause) { return lost[static_cast<std::size_t>(cause)]; };
  return std::accumulate(lost.begin(), lost.end(), std::uint64_t{0}) - of(DropCause::nan) - of(DropCause::invalid);
}

}  // namespace

std::shared_ptr<detail::Lane> StreamState::add_columns(std::uint64_t first, std::uint64_t count) {
  const auto refuse = [&](ErrorCode code, std::string_view why) {
    throw Error(code, fmt::format("{} columns from {} on: {}", count, first, why), context());
  };
  const std::lock_guard lock(lanes_mutex_);
  if (spec.columns[1].shape.size() != 1 || !rules.selected_columns.empty())
    refuse(ErrorCode::invalid_argument,
           "only a stream of one dimension without the option `columns` can be partitioned");
  if (count == 0 || first >= rules.source_values || count > rules.source_values - first)
    refuse(ErrorCode::out_of_range, fmt::format("expected one or more of the {} columns, 0 to {}", rules.source_values,
                                                rules.source_values - 1));
  if (lanes_.front()->recorded_anything())
    refuse(ErrorCode::invalid_argument, "rows have been recorded through the handle of the whole row");
  for (std::size_t i = 1; i < lanes_.size(); ++i) {
    const Columns other = columns_of(*lanes_[i]);
    if (first < other.end && other.first < first + count)
      refuse(ErrorCode::already_exists, fmt::format("another handle has {} to {}", other.first, other.end - 1));
  }
  lanes_.push_back(std::make_unique<detail::Lane>(*this));
  lanes_.back()->become_columns(first, count, lanes_.front()->own_blocks);
  columns_with_handle_ += count;
  partitioned_.store(true, std::memory_order_release);
  return {shared_from_this(), lanes_.back().get()};
}

std::optional<std::uint64_t> StreamState::rows_of_lanes_behind(const detail::Lane& lane) const {
  const std::lock_guard lock(lanes_mutex_);
  if (columns_with_handle_ < rules.source_values) return 0;
  const auto done = lane.rows_done.load(std::memory_order_acquire);
  auto slowest = done;
  for (std::size_t i = 1; i < lanes_.size(); ++i)
    slowest = std::min(slowest, lanes_[i]->rows_done.load(std::memory_order_acquire));
  return slowest < done ? std::optional(slowest) : std::nullopt;
}

void StreamState::end_at_fault(std::uint64_t row, std::int64_t timestep) {
  {
    const std::lock_guard lock(lanes_mutex_);
    const std::uint64_t before = faulty_row();
    faulty_timestep_ = row < before ? timestep : std::min(timestep, faulty_timestep_);
    faulty_row_.store(std::min(row, before), std::memory_order_release);
  }
  Phase expected = Phase::recording;
  phase_.compare_exchange_strong(expected, Phase::columns_disagree, std::memory_order_relaxed);
  if (parts->blocks.has_waiters()) parts->blocks.wake_waiters();
}

std::vector<detail::Lane*> StreamState::column_lanes() const {
  const std::lock_guard lock(lanes_mutex_);
  std::vector<detail::Lane*> all;
  for (std::size_t i = 1; i < lanes_.size(); ++i) all.push_back(lanes_[i].get());
  return all;
}

void StreamState::warn_of_columns_without_handle() noexcept try {
  if (columns_with_handle_ == rules.source_values || warned_of_columns_.exchange(true)) return;
  const auto missing = without_handle(column_lanes(), rules.source_values);
  if (missing.empty()) return;
  parts->reporter.notice(Error(
      ErrorCode::invalid_argument,
      sentence(missing, "has", "have", "no handle yet: no row can be complete, and rows are dropped"), context()));
} catch (...) {
  parts->reporter.notice(out_of_memory());
}

void StreamState::tell_incomplete_columns() {
  const auto lanes = column_lanes();
  std::uint64_t most = 0;
  for (const detail::Lane* lane : lanes) most = std::max(most, rows_of(*lane));
  if (most == 0 || phase() != Phase::recording) return;
  const auto error = [&](const std::string& why) { return Error(ErrorCode::invalid_argument, why, context()); };
  if (const auto missing = without_handle(lanes, rules.source_values); !missing.empty())
    return tell(error(sentence(missing, "has", "have", "no handle: no row could be recorded")));
  if (const auto silent = columns_if(lanes, [](auto rows) { return rows == 0; }); !silent.empty())
    return tell(error(sentence(silent, "was", "were", "never recorded: no row could be recorded")));
  if (const auto behind = columns_if(lanes, [&](auto rows) { return rows < most; }); !behind.empty())
    parts->reporter.notice(
        error(sentence(behind, "is", "are", "behind the others: the last rows are not complete, and are dropped")));
}

// With lanes_mutex_. Every lane meets the same rows and the same drops in the same order: the one that is ahead knows.
void StreamState::count_rows_of_columns(StreamStats& stats) const {
  std::uint64_t recorded = 0;
  for (std::size_t i = 1; i < lanes_.size(); ++i)
    recorded = std::max(recorded, lanes_[i]->rows_done.load(std::memory_order_acquire));
  recorded = std::min(recorded, faulty_row());
  std::uint64_t offered = recorded;
  for (std::size_t i = 1; i < lanes_.size(); ++i) offered = std::max(offered, lanes_[i]->rows_offered());
  stats.rows_offered = offered + stats.rows_rejected;
  stats.rows_dropped = stats.rows_offered - recorded;
}

std::uint64_t StreamState::complete_rows() const {
  std::uint64_t covered = 0;
  std::uint64_t complete = UINT64_MAX;
  for (std::size_t i = 1; i < readers_.size(); ++i) {
    covered += readers_[i]->value_count();
    complete = std::min(complete, readers_[i]->rows_done.load(std::memory_order_acquire));
  }
  return covered == rules.source_values ? complete : 0;
}

// Of a row that is not complete, but that some lane has recorded.
std::int64_t StreamState::timestep_of(std::uint64_t row) const {
  Block* block = partition_reader_;
  while (row >= block->first_row + block->capacity) block = block->next.load(std::memory_order_acquire);
  return block->timesteps()[row - block->first_row];
}

// All lanes rest: rows that some recorded and others did not, and all that came after lanes disagreed.
void StreamState::drop_incomplete_rows() {
  if (!partitioned() || phase() == Phase::failed) return;
  std::uint64_t most = 0;
  std::uint64_t offered = 0;
  std::int64_t last = INT64_MIN;
  for (std::size_t i = 1; i < readers_.size(); ++i) {
    most = std::max(most, readers_[i]->rows_done.load(std::memory_order_acquire));
    offered = std::max(offered, readers_[i]->rows_offered());
    last = std::max(last, readers_[i]->last_timestep());
  }
  const std::uint64_t complete = complete_rows();
  const std::uint64_t agreed = std::min(most, faulty_row());
  const std::uint64_t lost = offered - complete - listed_by_lanes(gaps.lost());
  rows_dropped_later_.fetch_add(agreed - complete, std::memory_order_relaxed);
  if (faulty_row() == UINT64_MAX) {
    if (lost != 0) gaps.add_alone(most != complete ? timestep_of(complete) : last, last, lost, DropCause::incomplete);
    return;
  }
  if (agreed != complete)
    gaps.add_alone(timestep_of(complete), timestep_of(agreed - 1), agreed - complete, DropCause::incomplete);
  gaps.add_alone(faulty_timestep_, last, lost - (agreed - complete), DropCause::error);
}

}  // namespace neurotape
