#pragma once
/// \file
/// A finished episode that shares a file with others.

#include <cstdint>
#include <span>
#include <vector>

#include "backends/hdf5/library.hpp"
#include "recorder/backend.hpp"

namespace neurotape::hdf5 {

/// Where the stored chunks of an episode come from: memory, or the file that it has had so far.
class ChunkSource {
 public:
  struct Chunk {
    std::span<const std::byte> stored;  ///< valid until the next call
    std::uint32_t filter_mask = 0;
  };
  virtual Chunk read(StreamId stream, std::uint32_t column, std::uint64_t chunk, std::uint32_t tile) = 0;

 protected:
  ~ChunkSource() = default;
};

struct SmallStream {
  StreamId id = 0;
  const StreamSpec* spec = nullptr;
  const StreamLayout* layout = nullptr;
  std::uint64_t rows = 0;
  std::span<const ChunkRecord> chunk_index;
};

/// A view of it; lives as long as what it points to.
struct SmallEpisode {
  const EpisodeInfo* info = nullptr;
  const EpisodeEnd* end = nullptr;
  std::vector<SmallStream> streams;
  std::span<const GapRecord> gaps;
};

/// Writes the group `/episode_NNNN` of a segment.
void write_small_episode(Library& library, hid_t segment, const SmallEpisode& episode, ChunkSource& chunks);

}  // namespace neurotape::hdf5
