#pragma once
/// \file
/// Writes runs and packed files from episodes that are there.

#include <filesystem>
#include <optional>
#include <string>

#include "backends/io/beside.hpp"
#include "loader/catalog.hpp"
#include "loader/pack/copy.hpp"

namespace neurotape::loader {

/// A new run directory. Small episodes come into segments, others into files of their own.
class RunWriter {
 public:
  explicit RunWriter(const std::filesystem::path& run);

  void copy_setup(const detail::RunCatalog& from);
  void add(const detail::EpisodeFile& episode, std::uint64_t number, const nlohmann::json& more);
  /// Writes the index, and gives the run its name.
  void publish();

 private:
  hdf5::File create(const std::filesystem::path& name, hdf5::Root root);
  void write_header(const hdf5::File& file);
  void close(hdf5::File& file) { file.close(true); }

  io::Beside run_;
  hdf5::Library library_;
  Copier copier_;
  std::string experiment_, config_;
  std::optional<hdf5::File> segment_;
  std::uint64_t segments_ = 0, in_segment_ = 0;
};

}  // namespace neurotape::loader
