#pragma once
/// \file
/// What may change around a run that is being read: its files, and the process that records it.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "neurotape/run.hpp"

namespace neurotape::loader {

/// What a name stood for at one moment.
class Stamp {
 public:
  Stamp() = default;
  explicit Stamp(std::filesystem::path path);

  /// Whether it can have changed since. A change that is no older than the clock of the file system is fine may not
  /// be told from the one before it, and counts as one that is still to come.
  bool may_have_changed() const;
  /// Whether it had changed so shortly before now that whoever did it may still be at work.
  bool is_recent() const;

 private:
  struct State {
    std::uint64_t file = 0;  ///< 0: there is none
    std::int64_t bytes = 0;
    std::int64_t changed_ns = 0;  ///< since 1970
    friend bool operator==(const State&, const State&) = default;
  };
  State look() const;

  std::filesystem::path path_;
  State state_;
  bool settled_ = false;
};

/// The directory of the run that a file belongs to; nothing where the file does not lie in one.
std::optional<std::filesystem::path> run_of(const std::filesystem::path& episode_file);

/// What the process says that records the run in this directory; nothing where none does.
std::optional<RecorderInfo> recorder_of(const std::filesystem::path& run);
/// Since when (ISO 8601) a process records the run in this directory; nothing where none does.
std::optional<std::string> recorded_since(const std::filesystem::path& run);
/// The same for the run that a file belongs to.
std::optional<std::string> file_recorded_since(const std::filesystem::path& episode_file);

}  // namespace neurotape::loader
