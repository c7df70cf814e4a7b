#pragma once
/// \file
/// Runs of the older Python exporter: one file with `episodes/episode_0000/...`, where a stream is often a dataset and not
/// a group, and timesteps may be missing. What they have is found here; the rest of the loader sees streams as always.

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "loader/episode_file.hpp"

namespace neurotape::loader {

/// Whether the file is one of these: it has no attribute `format`, but a group with episodes.
bool is_of_exporter(const File& file);

/// Names that stand for streams in a group of them ("neural_states", "behavior", "spikes"), by what is in it.
std::vector<std::string> exported_streams(const detail::EpisodeFile& episode, const std::string& group);
/// Whether a group has all that a stream of this kind needs; the rewards may be a dataset.
bool has_exported(const detail::EpisodeFile& episode, const std::string& group, StreamKind kind);

/// The dataset of a column of a stream; null: there is none.
std::shared_ptr<const Dataset> open_exported(const detail::EpisodeFile& episode, const StreamGroup& stream,
                                             const std::string& column, const Place& place);

/// What stands in JSON files beside the run: `config.json`, and `metadata.json` for its attributes.
void add_side_files(const std::filesystem::path& directory, nlohmann::json& attributes, nlohmann::json& config);

}  // namespace neurotape::loader
