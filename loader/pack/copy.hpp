#pragma once
/// \file
/// Copies episodes and what is at the root of a run from one HDF5 file to another.

#include <optional>
#include <string>

#include "backends/hdf5/file_access.hpp"
#include "backends/hdf5/library.hpp"
#include "loader/episode_file.hpp"
#include "neurotape/options.hpp"

namespace neurotape::loader {

/// What a copy does not take over as it is.
struct Recoding {
  std::optional<Codec> codec = {};  ///< of all chunks; nothing: that of each stream, chunks undecoded where they can be
  std::optional<Layout> layout = {};  ///< of dense streams; nothing: as they are
  bool by_neuron = false;             ///< adds an index by neuron to spikes that have none
};

/// Threads: one at a time.
class Copier {
 public:
  explicit Copier(hdf5::Library& library, Recoding recoding = {}) : library_(library), recoding_(std::move(recoding)) {}

  /// Streams, gaps, commits and attributes of an episode into a group that has none of them, as episode `number`.
  /// \param more attributes that it gets beside its own
  void copy_episode(const detail::EpisodeFile& from, hid_t to, std::uint64_t number, const nlohmann::json& more);
  /// The attributes of a run, `config` and `network_structure`, into a new file.
  /// \param source of the run: setup.h5, a packed file, or one of episodes
  void copy_setup(const File& source, const nlohmann::json& config, hid_t to);

 private:
  void copy_attributes(hid_t from, hid_t to, const std::vector<std::string>& names);
  Codec codec_of(const OpenStream& stream) const;
  void copy_stream(const OpenStream& stream, std::optional<Layout> layout, hid_t from, hid_t to);
  void copy_column(const Dataset& column, std::optional<Layout> layout, const Codec& codec, hid_t from, hid_t to,
                   const std::string& name);

  hdf5::Library& library_;
  Recoding recoding_;
};

}  // namespace neurotape::loader
