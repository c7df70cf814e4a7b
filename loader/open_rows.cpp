#include "loader/open_rows.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kPieceBytes = 4 << 20;

/// Where the open chunk of a column begins.
std::uint64_t open_chunk_of(const Dataset& column, std::uint64_t rows) {
  const std::uint64_t chunk_rows = column.row_bytes() == 0 ? 0 : column.chunk_rows();
  return chunk_rows == 0 ? rows : rows - rows % chunk_rows;
}

void hash_rows(XXH3_state_t& state, const Dataset& column, std::uint64_t first, std::uint64_t end) {
  if (first == end) return;
  const std::uint64_t most = std::max<std::uint64_t>(1, kPieceBytes / column.row_bytes());
  detail::Storage piece;
  for (std::uint64_t count = 0; first < end; first += count) {
    count = std::min(most, end - first);
    piece.resize(static_cast<std::size_t>(count * column.row_bytes()));
    column.read_unchecked({first, count}, {}, piece.bytes());
    XXH3_64bits_update(&state, piece.data(), piece.size());
  }
}

}  // namespace

OpenRows::OpenRows(std::vector<std::shared_ptr<const Dataset>> columns, std::uint64_t rows,
                   std::uint64_t committed_xxh3)
    : columns_(std::move(columns)), rows_(rows), first_row_(rows), committed_xxh3_(committed_xxh3) {
  for (const auto& column : columns_) first_row_ = std::min(first_row_, open_chunk_of(*column, rows));
}

void OpenRows::check() const {
  const std::lock_guard lock(mutex_);
  if (!whole_) whole_ = xxh3_of_open_rows(columns_, rows_) == committed_xxh3_;
  if (*whole_) return;
  damaged(fmt::format("its {} rows are not those that were committed: the checksum of rows {} to {} is another", rows_,
                      first_row_, rows_),
          columns_.front()->place());
}

std::uint64_t xxh3_of_open_rows(std::span<const std::shared_ptr<const Dataset>> columns, std::uint64_t rows) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  for (const auto& column : columns) hash_rows(state, *column, open_chunk_of(*column, rows), rows);
  return XXH3_64bits_digest(&state);
}

}  // namespace neurotape::loader
