#include "recorder/chunk_layout.hpp"

#include <algorithm>
#include <bit>

namespace neurotape {
namespace {

// The axis along which a row is cut, and how many tiles each of its lines gives.
struct TileGrid {
  std::uint64_t inner = 1;     // values behind one step of the axis
  std::uint64_t length = 1;    // of the axis
  std::uint64_t step = 1;      // of a tile along it
  std::uint64_t per_line = 1;  // tiles
};

TileGrid tile_grid(std::span<const std::uint64_t> shape, std::span<const std::uint64_t> chunk_dims) {
  TileGrid grid;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    grid.length = shape[axis];
    grid.step = chunk_dims[axis + 1];
    if (grid.step != grid.length) break;
    if (axis > 0) grid.inner *= grid.length;
  }
  grid.per_line = (grid.length + grid.step - 1) / grid.step;
  return grid;
}

// The values of a dense stream; of a sparse one the widest column.
std::uint32_t index_column(const StreamSpec& spec, bool dense) {
  if (dense) return 1;
  std::uint32_t widest = 0;
  for (std::uint32_t i = 0; i < spec.columns.size(); ++i)
    if (spec.columns[i].row_bytes() > spec.columns[widest].row_bytes()) widest = i;
  return widest;
}

// Cuts a row into tiles of at most `limit` bytes: whole inner axes, a piece of one axis, one of each before it.
void cut_row(ColumnLayout& layout, const ColumnSpec& column, std::uint64_t limit) {
  std::uint64_t room = std::max<std::uint64_t>(1, limit / column.element_bytes());
  std::uint64_t tiles = 1;
  for (std::size_t axis = column.shape.size(); axis-- > 0;) {
    const std::uint64_t length = column.shape[axis];
    const std::uint64_t step = std::min(length, room);
    layout.chunk_dims[axis + 1] = step;
    tiles *= (length + step - 1) / step;
    room = step == length ? std::max<std::uint64_t>(1, room / length) : 1;
  }
  layout.tiles = static_cast<std::uint32_t>(tiles);
}

std::uint64_t rows_in_chunk(std::uint64_t row_bytes, const LayoutRequest& request) {
  const std::uint64_t bytes = std::max<std::uint64_t>(row_bytes, 1);
  if (request.chunk_rows != 0) return request.chunk_rows;
  if (request.final_rows >= 0 && static_cast<std::uint64_t>(request.final_rows) * bytes <= request.largest_chunk_bytes)
    return static_cast<std::uint64_t>(request.final_rows);
  const std::uint64_t wanted = request.rows_per_interval * kIntervalsInChunk * bytes;
  const std::uint64_t chunk = std::clamp(std::bit_floor(wanted), kSmallestChunkBytes, request.largest_chunk_bytes);
  const std::uint64_t rows = chunk / bytes;
  return request.block_rows == 0 ? rows : std::min(rows, request.block_rows);
}

}  // namespace

std::uint64_t tile_values(std::span<const std::uint64_t> chunk_dims) {
  std::uint64_t values = 1;
  for (const auto dimension : chunk_dims.subspan(1)) values *= dimension;
  return values;
}

ValueRange tile_range(std::span<const std::uint64_t> row_shape, std::span<const std::uint64_t> chunk_dims,
                      std::uint32_t tile) {
  const TileGrid grid = tile_grid(row_shape, chunk_dims);
  const std::uint64_t line = tile / grid.per_line;
  const std::uint64_t at = tile % grid.per_line * grid.step;
  return {(line * grid.length + at) * grid.inner, std::min(grid.step, grid.length - at) * grid.inner};
}

StreamLayout choose_layout(const StreamSpec& spec, const Codec& codec, const CodecLibrary& codecs,
                           const LayoutRequest& request) {
  StreamLayout layout;
  layout.index_column = index_column(spec, request.dense);
  layout.final_rows = request.final_rows;
  const std::uint64_t rows =
      std::max<std::uint64_t>(1, rows_in_chunk(spec.columns[layout.index_column].row_bytes(), request));
  // Not much larger than the values, for all that are open claim their part of the buffers.
  const std::uint64_t timesteps_bytes =
      std::min(request.largest_chunk_bytes,
               std::max(kLeastTimestepsBytes, rows * spec.columns[layout.index_column].row_bytes()));
  for (const ColumnSpec& column : spec.columns) {
    ColumnLayout& own = layout.columns.emplace_back();
    own.chunk_rows = rows;
    if (request.dense && &column == spec.columns.data() && request.final_rows != static_cast<std::int64_t>(rows))
      own.chunk_rows = std::max(rows, std::min(rows * kTimestepsFactor, timesteps_bytes / column.row_bytes()));
    own.chunk_dims = {own.chunk_rows};
    for (const auto dimension : column.shape) own.chunk_dims.push_back(std::max<std::uint64_t>(1, dimension));
    if (column.row_bytes() > kLargestChunkBytes && request.chunk_rows <= 1) {
      own.chunk_rows = own.chunk_dims[0] = 1;
      cut_row(own, column, kLargestChunkBytes);
    }
    const std::uint64_t chunk_bytes = own.chunk_rows * tile_values(own.chunk_dims) * column.element_bytes();
    own.filters = codecs.filters(codec, column.element_bytes(), chunk_bytes);
  }
  return layout;
}

}  // namespace neurotape
