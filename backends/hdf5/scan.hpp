#pragma once
/// \file
/// What the index says of an episode, found out from the episode itself.

#include "backends/hdf5/index.hpp"

namespace neurotape::hdf5 {

/// \param episode the root of an episode's own file, or its group in a segment
/// What cannot be read (a filter may be missing here) keeps the value it has in an empty record. The source is left
/// to the caller.
EpisodeRecord scan_episode(Library& library, hid_t episode);

}  // namespace neurotape::hdf5
