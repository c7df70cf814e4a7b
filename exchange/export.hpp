#pragma once
/// \file
/// Runs in the formats of others. Each makes a new directory, which gets its name when all is in it.

#include <cstdint>
#include <filesystem>
#include <map>
#include <neurotape/run.hpp>
#include <optional>
#include <string>
#include <vector>

#include "backends/io/beside.hpp"

namespace neurotape::exchange {

struct ExportOptions {
  std::filesystem::path output;              ///< a directory that is not there yet
  std::vector<std::uint64_t> episodes = {};  ///< by number
  /// Milliseconds of a timestep, for formats that have times, where the episodes do not say; 0: none.
  double dt_ms = 0;
  std::string population = "default";  ///< of SONATA reports, as neural states name none
  // For Minari: streams by path.
  std::vector<std::string> observations = {};
  std::string actions = {};
  std::string dataset = "neurotape/run-v0";  ///< namespace/name-vN
};

struct ExportReport {
  std::vector<std::string> files;  ///< in the output, in order
  std::vector<std::string> notes;  ///< what the format could not take as it is, and what was done
};

/// `episodes.csv`, `network/neurons.csv`, `network/connections.csv`, and `episode_0000/spikes/excitatory.csv` for each
/// stream; what these do not say, `run.json` and `episode_0000/episode.json` do.
ExportReport export_csv(const Run& run, const ExportOptions& options);
/// `episode_0000/spikes/excitatory.npz` for each stream, with its columns as arrays; `run.json` and
/// `episode_0000/episode.json`. Holds one stream in memory.
ExportReport export_npz(const Run& run, const ExportOptions& options);
/// `run.json`, and `episode_0000.json` with each stream as pandas splits a frame: `columns`, `data`.
ExportReport export_json(const Run& run, const ExportOptions& options);
/// `episode_0000/spikes.h5`, and a report `episode_0000/<name>.h5` for each neural state.
ExportReport export_sonata(const Run& run, const ExportOptions& options);
/// `episode_0000.nwb`, NWB 2.7.0 without the cached specifications.
ExportReport export_nwb(const Run& run, const ExportOptions& options);
/// `data/main_data.hdf5` and `data/metadata.json`, Minari 0.5.3.
ExportReport export_minari(const Run& run, const ExportOptions& options);

class NewDirectory;

/// `run.json`, and for an episode `episode_0000/episode.json`: what the values do not say (description.hpp).
void write_description(const Run& run, NewDirectory& output);
void write_description(const EpisodeReader& episode, NewDirectory& output);

/// Tells what of a run and an episode, beside its streams, is in none of the files of a format that has no place for it:
/// configuration, network, gaps, a status that is not "complete".
void note_what_is_left_out(const Run& run, const EpisodeReader& episode, NewDirectory& output);

/// What is said of spikes whose exact times have a unit that is none of s, ms, us, ns.
inline constexpr const char* kUnknownTimes = ": its exact times have no known unit, those of the timesteps were taken";

/// The directory while it is written; removed unless it is published.
class NewDirectory {
 public:
  /// \throws Error already_exists, io
  explicit NewDirectory(const std::filesystem::path& output);

  /// A file in it, whose directories are made; noted in the report.
  std::filesystem::path file(const std::string& name);
  /// Something to be told of an episode; told once, with the number of episodes.
  void note(const std::string& text) { ++notes_[text]; }
  /// What a process left that was killed while it wrote.
  static void remove_rest(const std::filesystem::path& output, int process) noexcept {
    io::Beside::remove_rest(output, process);
  }

  const std::filesystem::path& path() const noexcept { return beside_.path(); }
  /// Gives the directory its name; or to one directory in it, whose neighbours are removed. \throws Error io
  ExportReport publish(const std::filesystem::path& inner = {});

 private:
  io::Beside beside_;
  ExportReport report_;
  std::map<std::string, std::uint64_t> notes_;  ///< and of how many episodes
};

/// Milliseconds of a timestep: as the episode says, else the options. \throws Error invalid_argument: nobody says
double milliseconds_of_step(const EpisodeReader& episode, const ExportOptions& options);
/// Milliseconds of the episode's `dt_unit`; 0: it is none of s, ms, us, ns.
double milliseconds_of_unit(const EpisodeReader& episode);

}  // namespace neurotape::exchange
