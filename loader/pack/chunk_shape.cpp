#include "loader/pack/chunk_shape.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kRowsChunkBytes = 1 << 20;
constexpr std::uint64_t kTraceChunkBytes = 256 << 10;
/// Of one value: longer ones are not read faster.
constexpr std::uint64_t kLongestTraceBytes = 1 << 20;

/// As many as these bytes hold; a power of two, unless there are no more rows than that.
std::uint64_t rows_in(std::uint64_t bytes, std::uint64_t row_bytes, std::uint64_t rows) {
  return std::min(std::max<std::uint64_t>(rows, 1), std::bit_floor(std::max<std::uint64_t>(1, bytes / row_bytes)));
}

}  // namespace

std::vector<std::uint64_t> chunk_shape(Layout layout, std::span<const std::uint64_t> dimensions,
                                       std::size_t element_bytes) {
  const std::uint64_t values =
      std::accumulate(dimensions.begin() + 1, dimensions.end(), std::uint64_t{1}, std::multiplies<>());
  const std::uint64_t row_bytes = std::max<std::uint64_t>(1, values * element_bytes);
  std::vector<std::uint64_t> shape(dimensions.size(), 1);
  std::uint64_t chunk_bytes = kRowsChunkBytes;
  if (layout == Layout::traces) {
    chunk_bytes = kTraceChunkBytes;
    shape[0] = std::min(rows_in(kWindowBytes, row_bytes, dimensions[0]),
                        rows_in(kLongestTraceBytes, element_bytes, dimensions[0]));
  } else {
    shape[0] = rows_in(kRowsChunkBytes, row_bytes, dimensions[0]);
  }
  // Whole inner axes, a piece of one axis, one of each before it.
  std::uint64_t room = std::max<std::uint64_t>(1, chunk_bytes / (shape[0] * element_bytes));
  for (std::size_t axis = dimensions.size(); axis-- > 1;) {
    const std::uint64_t length = std::max<std::uint64_t>(1, dimensions[axis]);
    shape[axis] = std::min(length, room);
    room = shape[axis] == length ? std::max<std::uint64_t>(1, room / length) : 1;
  }
  return shape;
}

}  // namespace neurotape::loader
