#pragma once
/// \file
/// Writes HDF5 files in other people's formats: groups, datasets in pieces, attributes.
/// Everything here throws `Error` io, which names the file and what was tried.

#include <array>
#include <cstdint>
#include <filesystem>
#include <hdf5.h>
#include <memory>
#include <neurotape/array.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/driver/driver_file.hpp"

namespace neurotape::exchange::h5 {

/// Owns any HDF5 id.
class Id {
 public:
  Id() = default;
  /// \throws Error io where it is none. \param what was tried
  Id(hid_t id, std::string_view what);
  Id(Id&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Id& operator=(Id&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Id() {
    if (id_ >= 0) H5Idec_ref(id_);
  }
  operator hid_t() const noexcept { return id_; }

 private:
  hid_t id_ = -1;
};

using Dimensions = std::vector<hsize_t>;

/// \throws Error io
void check(herr_t status, std::string_view what);

/// The type in memory and in the file, of what HDF5 has a type for.
hid_t type_of(Dtype dtype);

/// A new file, until it is closed. What the disk refuses is kept from HDF5, which would crash when the program ends.
class NewFile {
 public:
  explicit NewFile(const std::filesystem::path& path);
  NewFile(NewFile&& other) noexcept : file_(std::move(other.file_)), id_(std::exchange(other.id_, -1)) {}
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile() { release(); }
  operator hid_t() const noexcept { return id_; }
  /// \throws Error io: what was written so far is not in the file
  void check() const;
  /// \throws Error io: the file is not whole
  void close();

 private:
  /// \returns false where HDF5 could not close it: it does so when the program ends, through the driver
  bool release() noexcept;

  std::unique_ptr<driver::DriverFile> file_;
  hid_t id_ = -1;
};

/// Members in the order in which they were made, as h5py's `track_order`.
Id create_group(hid_t parent, const std::string& name);
/// Contiguous; to be filled with `write_rows`.
Id create_dataset(hid_t parent, const std::string& name, hid_t type, const Dimensions& shape);
/// \param first row; \param rows of the shape that the dataset has
void write_rows(hid_t dataset, hid_t type, std::uint64_t first, std::uint64_t rows, const void* values);
template <class T>
Id write_array(hid_t parent, const std::string& name, std::span<const T> values) {
  const hid_t type = type_of(dtype_of<T>());
  Id dataset = create_dataset(parent, name, type, {values.size()});
  write_rows(dataset, type, 0, values.size(), values.data());
  return dataset;
}
/// Text of any length, UTF-8: a scalar, or one dimension.
Id write_text(hid_t parent, const std::string& name, const std::string& value);
Id write_texts(hid_t parent, const std::string& name, const std::vector<std::string>& values);

void set_text(hid_t object, const std::string& name, const std::string& value);
void set_texts(hid_t object, const std::string& name, const std::vector<std::string>& values);
void set_raw(hid_t object, const std::string& name, hid_t type, const Dimensions& shape, const void* value);
template <class T>
void set_number(hid_t object, const std::string& name, T value) {
  set_raw(object, name, type_of(dtype_of<T>()), {}, &value);
}
/// A reference to another object of the same file.
void set_reference(hid_t object, const std::string& name, hid_t file, const std::string& path);
/// An enum of bytes: h5py's booleans, or SONATA's `sorting`.
Id enum_type(hid_t base, std::span<const char* const> names);

}  // namespace neurotape::exchange::h5
