#pragma once
/// \file
/// One episode, looked at as a whole.

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "loader/verify/stream_check.hpp"

namespace neurotape::loader {

/// What an index says of an episode, found out anew.
struct EpisodeFacts {
  std::string status;
  StreamFacts all;                            ///< over all streams
  std::map<std::string, std::uint64_t> rows;  ///< by stream
};

/// Where an episode stands, which decides what it must have.
enum class EpisodeForm { own_file, segment, packed };

/// \param file as faults name it
/// \throws Error where nothing can be said of it but that
EpisodeFacts check_episode(const detail::EpisodeFile& episode, EpisodeForm form, const std::string& file,
                           Findings& findings, Crew& crew);

}  // namespace neurotape::loader
