#pragma once
/// \file
/// Files of many small episodes: the one that is being filled, and those that are published.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/hdf5/episode_attributes.hpp"
#include "backends/hdf5/index.hpp"
#include "backends/hdf5/small_episode.hpp"

namespace neurotape::hdf5 {

/// A published segment. Closed; never written again.
struct Segment {
  std::shared_ptr<const SourceFile> source;
  std::vector<std::uint64_t> episodes;
};

/// Threads: one at a time.
class Segments {
 public:
  static constexpr std::size_t kMergedAtOnce = 16;
  /// A segment with so many episodes is not merged again.
  static constexpr std::size_t kFullEpisodes = 1000;

  Segments(Library& library, std::filesystem::path directory) : library_(library), directory_(std::move(directory)) {}

  /// One that is there already.
  void add_published(Segment segment);
  void use_numbers_from(std::uint64_t number) { next_ = number; }

  /// Adds an episode to the segment that is being filled. \throws Error that episode cannot be read; or the segment cannot
  /// be written, and what is in it is lost
  void add(const FileHeader& header, const SmallEpisode& episode, ChunkSource& chunks);
  /// Closes that segment and gives it its name; nothing when it is empty. \throws as `add`
  std::optional<Segment> publish();
  /// Episodes that were lost with a segment since the last call.
  std::vector<std::uint64_t> take_lost() { return std::exchange(lost_, {}); }

  struct Merged {
    Segment segment;  ///< durable and named
    std::vector<std::string>
        sources;  ///< names of files that hold nothing else, to be removed when no index links to them
  };
  /// Merges sixteen segments of a size class, if there are so many, they are small, and the last merge is long
  /// enough ago: merging takes 5 % of the time at most.
  std::optional<Merged> merge_some(const FileHeader& header);
  /// Merges until there is at most one segment for each thousand episodes, one merge a call; nothing when that is so.
  std::optional<Merged> merge_rest(const FileHeader& header);

 private:
  struct Filling {
    ImageFile file;
    FileHeader header;
    std::uint64_t number;
    std::vector<std::uint64_t> episodes;
    std::map<std::string, std::uint64_t> addresses;  ///< of their groups
  };

  std::filesystem::path name_of(std::uint64_t number) const;
  struct Lost {
    std::uint64_t number;
    std::vector<std::uint64_t> episodes;
  };
  void give_up(const Lost& segment) noexcept;
  void close(Filling& filling);
  Segment put_in_place(std::uint64_t number, std::vector<std::uint64_t> episodes, bool durable);
  Merged merge(const FileHeader& header, const std::vector<std::size_t>& chosen);
  Segment copy_segments(const FileHeader& header, std::uint64_t number, const std::vector<std::size_t>& chosen);
  void copy_episodes(const Segment& from, const File& to);

  Library& library_;
  std::filesystem::path directory_;
  std::uint64_t next_ = 0;
  std::optional<Filling> filling_;
  std::vector<std::uint64_t> lost_;
  std::vector<Segment> published_;  // those that may be merged, oldest first
  std::chrono::steady_clock::time_point merge_due_ = std::chrono::steady_clock::time_point::min();
};

}  // namespace neurotape::hdf5
