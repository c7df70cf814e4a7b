#pragma once
/// \file
/// One file of episodes: an episode's own, a segment, or a packed one.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "loader/verify/episode_check.hpp"

namespace neurotape::loader {

struct FileToCheck {
  std::filesystem::path path;
  std::string name;         ///< as faults name it
  std::string experiment;   ///< whose episodes it has; empty: not known
  bool may_change = false;  ///< someone is recording
  std::shared_ptr<Prober> prober = nullptr;
};

/// What the file has, by number; without those that cannot be opened.
using FoundEpisodes = std::map<std::uint64_t, EpisodeFacts>;

/// \throws Error not_found where the file is not there (any more), unsupported
FoundEpisodes check_file(const FileToCheck& file, Findings& findings, Crew& crew);

}  // namespace neurotape::loader
