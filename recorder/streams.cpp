#include "neurotape/streams.hpp"

#include <string>

#include "recorder/lane.hpp"

namespace neurotape::detail {

void record_row(Lane& lane, std::int64_t timestep, const void* row, std::size_t values) noexcept {
  lane.record_row(timestep, static_cast<const std::byte*>(row), values);
}

void* reserve_row(Lane& lane, std::int64_t timestep) noexcept { return lane.reserve_row(timestep); }
void commit_row(Lane& lane) noexcept { lane.commit_row(); }
std::size_t row_values(const Lane& lane) noexcept { return lane.row_values(); }

void record_rows(Lane& lane, std::int64_t timestep, std::span<const ColumnInput> columns) noexcept {
  lane.record_rows(timestep, columns);
}

LaneHandle column_lane(const LaneHandle& lane, std::uint64_t first, std::uint64_t count) {
  return lane->stream().add_columns(first, count);
}

LaneHandle sparse_lane(const LaneHandle& lane) { return lane->stream().add_lane(); }

std::int64_t committed_timestep(const Lane& lane) noexcept {
  return lane.stream().committed_timestep.load(std::memory_order_acquire);
}

}  // namespace neurotape::detail
