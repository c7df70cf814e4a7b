#pragma once
/// \file
/// Tidying a run whose recording was cut off.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace neurotape {

/// An episode whose recording was cut off.
struct RecoveredEpisode {
  struct Rows {
    std::uint64_t kept = 0;         ///< committed, and read back
    std::uint64_t uncommitted = 0;  ///< in the file behind them; the loader does not show them
  };
  std::string id;                       ///< "episode_0003"
  std::string file;                     ///< in the directory of the run
  std::map<std::string, Rows> streams;  ///< by path
  std::uint64_t bytes_freed = 0;        ///< of the space that was reserved for more
  bool commit_repeated = false;         ///< the journal had a commit of it that may have been cut off
};

struct RecoveryReport {
  std::filesystem::path run;                ///< what was tidied: the run, or its copy
  std::vector<RecoveredEpisode> recovered;  ///< by number
  std::vector<std::string> removed;         ///< files that no commit had named
  std::vector<std::string> unreadable;      ///< files left alone, with the reason
  std::uint64_t episodes = 0;               ///< in the run, all in all
};

/// Tidies a run whose recording process died: repeats the commit that was cut off, gives back reserved space, marks
/// unfinished episodes as `recovered`, removes what no commit has named, and writes the index anew; then reads back what it
/// has marked. No reader needs it: a run can be read as it is.
///
/// May be repeated, and may itself be killed: the next call does the rest.
/// \param run directory of the run
/// \param copy_to a directory that is not there yet; the run is copied to it and stays as it was. Empty: in place
/// \throws Error not_found, already_exists (it is being recorded, or `copy_to` is there), io
RecoveryReport recover(const std::filesystem::path& run, const std::filesystem::path& copy_to = {});

}  // namespace neurotape
