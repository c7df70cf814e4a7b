#pragma once
/// \file
/// How a dataset's rows lie in its chunks. Arithmetic only: no HDF5.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "neurotape/stream_readers.hpp"

namespace neurotape::loader {

/// A dataset cut in chunks: in groups of rows, and each of these in tiles of a row.
/// Thread safety: immutable.
class ChunkGrid {
 public:
  ChunkGrid() = default;
  /// Both begin with the rows, none of `chunk` is 0, and the product of neither overflows.
  ChunkGrid(std::vector<std::uint64_t> dimensions, std::vector<std::uint64_t> chunk, std::size_t element_bytes);

  std::uint64_t rows_of_chunk() const noexcept { return chunk_[0]; }
  std::uint64_t tiles() const noexcept { return tiles_; }  ///< chunks beside each other in a row
  std::size_t chunk_bytes() const noexcept { return chunk_bytes_; }
  std::size_t chunk_row_bytes() const noexcept { return chunk_bytes_ / static_cast<std::size_t>(chunk_[0]); }
  /// A chunk holds whole rows and nothing else: its bytes are those of the result.
  bool whole_rows() const noexcept { return whole_rows_; }
  /// Chunks of the same rows and values.
  bool is_cut_as(const ChunkGrid& other) const noexcept {
    return chunk_ == other.chunk_ && dimensions_ == other.dimensions_;
  }
  /// Where the chunk of this group of rows and this tile begins, as HDF5 counts: in elements.
  std::vector<unsigned long long> offset(std::uint64_t group, std::uint64_t tile) const;

  /// Copies `count` rows of a chunk, from its row `first` on, to where they lie in `out`, whose rows are whole.
  void copy_rows(std::span<const std::byte> chunk, std::uint64_t tile, std::uint64_t first, std::uint64_t count,
                 std::byte* out) const;
  /// The way back: cuts a tile out of `count` whole rows into the first rows of a chunk. What sticks out of the dataset is
  /// left as it is.
  void cut_rows(const std::byte* rows, std::uint64_t tile, std::uint64_t count, std::span<std::byte> chunk) const;

 private:
  /// Bytes that lie one after the other in a row of a chunk, and in the whole row.
  struct Run {
    std::size_t in_chunk;
    std::size_t in_row;
    std::size_t bytes;
  };
  std::vector<Run> runs_of(std::uint64_t tile) const;

  std::vector<std::uint64_t> dimensions_;
  std::vector<std::uint64_t> chunk_;
  std::vector<std::uint64_t> tiles_of_dimension_;
  std::size_t element_bytes_ = 0;
  std::size_t chunk_bytes_ = 0;
  std::size_t row_bytes_ = 0;
  std::uint64_t tiles_ = 1;
  bool whole_rows_ = true;

  friend class Picks;
};

/// Some values of each row, by their position in it, sorted by the tile that they are in.
class Picks {
 public:
  /// \param positions below the number of values of a row, in the order in which they are wanted.
  Picks(const ChunkGrid& grid, std::span<const std::uint64_t> positions);

  std::size_t size() const noexcept { return size_; }
  std::vector<std::uint64_t> tiles() const;  ///< those that hold any, ascending
  /// Copies from `count` rows of a chunk, from its row `first` on, to `out`, whose rows are `size()` values long.
  void copy(std::span<const std::byte> chunk, std::uint64_t tile, std::uint64_t first, std::uint64_t count,
            std::byte* out) const;

 private:
  struct Pick {
    std::uint64_t tile;
    std::size_t from;  ///< element within a row of the chunk
    std::size_t to;    ///< element within a row of the result
  };
  std::vector<Pick> picks_;
  std::size_t size_ = 0;
  std::size_t element_bytes_ = 0;
  std::size_t chunk_row_bytes_ = 0;
};

/// The same from rows that lie one after the other.
void pick_values(std::span<const std::byte> rows, std::size_t row_bytes, std::span<const std::uint64_t> positions,
                 std::size_t element_bytes, std::byte* out);

}  // namespace neurotape::loader
