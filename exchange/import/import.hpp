#pragma once
/// \file
/// Runs made of what others wrote. Each makes a new run directory, which gets its name when all is in it; reads by parts.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace neurotape::exchange {

struct ImportOptions {
  std::filesystem::path source;
  std::filesystem::path output;  ///< a directory that is not there yet
  std::string name = {};         ///< of the experiment; empty: as the source says, or is called
  double dt = 0;                 ///< length of a timestep; 0: as the source says
  std::string dt_unit = {};      ///< empty: as the source says, or ms
  std::string stream = {};       ///< of a single CSV or NPZ file: the path that its rows get, as in "neural_states/v"
};

struct ImportReport {
  std::string name;  ///< of the experiment
  std::uint64_t episodes = 0;
  std::map<std::string, std::uint64_t> rows;  ///< by path of the stream, over all episodes
  std::vector<std::string> notes;             ///< what could not be taken as it is, and what was done
};

/// What `export_csv` wrote, or a file whose first column are timesteps, or times where `dt` is given.
ImportReport import_csv(const ImportOptions& options);
/// What `export_npz` wrote, or a file of arrays whose first axis is time; holds one array in memory.
ImportReport import_npz(const ImportOptions& options);
/// Spikes and reports: a file, a directory of files, or what `export_sonata` wrote.
ImportReport import_sonata(const ImportOptions& options);
/// A dataset of Minari: its directory, or main_data.hdf5.
ImportReport import_minari(const ImportOptions& options);

}  // namespace neurotape::exchange
