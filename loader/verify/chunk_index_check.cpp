#include <algorithm>
#include <array>
#include <cstddef>
#include <fmt/format.h>

#include "loader/records.hpp"
#include "loader/verify/stream_check.hpp"

namespace neurotape::loader {
namespace {

constexpr std::array<Field, 3> kIndexFields = {
    {{"first_timestep", Field::Kind::i64, offsetof(IndexRecord, first_timestep)},
     {"last_timestep", Field::Kind::i64, offsetof(IndexRecord, last_timestep)},
     {"rows", Field::Kind::u64, offsetof(IndexRecord, rows)}}};

}  // namespace

/// How many records `chunk_index` should have: one for each finished chunk of the widest column.
void StreamCheck::read_chunk_index() try {
  const Dataset* widest = nullptr;
  for (const auto& column : columns_) {
    if (is_events_data(column)) continue;
    if (!column.dataset) return;
    if (widest == nullptr || is_dense() || column.dataset->row_bytes() > widest->row_bytes())
      widest = column.dataset.get();
  }
  const auto path = group_.path + "/chunk_index";
  const bool there = checks_.episode.has_dataset(path);
  if (there)
    read_records<IndexRecord>(*checks_.episode.file, checks_.episode.path_of(path), place_, kIndexFields,
                              [&](const IndexRecord& record) { chunk_index_.push_back(record); });
  const bool cut_off = checks_.episode.is_cut_off();
  const std::uint64_t chunk_rows = std::max<std::uint64_t>(1, widest->chunk_rows());
  const std::uint64_t chunks = facts_.rows / chunk_rows + (!cut_off && facts_.rows % chunk_rows != 0 ? 1 : 0);
  const std::uint64_t expected = widest->chunk_rows() == 0 || chunks < 2 ? 0 : chunks;
  if (cut_off ? chunk_index_.size() < expected : chunk_index_.size() != expected)
    fault("chunk_index",
          fmt::format("it has {} records, but there are {} finished chunks", chunk_index_.size(), chunks));
  for (std::size_t i = 0; i < std::min<std::size_t>(chunk_index_.size(), chunks); ++i) {
    const auto rows = std::min(chunk_rows, facts_.rows - i * chunk_rows);
    if (chunk_index_[i].rows == rows) continue;
    fault("chunk_index", fmt::format("record {} says {} rows, but its chunk has {}", i, chunk_index_[i].rows, rows), i);
    chunk_index_.resize(i);  // where the next one begins is not known
  }
  chunk_index_.resize(std::min<std::size_t>(chunk_index_.size(), chunks));
} catch (const Error& error) {
  fault("chunk_index", cause_of(error));
  chunk_index_.clear();
}

}  // namespace neurotape::loader
