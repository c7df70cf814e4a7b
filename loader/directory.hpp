#pragma once
/// \file
/// What lies in `episodes/`, and what the index says of it.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loader/file.hpp"
#include "neurotape/run.hpp"

namespace neurotape::loader {

/// Where an episode is.
struct EpisodePlace {
  std::string file;    ///< name in `episodes/`; empty: the file that was opened
  std::string object;  ///< path of its group; "/": the root
  bool from_index = false;
  std::string status;  ///< known where it comes from the index
  std::optional<EpisodeTotals> totals;
};

/// The episodes of a run directory by number, each found once: in a segment rather than in a file of its own, and
/// of two segments in the one with more episodes (then in that with the higher number). Opens only the segments
/// that the index does not know as they are; what is wrong with one of them goes to `problems`.
/// \param use_index false: opens all segments
std::map<std::uint64_t, EpisodePlace> list_directory(const std::filesystem::path& run,
                                                     const std::shared_ptr<Prober>& prober,
                                                     std::vector<Error>& problems, bool use_index = true);

/// The paths of all episodes in the groups of one file: those of a segment, or below `episodes/` of a packed one.
std::map<std::uint64_t, EpisodePlace> list_file(const File& file, const std::string& group);

}  // namespace neurotape::loader
