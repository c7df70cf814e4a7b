#pragma once
/// \file
/// The parts of an episode that are read as a whole.

#include <vector>

#include "loader/episode_file.hpp"

namespace neurotape::loader {

/// \throws Error damaged (JSON that is none, ends that do not divide it), io
std::vector<EventRecord> read_events(const detail::EpisodeFile& episode);
std::vector<GapRecord> read_gaps(const detail::EpisodeFile& episode);

}  // namespace neurotape::loader
