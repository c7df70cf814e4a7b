#include "loader/time_index.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "loader/convert.hpp"
#include "loader/records.hpp"

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kRowsWorthReading = 4096;

struct IndexRecord {
  std::int64_t first_timestep;
  std::int64_t last_timestep;
  std::uint64_t rows;
};
constexpr std::array<Field, 3> kIndexFields = {
    {{"first_timestep", Field::Kind::i64, offsetof(IndexRecord, first_timestep)},
     {"last_timestep", Field::Kind::i64, offsetof(IndexRecord, last_timestep)},
     {"rows", Field::Kind::u64, offsetof(IndexRecord, rows)}}};

}  // namespace

TimeIndex::TimeIndex(std::shared_ptr<const Dataset> timesteps, std::uint64_t rows, std::shared_ptr<const File> file,
                     std::string index_path)
    : timesteps_(std::move(timesteps)), rows_(rows), file_(std::move(file)), index_path_(std::move(index_path)) {}

RowRange TimeIndex::find(std::int64_t from, std::int64_t to) const {
  if (from >= to || rows_ == 0) return {};
  const std::uint64_t first = lower_bound(from);
  return {first, lower_bound(to) - first};
}

RowRange TimeIndex::find_within(RowRange rows, std::int64_t from, std::int64_t to) const {
  if (from >= to || rows.count == 0) return {};
  const std::uint64_t first = search(rows, from);
  return {first, search({first, rows.first + rows.count - first}, to) - first};
}

std::vector<RowRange> TimeIndex::candidates(std::int64_t from, std::int64_t to) const {
  std::vector<RowRange> ranges;
  std::uint64_t row = 0;
  const auto add = [&](std::uint64_t end) {
    const bool joins = !ranges.empty() && ranges.back().first + ranges.back().count == row;
    if (joins) ranges.back().count = end - ranges.back().first;
    if (!joins && end > row) ranges.push_back({row, end - row});
  };
  for (const auto& chunk : chunks()) {
    if (chunk.first_timestep < to && chunk.last_timestep >= from) add(chunk.end_row);
    row = chunk.end_row;
  }
  add(rows_);
  return ranges;
}

void TimeIndex::read(RowRange rows, std::span<std::int64_t> out) const {
  read_as(*timesteps_, rows, Dtype::i64, std::as_writable_bytes(out));
}

std::uint64_t TimeIndex::lower_bound(std::int64_t timestep) const {
  if (const auto range = narrowed(timestep)) {
    const std::uint64_t row = search(*range, timestep);
    if (is_lower_bound(row, timestep)) return row;
  }
  return search({0, rows_}, timestep);
}

/// The chunk that the first row of at least this timestep is in, or just before.
std::optional<RowRange> TimeIndex::narrowed(std::int64_t timestep) const {
  const auto& index = chunks();
  if (index.empty()) return std::nullopt;
  const auto chunk =
      std::partition_point(index.begin(), index.end(), [&](const Chunk& c) { return c.last_timestep < timestep; });
  const std::uint64_t first = chunk == index.begin() ? 0 : (chunk - 1)->end_row;
  const std::uint64_t end = chunk == index.end() ? rows_ : chunk->end_row;
  return RowRange{first, end - first};
}

std::uint64_t TimeIndex::search(RowRange rows, std::int64_t wanted) const {
  std::uint64_t low = rows.first, high = rows.first + rows.count;
  const std::uint64_t chunk_rows = std::max(timesteps_->chunk_rows(), kRowsWorthReading);
  while (high - low > kRowsWorthReading) {
    std::uint64_t middle = low + (high - low) / 2;
    // At the begin of a chunk: the last steps then stay within one.
    if (const auto aligned = middle - middle % chunk_rows; aligned > low) middle = aligned;
    if (timestep(middle) < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  std::vector<std::int64_t> rest(static_cast<std::size_t>(high - low));
  read({low, high - low}, rest);
  return low + static_cast<std::uint64_t>(std::lower_bound(rest.begin(), rest.end(), wanted) - rest.begin());
}

bool TimeIndex::is_lower_bound(std::uint64_t row, std::int64_t wanted) const {
  return (row == 0 || timestep(row - 1) < wanted) && (row == rows_ || timestep(row) >= wanted);
}

std::int64_t TimeIndex::timestep(std::uint64_t row) const {
  std::int64_t value = 0;
  read({row, 1}, {&value, 1});
  return value;
}

const std::vector<TimeIndex::Chunk>& TimeIndex::chunks() const {
  const std::lock_guard lock(read_mutex_);
  if (!chunks_) chunks_ = read_chunks();
  return *chunks_;
}

std::vector<TimeIndex::Chunk> TimeIndex::read_chunks() const {
  if (index_path_.empty()) return {};
  auto file = file_;
  Retry retry;
  for (bool again = false;; again = true) {
    try {
      if (again) file = file->again();
      return read_chunks(*file);
    } catch (const Error& error) {
      if (!retry.again(error, file->opened())) throw;
    }
  }
}

std::vector<TimeIndex::Chunk> TimeIndex::read_chunks(const File& file) const {
  std::vector<Chunk> chunks;
  std::uint64_t row = 0;
  read_records<IndexRecord>(file, index_path_, timesteps_->place(), kIndexFields, [&](const IndexRecord& record) {
    // Ends with the committed rows, which may be fewer than the finished chunks hold.
    const std::uint64_t rows = std::min(record.rows, rows_ - row);
    if (rows == 0) return;
    row += rows;
    chunks.push_back({record.first_timestep, record.last_timestep, row});
  });
  return chunks;
}

}  // namespace neurotape::loader
