#include <array>
#include <filesystem>

#include "backends/codec/encode.hpp"
#include "backends/codec/filters.hpp"
#include "bench/peers/columns.hpp"
#include "bench/peers/hdf5_calls.hpp"

namespace neurotape::bench {
namespace {

using Extent = std::vector<hsize_t>;

// A row of one value has one dimension only.
Extent extent(const Column& column, std::uint64_t rows) {
  return column.width == 1 ? Extent{rows} : Extent{rows, column.width};
}

/// A file with an empty dataset for each column.
class Datasets {
 public:
  using FiltersOf = std::function<std::vector<Hdf5Filter>(const Column&)>;

  Datasets(const std::vector<Column>& columns, const std::filesystem::path& directory, const FiltersOf& filters_of)
      : columns_(columns), file_(create_hdf5(directory / "peer.h5")) {
    const Hdf5Id links(H5Pcreate(H5P_LINK_CREATE));
    check_hdf5(H5Pset_create_intermediate_group(links, 1));
    for (const Column& column : columns) {
      Extent limit = extent(column, H5S_UNLIMITED);
      const Hdf5Id space(H5Screate_simple(static_cast<int>(limit.size()), extent(column, 0).data(), limit.data()));
      const Hdf5Id creation = creation_properties(extent(column, column.chunk_rows), filters_of(column));
      datasets_.emplace_back(
          H5Dcreate2(file_, column.name.c_str(), hdf5_type(column.dtype), space, links, creation, H5P_DEFAULT));
    }
  }

  const Column& column(std::size_t i) const { return columns_[i]; }
  hid_t grown(std::size_t i, std::uint64_t rows) const {
    check_hdf5(H5Dset_extent(datasets_[i], extent(columns_[i], rows).data()));
    return datasets_[i];
  }
  void close() {
    datasets_.clear();
    Hdf5Id(std::move(file_));
  }

 private:
  std::vector<Column> columns_;
  Hdf5Id file_;
  std::vector<Hdf5Id> datasets_;
};

class FilterStore : public Store {
 public:
  FilterStore(const std::vector<Column>& columns, const std::filesystem::path& directory, const std::string& filters)
      : datasets_(columns, directory, [&](const Column&) { return hdf5_filters(filters); }) {}

  void write(std::size_t i, std::uint64_t first_row, std::vector<std::byte>& rows) override {
    const Column& column = datasets_.column(i);
    const std::uint64_t count = rows.size() / column.row_bytes;
    const Extent start = column.width == 1 ? Extent{first_row} : Extent{first_row, 0};
    const Extent block = extent(column, count);
    const hid_t dataset = datasets_.grown(i, first_row + count);
    const Hdf5Id in_file(H5Dget_space(dataset));
    check_hdf5(H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start.data(), nullptr, block.data(), nullptr));
    const Hdf5Id in_memory(H5Screate_simple(static_cast<int>(block.size()), block.data(), nullptr));
    check_hdf5(H5Dwrite(dataset, hdf5_type(column.dtype), in_memory, in_file, H5P_DEFAULT, rows.data()));
  }
  void close() override { datasets_.close(); }

 private:
  Datasets datasets_;
};

class ChunkStore : public Store {
 public:
  ChunkStore(const std::vector<Column>& columns, const std::filesystem::path& directory, const Codec& codec)
      : datasets_(columns, directory, [&](const Column& column) { return filters(codec, column); }) {
    for (const Column& column : columns) encoders_.push_back(codec::make_encoder(codec, dtype_bytes(column.dtype)));
  }

  void write(std::size_t i, std::uint64_t first_row, std::vector<std::byte>& rows) override {
    const Column& column = datasets_.column(i);
    const hid_t dataset = datasets_.grown(i, first_row + rows.size() / column.row_bytes);
    rows.resize(column.chunk_rows * column.row_bytes);
    stored_.resize(std::max(stored_.size(), encoders_[i]->bound(rows.size())));
    const Encoded encoded = encoders_[i]->encode(rows, stored_);
    const std::array<hsize_t, 2> offset{first_row, 0};
    check_hdf5(H5Dwrite_chunk(dataset, H5P_DEFAULT, encoded.filter_mask, offset.data(), encoded.bytes, stored_.data()));
  }
  void close() override { datasets_.close(); }

 private:
  static std::vector<Hdf5Filter> filters(const Codec& codec, const Column& column) {
    std::vector<Hdf5Filter> all;
    const std::size_t bytes = column.chunk_rows * column.row_bytes;
    for (const Filter& filter : codec::filter_pipeline(codec, dtype_bytes(column.dtype), bytes))
      all.push_back({static_cast<H5Z_filter_t>(filter.id), filter.parameters});
    return all;
  }

  Datasets datasets_;
  std::vector<std::unique_ptr<Encoder>> encoders_;
  std::vector<std::byte> stored_;
};

}  // namespace

MakeStore hdf5_store(const std::string& filters) {
  return [filters](const std::vector<Column>& columns, const std::filesystem::path& directory) {
    return std::make_unique<FilterStore>(columns, directory, filters);
  };
}

MakeStore chunk_store(const Codec& codec) {
  return [codec](const std::vector<Column>& columns, const std::filesystem::path& directory) {
    return std::make_unique<ChunkStore>(columns, directory, codec);
  };
}

}  // namespace neurotape::bench
