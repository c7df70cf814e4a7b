#pragma once
/// \file
/// Where attention maps are read from: a directory, or a packed file.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "neurotape/attention_maps.hpp"

namespace neurotape::artifacts {

/// Thread safety: one thread at a time.
class MapSource {
 public:
  virtual ~MapSource() = default;
  virtual const std::vector<std::string>& file_ids() const noexcept = 0;  ///< sorted
  virtual AttentionMap load(std::string_view file_id) const = 0;
};

/// A run has its maps in a directory of its own; any other directory is that of maps.
/// \throws Error not_found: there are none; io
AttentionMapReader open_directory_of_maps(const std::filesystem::path& path);

/// \throws Error not_found, damaged, io; unsupported: a packed file, in a build without HDF5
std::unique_ptr<MapSource> open_maps(const std::filesystem::path& path, const RunOptions& how);

/// Defined where HDF5 is known.
std::unique_ptr<MapSource> open_packed_maps(const std::filesystem::path& file, const RunOptions& how);

}  // namespace neurotape::artifacts
