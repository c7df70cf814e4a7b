#include "backends/hdf5/dataset_writer.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "backends/hdf5/attributes.hpp"

namespace neurotape::hdf5 {
namespace {

[[noreturn]] void misused(const std::string& column, std::string_view what) {
  throw Error(ErrorCode::invalid_argument, fmt::format("dataset '{}': {}", column, what));
}

}  // namespace

ChunkGrid::ChunkGrid(const ColumnSpec& column, const ColumnLayout& layout)
    : shape_(column.shape),
      chunk_(layout.chunk_dims.begin(), layout.chunk_dims.end()),
      element_bytes_(column.element_bytes()),
      tiles_(1),
      chunk_bytes_(column.element_bytes()) {
  if (chunk_.size() != shape_.size() + 1) misused(column.name, "the chunk has another rank than the rows");
  for (auto dimension : chunk_) chunk_bytes_ *= static_cast<std::size_t>(dimension);
  for (std::size_t i = 0; i < shape_.size(); ++i) {
    tiles_ *= static_cast<std::uint32_t>((shape_[i] + chunk_[i + 1] - 1) / std::max<hsize_t>(chunk_[i + 1], 1));
  }
  if (chunk_bytes_ == 0 || (tiles_ != layout.tiles && tiles_ != 0) || chunk_rows() != layout.chunk_rows) {
    misused(column.name, "chunk_dims, chunk_rows and tiles do not agree");
  }
}

Dimensions ChunkGrid::extent(std::uint64_t rows) const {
  Dimensions extent{rows};
  extent.insert(extent.end(), shape_.begin(), shape_.end());
  return extent;
}

Dimensions ChunkGrid::offset(std::uint64_t chunk, std::uint32_t tile) const {
  Dimensions offset(chunk_.size(), 0);
  for (std::size_t i = chunk_.size() - 1; i > 0; --i) {
    const auto count = (shape_[i - 1] + chunk_[i] - 1) / chunk_[i];
    offset[i] = (tile % count) * chunk_[i];
    tile /= static_cast<std::uint32_t>(count);
  }
  offset[0] = chunk * chunk_rows();
  return offset;
}

std::size_t ChunkGrid::tile_bytes(std::uint32_t tile) const {
  const auto first = offset(0, tile);
  std::size_t bytes = element_bytes_;
  for (std::size_t i = 1; i < chunk_.size(); ++i) {
    bytes *= static_cast<std::size_t>(std::min(chunk_[i], shape_[i - 1] - first[i]));
  }
  return bytes;
}

DatasetWriter::DatasetWriter(const ColumnSpec& column, const ColumnLayout& layout)
    : column_(column), grid_(column, layout), filters_(layout.filters) {}

void DatasetWriter::create(Library& library, hid_t group, std::optional<std::int64_t> stream_id) {
  auto limit = grid_.extent(H5S_UNLIMITED);
  const auto space = create_space(grid_.extent(0), limit);
  dataset_ = create_dataset(group, column_.name, library.type(column_), space.get(), library.link_creation(),
                            library.chunked_creation(grid_.chunk(), filters_, stream_id.has_value()),
                            library.dataset_access());
  if (stream_id) set_attribute(library, dataset_.get(), "stream_id", *stream_id);
}

void DatasetWriter::open(Library& library, hid_t group) {
  dataset_ = open_dataset(group, column_.name, library.dataset_access());
}

void DatasetWriter::raise_extent(std::uint64_t rows) {
  if (rows <= rows_) return;
  set_extent(dataset_.get(), grid_.extent(rows));
  rows_ = rows;
}

std::uint32_t DatasetWriter::all_filters() const noexcept { return (1U << filters_.size()) - 1; }

void DatasetWriter::write_chunk(File& file, std::uint64_t chunk, std::uint32_t tile, std::uint64_t rows,
                                std::span<const std::byte> stored, std::uint32_t filter_mask) {
  // HDF5 1.10.8 neither refuses these nor survives them: see the checks of H5Dwrite_chunk.
  if (rows == 0 || rows > grid_.chunk_rows() || (tile >= grid_.tiles() && tile != 0))
    misused(column_.name, "no such chunk");
  const bool unfiltered = (filter_mask & all_filters()) == all_filters();
  if (stored.empty() || (unfiltered && stored.size() != grid_.chunk_bytes())) {
    misused(column_.name, "a chunk of the wrong size");
  }
  raise_extent(chunk * grid_.chunk_rows() + rows);
  if (grid_.empty_rows()) return;
  const auto offset = grid_.offset(chunk, tile);
  if (open_ && open_->chunk == chunk && !filters_.empty() && stored.size() == grid_.chunk_bytes()) {
    move_open_tile(file, offset, open_->addresses[tile]);
  }
  hdf5::write_chunk(dataset_.get(), offset, filter_mask, stored);
  if (open_ && open_->chunk == chunk && tile + 1 == grid_.tiles()) open_.reset();
}

// HDF5 gives a chunk a new place when its size changes; where the encoded chunk happens to have the size of the
// raw one it would be written over committed rows, whose filter mask changes only later. One byte more at another
// place first (the same rows, every filter masked) makes the sizes differ; the old place keeps its bytes.
void DatasetWriter::move_open_tile(File& file, const Dimensions& offset, std::uint64_t address) {
  std::vector<std::byte> raw(grid_.chunk_bytes() + 1);
  file.read_at(address, std::span(raw).first(grid_.chunk_bytes()));
  hdf5::write_chunk(dataset_.get(), offset, all_filters(), raw);
}

void DatasetWriter::write_open_rows(File& file, std::uint64_t chunk, std::uint64_t first_row, std::uint64_t rows,
                                    std::span<const std::byte> raw) {
  const auto row_bytes = column_.row_bytes();
  if (rows == 0 || first_row + rows > grid_.chunk_rows() || raw.size() != rows * row_bytes) {
    misused(column_.name, "open rows that are not rows of a chunk");
  }
  raise_extent(chunk * grid_.chunk_rows() + first_row + rows);
  if (grid_.empty_rows()) return;
  if (!open_ || open_->chunk != chunk) {
    if (first_row != 0) misused(column_.name, "open rows after rows that were not written");
    store_open_chunk(file, chunk, raw);
  } else if (first_row != 0) {
    file.write_at(open_->addresses.front() + first_row * row_bytes, raw);
  }
}

void DatasetWriter::store_open_chunk(File& file, std::uint64_t chunk, std::span<const std::byte> raw) {
  OpenChunk open{chunk, {}};
  for (std::uint32_t tile = 0; tile < grid_.tiles(); ++tile) {  // pieces of one row, one after the other
    const auto bytes = grid_.tiles() == 1 ? raw.size() : grid_.tile_bytes(tile);
    open.addresses.push_back(store_raw(file, grid_.offset(chunk, tile), raw.first(bytes)));
    raw = raw.subspan(bytes);
  }
  open_ = std::move(open);
}

/// \returns the address of the chunk.
std::uint64_t DatasetWriter::store_raw(File& file, const Dimensions& offset, std::span<const std::byte> raw) {
  std::vector<std::byte> padded(grid_.chunk_bytes());
  std::copy(raw.begin(), raw.end(), padded.begin());
  hdf5::write_chunk(dataset_.get(), offset, all_filters(), padded);
  return file.last_raw_address();  // HDF5's own answer walks over all chunks: quadratic in long episodes
}

}  // namespace neurotape::hdf5
