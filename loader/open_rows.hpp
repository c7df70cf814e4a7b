#pragma once
/// \file
/// The rows of an unfinished episode that no filter's checksum protects yet.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "loader/dataset.hpp"

namespace neurotape::loader {

/// The open chunks of a stream are stored raw: only `open_rows_xxh3` of the last commit tells whether their rows are
/// whole.
/// Thread safety: any thread may call anything.
class OpenRows {
 public:
  /// \param columns in the order in which they are hashed
  /// \param rows committed ones
  OpenRows(std::vector<std::shared_ptr<const Dataset>> columns, std::uint64_t rows, std::uint64_t committed_xxh3);

  /// The first row that is in an open chunk of some column; where there is no open chunk, the number of rows.
  std::uint64_t first_row() const noexcept { return first_row_; }
  std::uint64_t rows() const noexcept { return rows_; }
  /// Reads the open chunks, the first time that it is called.
  /// \throws Error damaged where they are not what was committed; io
  void check() const;

 private:
  std::vector<std::shared_ptr<const Dataset>> columns_;
  std::uint64_t rows_;
  std::uint64_t first_row_;
  std::uint64_t committed_xxh3_;
  mutable std::mutex mutex_;
  mutable std::optional<bool> whole_;
};

/// XXH3-64 of the open rows as they are in the file.
std::uint64_t xxh3_of_open_rows(std::span<const std::shared_ptr<const Dataset>> columns, std::uint64_t rows);

}  // namespace neurotape::loader
