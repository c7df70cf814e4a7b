#pragma once
/// \file
/// A finished episode that shares a file with others. It is written without HDF5: that takes a tenth of the time, and
/// thousands of them may end in a second.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "backends/hdf5/episode_attributes.hpp"
#include "backends/hdf5/library.hpp"
#include "backends/image/bytes.hpp"
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

/// Whether its attributes are small enough for the headers of objects, as they must be in a segment.
bool fits_in_headers(const SmallEpisode& episode);
/// Appends the group of an episode, with all that is in it. \returns its address
std::uint64_t append_small_episode(image::Image& image, Library& library, const SmallEpisode& episode,
                                   ChunkSource& chunks);
/// Appends the root of a segment, from the addresses of its episodes. \returns its address
std::uint64_t append_root(image::Image& image, Library& library, const FileHeader& header,
                          const std::map<std::string, std::uint64_t>& episodes);

}  // namespace neurotape::hdf5
