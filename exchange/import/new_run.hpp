#pragma once
/// \file
/// A run while it is imported, and the episodes that come into it.

#include <map>
#include <neurotape/experiment.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "exchange/export.hpp"
#include "exchange/import/import.hpp"

namespace neurotape::exchange {

/// Nothing is left of it unless it is published. One thread.
class NewRun {
 public:
  /// \param name of the experiment, where the options give none
  /// \throws Error already_exists, invalid_name, io
  NewRun(const ImportOptions& options, const std::string& name);

  Experiment& experiment() noexcept { return experiment_; }
  /// Each has the attribute `imported_from`: the name of the source, and what is in `origin`.
  /// \param options `dt` and its unit are those of the import, where it was given them
  Episode start_episode(EpisodeOptions options, nlohmann::json origin = nlohmann::json::object());
  /// Rows that came into a stream.
  void count(const std::string& stream, std::uint64_t rows) { report_.rows[stream] += rows; }
  /// Of an episode. \returns false: an attribute cannot have this name, which is told
  bool set_attribute(Episode& episode, const std::string& name, const nlohmann::json& value);
  /// Something to be told of an episode; told once.
  void note(const std::string& text) { directory_.note(text); }
  /// Ends an episode. \throws Error what was wrong with its rows, or with the disk
  void finish(Episode& episode, const std::string& status = "complete");
  /// Closes the run and gives it its name.
  ImportReport publish();

 private:
  const ImportOptions& options_;
  NewDirectory directory_;  // outlives the recorder that writes into it
  Experiment experiment_;
  ImportReport report_;
};

}  // namespace neurotape::exchange
