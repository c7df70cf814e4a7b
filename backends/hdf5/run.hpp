#pragma once
/// \file
/// What the episodes of a run share while it is recorded.

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backends/driver/journal.hpp"
#include "backends/hdf5/episode_file.hpp"
#include "backends/hdf5/file_pool.hpp"
#include "backends/hdf5/index.hpp"
#include "backends/hdf5/run_directory.hpp"
#include "backends/hdf5/segments.hpp"
#include "backends/hdf5/setup_file.hpp"
#include "backends/hdf5/wait_for_space.hpp"
#include "backends/io/file.hpp"
#include "backends/io/new_file.hpp"

namespace neurotape::hdf5 {

/// Threads: one at a time. Sinks keep it alive.
class Run {
 public:
  /// An episode that stores less than this ends in a segment.
  static constexpr std::uint64_t kSmallEpisodeBytes = 4U << 20;
  /// How many episode files are open; the segment, an index or a merge come to it.
  static constexpr std::size_t kOpenFiles = 12;
  /// What all episodes that are finishing may hold in memory.
  static constexpr std::size_t kStagedBytes = 16U << 20;

  /// A new run.
  Run(const std::filesystem::path& parent, const RunInfo& info, const StorageOptions& options, WallTime now);
  /// One that is there: clears away what dead processes left, and finds out what there is.
  Run(const std::filesystem::path& path, const StorageOptions& options, WallTime now);

  void listen(DiskListener* listener) noexcept { wait_.listen(listener); }
  Library& library() noexcept { return library_; }
  FilePool& pool() noexcept { return pool_; }
  SetupFile& setup() noexcept { return *setup_; }
  const RunDirectory& directory() const noexcept { return directory_; }
  std::uint64_t next_episode() const noexcept { return next_episode_; }
  std::vector<Error> limits() const {
    return directory_.limits(library_.is_durable() ? Durability::power : Durability::process);
  }
  std::size_t episodes() const noexcept { return index_.records().size(); }
  FileHeader header() const { return {setup_->setup().experiment_name, setup_->config_text()}; }

  /// Bytes of small episodes that are held in memory now.
  std::size_t staged_bytes = 0;

  /// An episode that is being recorded has a file of its own, which is part of the commit that follows.
  void commit_with(EpisodeFile& file, std::uint64_t episode, EpisodeRecord record);
  void commit_without(std::uint64_t episode) noexcept { committing_.erase(episode); }
  /// An episode ended in a file of its own.
  void own_file(std::uint64_t episode, const std::filesystem::path& path, EpisodeRecord record);
  /// An episode ended small. \param own_file the file that it has had, to be removed; empty if none
  void add_small(const SmallEpisode& episode, ChunkSource& chunks, EpisodeRecord record,
                 const std::filesystem::path& own_file);
  /// The episode was discarded.
  void forget(std::uint64_t episode, const std::filesystem::path& own_file);

  /// Ends what the process that had this run open could not end; its journal is gone then, for what comes after it must
  /// not be undone. \returns the files it was about
  static std::set<std::string> repeat_cut_off_commit(const RunDirectory& directory);

  CommitResult commit();
  /// As profile.json.
  void save_profile(std::string_view trace) { io::replace_file(directory_.profile(), trace, library_.is_durable()); }
  void close();

 private:
  struct Pending {
    std::uint64_t episode = 0;
    EpisodeRecord record;
    std::filesystem::path own_file;
  };

  void take_over();
  void open_names();
  void sync_names();
  void sync_new_names(CommitResult& result);
  void commit_files(CommitResult& result);
  void publish_segment(CommitResult& result);
  void merge_segments();
  void merge_rest();
  void took_merged(const Segments::Merged& merged);
  void write_index();
  void remove_unless_linked(const std::filesystem::path& path);
  void remove_obsolete(const std::vector<std::filesystem::path>& paths);

  struct Committing {
    EpisodeFile* file;
    EpisodeRecord record;
  };

  WaitForSpace wait_;
  driver::Journal journal_;
  Library library_;
  RunDirectory directory_;
  std::optional<SetupFile> setup_;
  FilePool pool_{kOpenFiles};
  Segments segments_;
  Index index_;
  std::uint64_t next_episode_ = 0;
  std::map<std::uint64_t, Committing> committing_;
  io::OpenFile names_;                      // the directory of the episodes; open, for later it may not be to be had
  std::vector<std::uint64_t> newly_named_;  // episodes whose files got their names since it was synced
  std::vector<Pending> pending_;            // in the segment that is being filled
  std::vector<std::filesystem::path> obsolete_;  // removed when the index on disk no longer links to them
};

}  // namespace neurotape::hdf5
