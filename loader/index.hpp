#pragma once
/// \file
/// `experiment_data.h5`: derived, so never trusted beyond what the directory shows.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "loader/file.hpp"
#include "neurotape/run.hpp"

namespace neurotape::loader {

/// One record of `episodes_table`.
struct IndexedEpisode {
  std::uint64_t number = 0;
  std::string file;    ///< "episodes/segment_0007.h5"
  std::string object;  ///< "/episode_0012"
  std::string status;
  EpisodeTotals totals;
  std::uint64_t file_bytes = 0;
  std::int64_t file_mtime_ns = 0;
};

/// The records of a run's index; none where there is no index or it cannot be read.
std::vector<IndexedEpisode> read_index(const std::filesystem::path& run, const std::shared_ptr<Prober>& prober);
/// The same of an open one. \throws Error io, damaged
std::vector<IndexedEpisode> read_index(const File& file);

}  // namespace neurotape::loader
