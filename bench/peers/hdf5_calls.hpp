#pragma once
/// \file
/// HDF5's C library as one uses it without a recorder.

#include <cstddef>
#include <filesystem>
#include <hdf5.h>
#include <string>
#include <utility>
#include <vector>

#include "neurotape/array.hpp"

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

/// Throws when HDF5 failed.
void check_hdf5(herr_t status);

/// A new file: the newest format, which has the fastest index of chunks, and 16 MiB of cache for the chunks of each
/// dataset, so that one of them fits.
Hdf5Id create_hdf5(const std::filesystem::path& path);
Hdf5Id create_group(hid_t parent, const std::string& name);

hid_t hdf5_type(Dtype dtype);

/// One filter of HDF5's pipeline.
struct Hdf5Filter {
  H5Z_filter_t id = 0;
  std::vector<unsigned> parameters;
};
/// "none", "gzip:<level>", "lzf", "blosc" (lz4), "blosc:zstd:9": as users set them. \throws std::runtime_error for another name.
std::vector<Hdf5Filter> hdf5_filters(const std::string& name);
/// Whether HDF5 has the filters or finds their plug-ins.
bool hdf5_has(const std::vector<Hdf5Filter>& filters);

/// A property list of chunks and filters.
Hdf5Id creation_properties(const std::vector<hsize_t>& chunk, const std::vector<Hdf5Filter>& filters);

/// Writes a whole array as one contiguous dataset.
void write_hdf5(hid_t file, const char* name, hid_t type, const std::vector<hsize_t>& extent, const void* values);

}  // namespace neurotape::bench
