// The calls on datasets.

#include <fmt/format.h>

#include "backends/hdf5/calls.hpp"

namespace neurotape::hdf5 {
namespace {

Handle space_of(hid_t dataset) {
  return {checked("H5Dget_space", dataset, [&] { return H5Dget_space(dataset); }), H5Sclose};
}

/// The dataset's space with these rows (of a one-dimensional dataset) selected, and a space of as many.
struct Selection {
  Selection(hid_t dataset, hsize_t first, hsize_t count)
      : file(space_of(dataset)), memory(create_space({count}, {count})) {
    checked("H5Sselect_hyperslab", dataset,
            [&] { return H5Sselect_hyperslab(file.get(), H5S_SELECT_SET, &first, nullptr, &count, nullptr); });
  }
  Handle file;
  Handle memory;
};

}  // namespace

Handle create_dataset(hid_t group, const std::string& name, hid_t type, hid_t space, hid_t link_creation,
                      hid_t creation, hid_t access) {
  return {checked(fmt::format("creating the dataset '{}'", name), group,
                  [&] { return H5Dcreate2(group, name.c_str(), type, space, link_creation, creation, access); }),
          H5Dclose};
}

Handle open_dataset(hid_t group, const std::string& name, hid_t access) {
  return {checked(fmt::format("opening the dataset '{}'", name), group,
                  [&] { return H5Dopen2(group, name.c_str(), access); }),
          H5Dclose};
}

void set_extent(hid_t dataset, const Dimensions& extent) {
  checked("H5Dset_extent", dataset, [&] { return H5Dset_extent(dataset, extent.data()); });
}

Dimensions dataset_extent(hid_t dataset) {
  const auto space = space_of(dataset);
  const int rank =
      checked("H5Sget_simple_extent_ndims", dataset, [&] { return H5Sget_simple_extent_ndims(space.get()); });
  Dimensions extent(static_cast<std::size_t>(rank));
  checked("H5Sget_simple_extent_dims", dataset,
          [&] { return H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr); });
  return extent;
}

void write_chunk(hid_t dataset, const Dimensions& offset, std::uint32_t filter_mask, std::span<const std::byte> bytes) {
  checked("H5Dwrite_chunk", dataset,
          [&] { return H5Dwrite_chunk(dataset, H5P_DEFAULT, filter_mask, offset.data(), bytes.size(), bytes.data()); });
}

std::size_t chunk_bytes_stored(hid_t dataset, const Dimensions& offset) {
  hsize_t bytes = 0;
  checked("H5Dget_chunk_storage_size", dataset,
          [&] { return H5Dget_chunk_storage_size(dataset, offset.data(), &bytes); });
  return static_cast<std::size_t>(bytes);
}

std::uint32_t read_chunk(hid_t dataset, const Dimensions& offset, std::span<std::byte> bytes) {
  std::uint32_t filter_mask = 0;
  checked("H5Dread_chunk", dataset,
          [&] { return H5Dread_chunk(dataset, H5P_DEFAULT, offset.data(), &filter_mask, bytes.data()); });
  return filter_mask;
}

void write_all(hid_t dataset, hid_t memory_type, const void* values) {
  checked("H5Dwrite", dataset, [&] { return H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values); });
}

void write_rows(hid_t dataset, hid_t memory_type, std::uint64_t first, std::uint64_t count, const void* values) {
  const Selection rows(dataset, first, count);
  checked("H5Dwrite", dataset,
          [&] { return H5Dwrite(dataset, memory_type, rows.memory.get(), rows.file.get(), H5P_DEFAULT, values); });
}

void read_rows(hid_t dataset, hid_t memory_type, std::uint64_t first, std::uint64_t count, void* values) {
  const Selection rows(dataset, first, count);
  checked("H5Dread", dataset,
          [&] { return H5Dread(dataset, memory_type, rows.memory.get(), rows.file.get(), H5P_DEFAULT, values); });
}

}  // namespace neurotape::hdf5
