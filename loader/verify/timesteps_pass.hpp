#pragma once
/// \file
/// The timesteps of a stream, read once from the first row to the last.

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loader/verify/stream_check.hpp"

namespace neurotape::loader {

/// What is wrong with rows of a column.
struct RowsFault {
  RowRange rows;
  std::string what;
};

/// Whether timesteps ascend: strictly in a dense stream, and not at all where a sparse one is marked as unsorted.
class Ascent {
 public:
  enum class Rule { strict, sorted, none };
  explicit Ascent(Rule rule) : rule_(rule) {}

  /// \returns the first row that breaks the rule
  std::optional<RowsFault> add(std::uint64_t first_row, std::span<const std::int64_t> timesteps);
  void skip() { last_.reset(); }

 private:
  const Rule rule_;
  std::optional<std::int64_t> last_;
};

/// How many rows a dense stream has at timesteps below each of some bounds.
class RowsBelow {
 public:
  void ask(std::int64_t bound) { below_[bound] = 0; }
  void add(std::uint64_t first_row, std::span<const std::int64_t> timesteps);
  void end(std::uint64_t rows);
  std::uint64_t of(std::int64_t bound) const { return below_.at(bound); }

 private:
  std::map<std::int64_t, std::uint64_t> below_;
  std::optional<std::int64_t> answered_;  ///< all bounds up to this one
};

/// The records of `chunk_index` beside the rows that they speak of.
class IndexedChunks {
 public:
  explicit IndexedChunks(const std::vector<IndexRecord>& records) : records_(records) {}

  std::vector<RowsFault> add(std::uint64_t first_row, std::span<const std::int64_t> timesteps);
  void skip(RowRange rows);

 private:
  bool at_end() const { return record_ == records_.size(); }
  std::uint64_t rows_left() const { return records_[record_].rows - taken_; }
  void advance(std::uint64_t rows, std::vector<RowsFault>& faults);

  const std::vector<IndexRecord>& records_;
  std::size_t record_ = 0;
  std::uint64_t first_row_ = 0;  ///< of this record
  std::uint64_t taken_ = 0;
  bool known_ = true;
  std::int64_t least_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t most_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace neurotape::loader
