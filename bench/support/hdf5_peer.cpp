#include "bench/support/hdf5_peer.hpp"

#include <array>
#include <stdexcept>

namespace neurotape::bench {
namespace {

void check(herr_t status) {
  if (status < 0) throw std::runtime_error("HDF5 failed; its error is above");
}

Hdf5Id create_dataset(hid_t file, const char* name, std::size_t columns, std::size_t chunk_rows, unsigned level) {
  const std::array<hsize_t, 2> none{0, columns};
  const std::array<hsize_t, 2> limit{H5S_UNLIMITED, columns};
  const std::array<hsize_t, 2> chunk{chunk_rows, columns};
  const Hdf5Id space(H5Screate_simple(2, none.data(), limit.data()));
  const Hdf5Id creation(H5Pcreate(H5P_DATASET_CREATE));
  check(H5Pset_chunk(creation, 2, chunk.data()));
  if (level != 0) {
    check(H5Pset_shuffle(creation));
    check(H5Pset_deflate(creation, level));
  }
  return Hdf5Id(H5Dcreate2(file, name, H5T_NATIVE_FLOAT, space, H5P_DEFAULT, creation, H5P_DEFAULT));
}

}  // namespace

Hdf5Id::Hdf5Id(hid_t id) : id_(id) {
  if (id < 0) throw std::runtime_error("HDF5 failed; its error is above");
}

Hdf5Id::~Hdf5Id() {
  if (id_ >= 0) H5Idec_ref(id_);
}

Hdf5Id create_hdf5(const std::filesystem::path& path) {
  return Hdf5Id(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
}

Hdf5Rows::Hdf5Rows(hid_t file, const char* name, std::size_t columns, std::size_t chunk_rows, unsigned deflate_level)
    : columns_(columns),
      chunk_rows_(chunk_rows),
      dataset_(create_dataset(file, name, columns, chunk_rows, deflate_level)) {
  batch_.reserve(columns * chunk_rows);
}

void Hdf5Rows::append(std::span<const float> row) {
  batch_.insert(batch_.end(), row.begin(), row.end());
  if (batch_.size() == columns_ * chunk_rows_) finish();
}

void Hdf5Rows::finish() {
  if (batch_.empty()) return;
  const std::array<hsize_t, 2> count{batch_.size() / columns_, columns_};
  const std::array<hsize_t, 2> start{written_, 0};
  const std::array<hsize_t, 2> extent{written_ + count[0], columns_};
  check(H5Dset_extent(dataset_, extent.data()));
  const Hdf5Id file_space(H5Dget_space(dataset_));
  check(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr));
  const Hdf5Id memory_space(H5Screate_simple(2, count.data(), nullptr));
  check(H5Dwrite(dataset_, H5T_NATIVE_FLOAT, memory_space, file_space, H5P_DEFAULT, batch_.data()));
  written_ = extent[0];
  batch_.clear();
}

void write_hdf5(hid_t file, const char* name, hid_t type, const std::vector<hsize_t>& extent, const void* values) {
  const Hdf5Id space(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr));
  const Hdf5Id dataset(H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
}

}  // namespace neurotape::bench
