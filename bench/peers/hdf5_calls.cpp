#include "bench/peers/hdf5_calls.hpp"

#include <algorithm>
#include <stdexcept>

namespace neurotape::bench {

Hdf5Id::Hdf5Id(hid_t id) : id_(id) {
  if (id < 0) throw std::runtime_error("HDF5 failed; its error is above");
}

Hdf5Id::~Hdf5Id() {
  if (id_ >= 0) H5Idec_ref(id_);
}

void check_hdf5(herr_t status) {
  if (status < 0) throw std::runtime_error("HDF5 failed; its error is above");
}

Hdf5Id create_hdf5(const std::filesystem::path& path) {
  constexpr std::size_t kCacheBytes = std::size_t{16} << 20;
  constexpr std::size_t kSlots = 521;
  const Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS));
  check_hdf5(H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST));
  check_hdf5(H5Pset_cache(access, 0, kSlots, kCacheBytes, 1.0));
  return Hdf5Id(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access));
}

Hdf5Id create_group(hid_t parent, const std::string& name) {
  return Hdf5Id(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

hid_t hdf5_type(Dtype dtype) {
  switch (dtype) {
    case Dtype::u32:
      return H5T_NATIVE_UINT32;
    case Dtype::u64:
      return H5T_NATIVE_UINT64;
    case Dtype::i64:
      return H5T_NATIVE_INT64;
    case Dtype::f32:
      return H5T_NATIVE_FLOAT;
    case Dtype::f64:
      return H5T_NATIVE_DOUBLE;
    default:
      throw std::runtime_error("no workload has this type");
  }
}

std::vector<Hdf5Filter> hdf5_filters(const std::string& name) {
  constexpr H5Z_filter_t kLzf = 32000, kBlosc = 32001;
  if (name == "none") return {};
  if (name == "lzf") return {{H5Z_FILTER_SHUFFLE, {}}, {kLzf, {}}};
  if (name == "blosc") return {{kBlosc, {0, 0, 0, 0, 5, 1, 1}}};  // level 5, bytes shuffled, lz4
  if (name == "blosc:zstd:9") return {{kBlosc, {0, 0, 0, 0, 9, 1, 5}}};
  if (name.starts_with("gzip:"))
    return {{H5Z_FILTER_SHUFFLE, {}}, {H5Z_FILTER_DEFLATE, {static_cast<unsigned>(std::stoul(name.substr(5)))}}};
  throw std::runtime_error("no such filters: " + name);
}

bool hdf5_has(const std::vector<Hdf5Filter>& filters) {
  return std::all_of(filters.begin(), filters.end(), [](const auto& filter) { return H5Zfilter_avail(filter.id) > 0; });
}

Hdf5Id creation_properties(const std::vector<hsize_t>& chunk, const std::vector<Hdf5Filter>& filters) {
  Hdf5Id list(H5Pcreate(H5P_DATASET_CREATE));
  check_hdf5(H5Pset_chunk(list, static_cast<int>(chunk.size()), chunk.data()));
  for (const auto& filter : filters)
    check_hdf5(H5Pset_filter(list, filter.id, H5Z_FLAG_OPTIONAL, filter.parameters.size(), filter.parameters.data()));
  return list;
}

void write_hdf5(hid_t file, const char* name, hid_t type, const std::vector<hsize_t>& extent, const void* values) {
  const Hdf5Id space(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr));
  const Hdf5Id dataset(H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  check_hdf5(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
}

}  // namespace neurotape::bench
