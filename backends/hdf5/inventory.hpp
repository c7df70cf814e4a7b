#pragma once
/// \file
/// What is in the directory of a run that was recorded before.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "backends/hdf5/run_directory.hpp"
#include "backends/hdf5/segments.hpp"

namespace neurotape::hdf5 {

struct Inventory {
  struct NumberedSegment {
    std::uint64_t number = 0;
    Segment segment;  ///< with the episodes that are nowhere else
  };

  std::map<std::uint64_t, EpisodeRecord> records;
  std::vector<NumberedSegment> segments;  ///< oldest first
  std::uint64_t next_episode = 0;
  std::uint64_t next_segment = 0;
  std::vector<std::filesystem::path> leftovers;  ///< what dead processes left: transient files, second copies
};

/// Reads directories, the index, and those files that the index does not know. A damaged file is left alone, numbers that it
/// may have are not used again, and no record speaks of it.
/// \throws Error io: the disk cannot read a segment now
Inventory take_inventory(Library& library, const RunDirectory& run);

}  // namespace neurotape::hdf5
