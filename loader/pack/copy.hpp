#pragma once
/// \file
/// Copies episodes and what is at the root of a run from one HDF5 file to another.

#include <optional>
#include <string>

#include "backends/hdf5/file_access.hpp"
#include "backends/hdf5/library.hpp"
#include "loader/episode_file.hpp"
#include "neurotape/codec.hpp"

namespace neurotape::loader {

/// Threads: one at a time.
class Copier {
 public:
  /// \param codec of the copies; nothing: chunks are copied as they are, undecoded
  Copier(hdf5::Library& library, std::optional<Codec> codec) : library_(library), codec_(std::move(codec)) {}

  /// Streams, gaps, commits and attributes of an episode into a group that has none of them, as episode `number`.
  /// \param more attributes that it gets beside its own
  void copy_episode(const detail::EpisodeFile& from, hid_t to, std::uint64_t number, const nlohmann::json& more);
  /// The attributes of a run, `config` and `network_structure`, into a new file.
  /// \param source of the run: setup.h5, a packed file, or one of episodes
  void copy_setup(const File& source, const nlohmann::json& config, hid_t to);

 private:
  void copy_attributes(hid_t from, hid_t to, const std::vector<std::string>& names);
  void copy_stream(const OpenStream& stream, hid_t from, hid_t to);
  void copy_column(const Dataset& column, hid_t source, hid_t to, const std::string& name);

  hdf5::Library& library_;
  std::optional<Codec> codec_;
};

}  // namespace neurotape::loader
