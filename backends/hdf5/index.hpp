#pragma once
/// \file
/// The index of a run, `experiment_data.h5`: one record and one link for each episode.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "backends/hdf5/file_access.hpp"
#include "backends/hdf5/setup_file.hpp"

namespace neurotape::hdf5 {

/// A file of episodes. Shared by the records of all episodes in it.
struct SourceFile {
  std::string name;  ///< in `episodes/`
  bool is_segment = false;
  FileFacts facts;
};

struct EpisodeRecord {
  std::shared_ptr<const SourceFile> source;
  std::string status = "recording";
  std::int64_t first_timestep = 0;
  std::int64_t last_timestep = -1;
  double sum_of_rewards = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes_stored = 0;
  std::string streams;  ///< JSON: path -> rows
};

/// Threads: one at a time.
class Index {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  /// \param clock tells how long writing takes
  Index(Library& library, std::filesystem::path path, Clock clock = std::chrono::steady_clock::now);

  /// What an index that is there says, by number of episode; nothing when it cannot be read.
  static std::map<std::uint64_t, EpisodeRecord> read(Library& library, const std::filesystem::path& path);

  void set(std::uint64_t episode, EpisodeRecord record);
  void erase(std::uint64_t episode);
  /// The episode is now there: other facts stay.
  void move(std::uint64_t episode, std::shared_ptr<const SourceFile> source);
  const std::map<std::uint64_t, EpisodeRecord>& records() const noexcept { return records_; }

  /// Whether the index on disk links to this file of `episodes/`.
  bool mentions(const std::string& name) const { return mentioned_.contains(name); }
  /// Writing takes time that grows with the number of episodes: due is what keeps it below 1 %.
  bool due() const;
  void write(const Setup& setup);

 private:
  void write_file(const Setup& setup, const std::filesystem::path& path);

  Library& library_;
  std::filesystem::path path_;
  Clock clock_;
  std::map<std::uint64_t, EpisodeRecord> records_;
  std::set<std::string> mentioned_;
  bool changed_ = true;
  std::chrono::steady_clock::time_point due_ = std::chrono::steady_clock::time_point::min();
};

}  // namespace neurotape::hdf5
