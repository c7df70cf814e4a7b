#pragma once
/// \file
/// What the index says of an episode, found out from the episode itself.

#include <map>
#include <string>

#include "backends/hdf5/index.hpp"
#include "neurotape/maintenance.hpp"

namespace neurotape::hdf5 {

/// \param episode the root of an episode's own file, or its group in a segment
/// What cannot be read (a filter may be missing here) keeps the value it has in an empty record. The source is left
/// to the caller.
EpisodeRecord scan_episode(Library& library, hid_t episode);

/// Rows of each stream of an episode that was cut off: those that are there in full, those behind the last commit, and
/// those that were committed and are not there. A stream of which nothing is left has the path "stream_id 7".
std::map<std::string, RecoveredEpisode::Rows> committed_and_stored(Library& library, hid_t episode);

}  // namespace neurotape::hdf5
