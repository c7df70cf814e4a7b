#include "loader/pack/column_copy.hpp"

#include <algorithm>
#include <cstring>

#include "backends/codec/encode.hpp"
#include "backends/codec/filters.hpp"
#include "loader/pack/chunk_shape.hpp"

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kRowsOfChunk = 8192;

hdf5::Dimensions as_dimensions(const std::vector<std::uint64_t>& sizes) { return {sizes.begin(), sizes.end()}; }

void check_decodable(const Dataset& column) {
  if (!column.layout().decodable)
    throw Error(ErrorCode::unsupported, "its filters are not those of this program", context_of(column.place()));
}

/// Chunk by chunk: they are cut alike.
void copy_chunks(const Dataset& from, ColumnWriter& to) {
  const auto& grid = to.grid();
  const std::uint64_t groups = (from.rows() + grid.rows_of_chunk() - 1) / grid.rows_of_chunk();
  detail::Storage chunk;
  for (std::uint64_t group = 0; group < groups; ++group)
    for (std::uint64_t tile = 0; tile < grid.tiles(); ++tile) {
      from.read_one_chunk(group, tile, chunk);
      to.write(group, tile, chunk.bytes().first(grid.chunk_bytes()));
    }
}

}  // namespace

ColumnWriter::ColumnWriter(hdf5::Library& library, hid_t group, const std::string& name, hid_t type,
                           const std::vector<std::uint64_t>& dimensions, const std::vector<std::uint64_t>& chunk,
                           std::size_t element_bytes, const Codec& codec)
    : grid_(dimensions, chunk, element_bytes), encoder_(codec::make_encoder(codec, element_bytes)) {
  const auto filters = codec::filter_pipeline(codec, element_bytes, grid_.chunk_bytes());
  const auto creation = library.chunked_creation(as_dimensions(chunk), filters, true);
  auto limit = dimensions;  // HDF5 wants no chunk beyond it
  for (std::size_t i = 0; i < limit.size(); ++i) limit[i] = std::max(limit[i], chunk[i]);
  const auto space = hdf5::create_space(as_dimensions(dimensions), as_dimensions(limit));
  dataset_ =
      hdf5::create_dataset(group, name, type, space.get(), library.link_creation(), creation, library.dataset_access());
  stored_.resize(encoder_->bound(grid_.chunk_bytes()));
}

void ColumnWriter::write(std::uint64_t group, std::uint64_t tile, std::span<const std::byte> raw) {
  const auto encoded = encoder_->encode(raw, stored_.bytes());
  const auto offset = grid_.offset(group, tile);
  hdf5::write_chunk(dataset_.get(), hdf5::Dimensions(offset.begin(), offset.end()), encoded.filter_mask,
                    stored_.bytes().first(encoded.bytes));
}

RowsWriter::RowsWriter(hdf5::Library& library, hid_t group, const std::string& name, Dtype dtype, std::uint64_t rows,
                       const Codec& codec)
    : column_(library, group, name, library.type(dtype), {rows}, {std::clamp<std::uint64_t>(rows, 1, kRowsOfChunk)},
              dtype_bytes(dtype), codec),
      chunk_(column_.grid().chunk_bytes()) {}

void RowsWriter::append(std::span<const std::byte> rows) {
  while (!rows.empty()) {
    const auto piece = std::min(rows.size(), chunk_.size() - filled_);
    std::memcpy(chunk_.data() + filled_, rows.data(), piece);
    filled_ += piece;
    rows = rows.subspan(piece);
    if (filled_ == chunk_.size()) write_chunk();
  }
}

void RowsWriter::finish() {
  if (filled_ == 0) return;
  std::memset(chunk_.data() + filled_, 0, chunk_.size() - filled_);
  write_chunk();
}

void RowsWriter::write_chunk() {
  column_.write(written_++, 0, chunk_.bytes());
  filled_ = 0;
}

void read_here(const Dataset& from, RowRange rows, std::byte* out) {
  check_decodable(from);
  const auto& grid = from.grid();
  detail::Storage chunk;
  for (std::uint64_t row = rows.first, end = rows.first + rows.count, count = 0; row < end; row += count) {
    const std::uint64_t group = row / grid.rows_of_chunk(), within = row % grid.rows_of_chunk();
    count = std::min(end - row, grid.rows_of_chunk() - within);
    for (std::uint64_t tile = 0; tile < grid.tiles(); ++tile) {
      from.read_one_chunk(group, tile, chunk);
      grid.copy_rows(chunk.bytes(), tile, within, count, out + (row - rows.first) * from.row_bytes());
    }
  }
}

void copy_values(const Dataset& from, ColumnWriter& to) {
  check_decodable(from);
  const auto& grid = to.grid();
  if (grid.is_cut_as(from.grid())) return copy_chunks(from, to);
  detail::Storage rows, chunk(grid.chunk_bytes());
  for (std::uint64_t first = 0, group = 0; first < from.rows(); first += grid.rows_of_chunk(), ++group) {
    const std::uint64_t count = std::min(grid.rows_of_chunk(), from.rows() - first);
    rows.resize(static_cast<std::size_t>(count * from.row_bytes()));
    read_here(from, {first, count}, rows.data());
    for (std::uint64_t tile = 0; tile < grid.tiles(); ++tile) {
      std::memset(chunk.data(), 0, chunk.size());
      grid.cut_rows(rows.data(), tile, count, chunk.bytes());
      to.write(group, tile, chunk.bytes());
    }
  }
}

}  // namespace neurotape::loader
