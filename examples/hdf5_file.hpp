#pragma once
/// \file
/// The little that the example replay_sonata.cpp needs of HDF5: handles that close themselves, and whole arrays.

#include <cstdint>
#include <filesystem>
#include <hdf5.h>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace h5 {

/// Owns any handle of HDF5.
class Id {
 public:
  /// \throws std::runtime_error when HDF5 could not make the handle
  Id(hid_t id, const std::string& what) : id_(id) {
    if (id < 0) throw std::runtime_error("HDF5 cannot use " + what);
  }
  Id(const Id&) = delete;
  Id& operator=(const Id&) = delete;
  Id(Id&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Id& operator=(Id&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Id() {
    if (id_ >= 0) H5Idec_ref(id_);
  }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
};

inline void check(herr_t status, const std::string& what) {
  if (status < 0) throw std::runtime_error("HDF5 failed at " + what);
}

template <class T>
hid_t type_of() {
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, std::uint64_t>) return H5T_NATIVE_UINT64;
  return H5T_NATIVE_UINT32;
}

inline Id open_to_read(const std::filesystem::path& path) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // errors come as exceptions
  return {H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), path.string()};
}
inline Id create(const std::filesystem::path& path) {
  return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), path.string()};
}

/// Whether there is something at `path`, whose last part alone may be missing.
inline bool has(hid_t parent, const std::string& path) { return H5Lexists(parent, path.c_str(), H5P_DEFAULT) > 0; }
inline Id open(hid_t parent, const std::string& path) { return {H5Oopen(parent, path.c_str(), H5P_DEFAULT), path}; }
inline bool is_group(hid_t parent, const std::string& path) { return H5Iget_type(open(parent, path)) == H5I_GROUP; }

inline std::vector<std::string> names_in(hid_t group) {
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  check(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names), "listing a group");
  return names;
}

inline std::vector<hsize_t> shape(hid_t dataset) {
  const Id space(H5Dget_space(dataset), "a dataspace");
  std::vector<hsize_t> dimensions(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
  H5Sget_simple_extent_dims(space, dimensions.data(), nullptr);
  return dimensions;
}

/// All values of a dataset, in row-major order, converted to T.
template <class T>
std::vector<T> read(hid_t parent, const std::string& path) {
  const Id dataset(H5Dopen2(parent, path.c_str(), H5P_DEFAULT), path);
  std::size_t size = 1;
  for (const hsize_t dimension : shape(dataset)) size *= static_cast<std::size_t>(dimension);
  std::vector<T> values(size);
  check(H5Dread(dataset, type_of<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), path);
  return values;
}

/// The text of an attribute; empty where there is none, or no text in it.
inline std::string text(hid_t object, const std::string& name) {
  if (H5Aexists(object, name.c_str()) <= 0) return {};
  const Id attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), name);
  const Id type(H5Aget_type(attribute), name);
  if (H5Tget_class(type) != H5T_STRING) return {};
  if (H5Tis_variable_str(type) <= 0) {
    std::string value(H5Tget_size(type), '\0');
    check(H5Aread(attribute, type, value.data()), name);
    return value.substr(0, value.find('\0'));
  }
  char* characters = nullptr;
  check(H5Aread(attribute, type, static_cast<void*>(&characters)), name);
  std::string value = characters == nullptr ? "" : characters;
  H5free_memory(characters);
  return value;
}

inline Id make_group(hid_t parent, const std::string& path) {
  return {H5Gcreate2(parent, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), path};
}

template <class T>
Id write(hid_t parent, const std::string& path, const std::vector<T>& values, const std::vector<hsize_t>& shape) {
  const Id space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), path);
  Id dataset(H5Dcreate2(parent, path.c_str(), type_of<T>(), space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), path);
  check(H5Dwrite(dataset, type_of<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), path);
  return dataset;
}

inline void write_attribute(hid_t object, const std::string& name, hid_t type, const std::vector<hsize_t>& shape,
                            const void* value) {
  const Id space(shape.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, shape.data(), nullptr), name);
  const Id attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), name);
  check(H5Awrite(attribute, type, value), name);
}

inline void write_text(hid_t object, const std::string& name, const std::string& value) {
  const Id type(H5Tcopy(H5T_C_S1), name);
  check(H5Tset_size(type, H5T_VARIABLE), name);
  check(H5Tset_cset(type, H5T_CSET_UTF8), name);
  const char* characters = value.c_str();
  write_attribute(object, name, type, {}, static_cast<const void*>(&characters));
}

}  // namespace h5
