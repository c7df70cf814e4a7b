#pragma once
/// \file
/// The peer of what is compared: HDF5's C library as one uses it without a recorder.

#include <cstddef>
#include <filesystem>
#include <hdf5.h>
#include <span>
#include <utility>
#include <vector>

namespace neurotape::bench {

/// An HDF5 identifier that closes itself. Throws when HDF5 returned an error in its place.
class Hdf5Id {
 public:
  explicit Hdf5Id(hid_t id);
  Hdf5Id(Hdf5Id&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Hdf5Id& operator=(Hdf5Id&&) = delete;
  ~Hdf5Id();
  operator hid_t() const noexcept { return id_; }

 private:
  hid_t id_;
};

/// A new file. HDF5's default format and settings.
Hdf5Id create_hdf5(const std::filesystem::path& path);

/// Rows of floats in a chunked dataset, through HDF5's filter pipeline. Rows are gathered by hand and written
/// a chunk at a time, aligned with the chunks: the fastest way that H5Dwrite has.
class Hdf5Rows {
 public:
  /// \param deflate_level 1 to 9, with shuffle; 0: no filter at all.
  Hdf5Rows(hid_t file, const char* name, std::size_t columns, std::size_t chunk_rows, unsigned deflate_level);

  void append(std::span<const float> row);
  /// Writes the rows that fill no chunk. To be called last.
  void finish();

 private:
  std::size_t columns_;
  std::size_t chunk_rows_;
  std::vector<float> batch_;
  hsize_t written_ = 0;
  Hdf5Id dataset_;
};

/// Writes a whole array as one contiguous dataset.
void write_hdf5(hid_t file, const char* name, hid_t type, const std::vector<hsize_t>& extent, const void* values);

}  // namespace neurotape::bench
