#pragma once
/// \file
/// One column of a stream in a file that grows: chunks as they come, and the rows of the open chunk.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "backends/hdf5/file_access.hpp"
#include "backends/hdf5/library.hpp"

namespace neurotape::hdf5 {

/// Where the chunks of a column lie.
class ChunkGrid {
 public:
  ChunkGrid(const ColumnSpec& column, const ColumnLayout& layout);

  Dimensions extent(std::uint64_t rows) const;
  const Dimensions& chunk() const noexcept { return chunk_; }
  /// Where a tile of a chunk begins. Tiles count in row-major order.
  Dimensions offset(std::uint64_t chunk, std::uint32_t tile) const;
  std::uint64_t chunk_rows() const noexcept { return chunk_.front(); }
  std::uint64_t chunks(std::uint64_t rows) const noexcept { return (rows + chunk_rows() - 1) / chunk_rows(); }
  std::uint32_t tiles() const noexcept { return tiles_; }
  std::size_t chunk_bytes() const noexcept { return chunk_bytes_; }
  /// Whether rows have no values, so that there are rows but no chunks.
  bool empty_rows() const noexcept { return tiles_ == 0; }
  /// Bytes of a row that a tile holds: fewer than `chunk_bytes` where the row ends within it.
  std::size_t tile_bytes(std::uint32_t tile) const;

 private:
  std::vector<std::uint64_t> shape_;
  Dimensions chunk_;
  std::size_t element_bytes_;
  std::uint32_t tiles_;
  std::size_t chunk_bytes_;
};

/// Invariants: the extent is raised before a chunk is written, and covers only rows that are written;
/// bytes of the open chunk that hold rows are never overwritten, so a commit of them stands whatever follows.
class DatasetWriter {
 public:
  DatasetWriter(const ColumnSpec& column, const ColumnLayout& layout);

  /// \param stream_id stored as the attribute of that name
  void create(Library& library, hid_t group, std::optional<std::int64_t> stream_id);
  void open(Library& library, hid_t group);
  void close() noexcept { dataset_.reset(); }
  hid_t id() const noexcept { return dataset_.get(); }

  void write_chunk(File& file, std::uint64_t chunk, std::uint32_t tile, std::uint64_t rows,
                   std::span<const std::byte> stored, std::uint32_t filter_mask);
  /// Rows from `first_row` of the chunk on; those before it have been written.
  void write_open_rows(File& file, std::uint64_t chunk, std::uint64_t first_row, std::uint64_t rows,
                       std::span<const std::byte> raw);
  void raise_extent(std::uint64_t rows);

  const ChunkGrid& grid() const noexcept { return grid_; }
  const std::string& name() const noexcept { return column_.name; }
  std::uint64_t rows() const noexcept { return rows_; }

 private:
  struct OpenChunk {
    std::uint64_t chunk = 0;
    std::vector<std::uint64_t> addresses;  // of its tiles
  };

  std::uint32_t all_filters() const noexcept;
  void store_open_chunk(File& file, std::uint64_t chunk, std::span<const std::byte> raw);
  std::uint64_t store_raw(File& file, const Dimensions& offset, std::span<const std::byte> raw);
  void move_open_tile(File& file, const Dimensions& offset, std::uint64_t address);

  ColumnSpec column_;
  ChunkGrid grid_;
  std::vector<Filter> filters_;
  Handle dataset_;
  std::uint64_t rows_ = 0;  // the extent
  std::optional<OpenChunk> open_;
};

}  // namespace neurotape::hdf5
