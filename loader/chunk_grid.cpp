#include "loader/chunk_grid.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace neurotape::loader {
namespace {

template <std::size_t kBytes, class PickList>
void copy_picks(const std::byte* row, std::byte* out, const PickList& picks) {
  for (const auto& pick : picks) std::memcpy(out + pick.to * kBytes, row + pick.from * kBytes, kBytes);
}

template <class PickList>
void copy_picks(const std::byte* row, std::byte* out, std::size_t element_bytes, const PickList& picks) {
  switch (element_bytes) {
    case 1:
      return copy_picks<1>(row, out, picks);
    case 2:
      return copy_picks<2>(row, out, picks);
    case 4:
      return copy_picks<4>(row, out, picks);
    case 8:
      return copy_picks<8>(row, out, picks);
    default:
      for (const auto& pick : picks)
        std::memcpy(out + pick.to * element_bytes, row + pick.from * element_bytes, element_bytes);
  }
}

}  // namespace

ChunkGrid::ChunkGrid(std::vector<std::uint64_t> dimensions, std::vector<std::uint64_t> chunk, std::size_t element_bytes)
    : dimensions_(std::move(dimensions)), chunk_(std::move(chunk)), element_bytes_(element_bytes) {
  chunk_bytes_ = row_bytes_ = element_bytes;
  chunk_bytes_ *= static_cast<std::size_t>(chunk_[0]);
  tiles_of_dimension_.assign(dimensions_.size(), 1);
  for (std::size_t i = 1; i < dimensions_.size(); ++i) {
    chunk_bytes_ *= static_cast<std::size_t>(chunk_[i]);
    row_bytes_ *= static_cast<std::size_t>(dimensions_[i]);
    tiles_of_dimension_[i] = dimensions_[i] / chunk_[i] + (dimensions_[i] % chunk_[i] != 0 ? 1 : 0);
    tiles_ *= tiles_of_dimension_[i];
    whole_rows_ = whole_rows_ && chunk_[i] == dimensions_[i];
  }
}

std::vector<unsigned long long> ChunkGrid::offset(std::uint64_t group, std::uint64_t tile) const {
  std::vector<unsigned long long> offset(dimensions_.size());
  for (std::size_t i = dimensions_.size(); i-- > 1; tile /= tiles_of_dimension_[i])
    offset[i] = tile % tiles_of_dimension_[i] * chunk_[i];
  offset[0] = group * chunk_[0];
  return offset;
}

void ChunkGrid::copy_rows(std::span<const std::byte> chunk, std::uint64_t tile, std::uint64_t first,
                          std::uint64_t count, std::byte* out) const {
  const std::byte* in = chunk.data() + first * chunk_row_bytes();
  if (whole_rows_) {
    std::memcpy(out, in, static_cast<std::size_t>(count) * row_bytes_);
    return;
  }
  const auto runs = runs_of(tile);
  for (std::uint64_t row = 0; row < count; ++row, in += chunk_row_bytes(), out += row_bytes_)
    for (const auto& run : runs) std::memcpy(out + run.in_row, in + run.in_chunk, run.bytes);
}

void ChunkGrid::cut_rows(const std::byte* rows, std::uint64_t tile, std::uint64_t count,
                         std::span<std::byte> chunk) const {
  const auto runs = runs_of(tile);
  std::byte* out = chunk.data();
  for (std::uint64_t row = 0; row < count; ++row, rows += row_bytes_, out += chunk_row_bytes())
    for (const auto& run : runs) std::memcpy(out + run.in_chunk, rows + run.in_row, run.bytes);
}

// Along the last dimension; an odometer counts the ones before it.
std::vector<ChunkGrid::Run> ChunkGrid::runs_of(std::uint64_t tile) const {
  const std::size_t rank = dimensions_.size();
  if (rank == 1) return {{0, 0, element_bytes_}};
  const auto origin = offset(0, tile);
  std::vector<std::uint64_t> size(rank, 1);
  for (std::size_t i = 1; i < rank; ++i) size[i] = std::min<std::uint64_t>(chunk_[i], dimensions_[i] - origin[i]);
  const std::size_t bytes = static_cast<std::size_t>(size[rank - 1]) * element_bytes_;
  std::vector<Run> runs;
  std::vector<std::uint64_t> at(rank, 0);
  for (;;) {
    std::uint64_t from = 0, to = 0;
    for (std::size_t i = 1; i < rank; ++i) {
      from = from * chunk_[i] + at[i];
      to = to * dimensions_[i] + origin[i] + at[i];
    }
    runs.push_back(
        {static_cast<std::size_t>(from) * element_bytes_, static_cast<std::size_t>(to) * element_bytes_, bytes});
    std::size_t i = rank - 1;
    while (i > 1 && ++at[i - 1] == size[i - 1]) at[--i] = 0;
    if (i <= 1) return runs;
  }
}

Picks::Picks(const ChunkGrid& grid, std::span<const std::uint64_t> positions)
    : size_(positions.size()), element_bytes_(grid.element_bytes_), chunk_row_bytes_(grid.chunk_row_bytes()) {
  picks_.reserve(positions.size());
  for (std::size_t to = 0; to < positions.size(); ++to) {
    std::uint64_t rest = positions[to], tile = 0, from = 0, tile_stride = 1, element_stride = 1;
    for (std::size_t i = grid.dimensions_.size(); i-- > 1; rest /= grid.dimensions_[i]) {
      const std::uint64_t at = rest % grid.dimensions_[i];
      tile += at / grid.chunk_[i] * tile_stride;
      from += at % grid.chunk_[i] * element_stride;
      tile_stride *= grid.tiles_of_dimension_[i];
      element_stride *= grid.chunk_[i];
    }
    picks_.push_back({tile, static_cast<std::size_t>(from), to});
  }
  std::stable_sort(picks_.begin(), picks_.end(), [](const Pick& a, const Pick& b) { return a.tile < b.tile; });
}

std::vector<std::uint64_t> Picks::tiles() const {
  std::vector<std::uint64_t> tiles;
  for (const auto& pick : picks_)
    if (tiles.empty() || tiles.back() != pick.tile) tiles.push_back(pick.tile);
  return tiles;
}

void Picks::copy(std::span<const std::byte> chunk, std::uint64_t tile, std::uint64_t first, std::uint64_t count,
                 std::byte* out) const {
  const auto by_tile = [](const Pick& a, const Pick& b) { return a.tile < b.tile; };
  const auto [begin, end] = std::equal_range(picks_.begin(), picks_.end(), Pick{tile, 0, 0}, by_tile);
  const std::span<const Pick> picks(begin, end);
  const std::byte* row = chunk.data() + first * chunk_row_bytes_;
  for (std::uint64_t i = 0; i < count; ++i, row += chunk_row_bytes_, out += size_ * element_bytes_)
    copy_picks(row, out, element_bytes_, picks);
}

void pick_values(std::span<const std::byte> rows, std::size_t row_bytes, std::span<const std::uint64_t> positions,
                 std::size_t element_bytes, std::byte* out) {
  for (std::size_t row = 0; row < rows.size(); row += row_bytes)
    for (const auto position : positions) {
      std::memcpy(out, rows.data() + row + position * element_bytes, element_bytes);
      out += element_bytes;
    }
}

}  // namespace neurotape::loader
