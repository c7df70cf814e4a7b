#pragma once
/// \file
/// From timesteps to rows.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loader/dataset.hpp"

namespace neurotape::loader {

/// Finds the rows of a range of timesteps, decoding as little of `timesteps` as possible: `chunk_index` tells
/// the chunks, a binary search the rows. An index that the timesteps contradict is not used.
/// Thread safety: any thread may call anything.
class TimeIndex {
 public:
  /// \param index_path of the dataset `chunk_index`; empty: there is none.
  TimeIndex(std::shared_ptr<const Dataset> timesteps, std::uint64_t rows, std::shared_ptr<const File> file,
            std::string index_path);

  /// Of a sorted stream: the rows with timesteps from `from` on and before `to`.
  RowRange find(std::int64_t from, std::int64_t to) const;
  /// The same of some rows, which are sorted whatever the others are, and without the index.
  RowRange find_within(RowRange rows, std::int64_t from, std::int64_t to) const;
  /// Of any stream: rows that hold all with such timesteps, and others. In order.
  std::vector<RowRange> candidates(std::int64_t from, std::int64_t to) const;
  void read(RowRange rows, std::span<std::int64_t> out) const;

 private:
  struct Chunk {
    std::int64_t first_timestep;
    std::int64_t last_timestep;
    std::uint64_t end_row;
  };

  std::uint64_t lower_bound(std::int64_t timestep) const;
  std::optional<RowRange> narrowed(std::int64_t timestep) const;
  std::uint64_t search(RowRange rows, std::int64_t timestep) const;
  bool is_lower_bound(std::uint64_t row, std::int64_t timestep) const;
  std::int64_t timestep(std::uint64_t row) const;
  const std::vector<Chunk>& chunks() const;
  std::vector<Chunk> read_chunks() const;
  std::vector<Chunk> read_chunks(const File& file) const;

  std::shared_ptr<const Dataset> timesteps_;
  std::uint64_t rows_;
  std::shared_ptr<const File> file_;
  std::string index_path_;
  mutable std::mutex read_mutex_;
  mutable std::optional<std::vector<Chunk>> chunks_;  ///< read when first needed, constant from then on
};

}  // namespace neurotape::loader
