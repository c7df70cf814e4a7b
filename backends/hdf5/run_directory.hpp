#pragma once
/// \file
/// The directory of a run: its names, its lock.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "backends/hdf5/file_access.hpp"
#include "backends/io/lock_file.hpp"
#include "backends/io/root.hpp"
#include "recorder/backend.hpp"

namespace neurotape::hdf5 {

/// Locked by this process for as long as the object lives.
class RunDirectory {
 public:
  /// Makes `<parent>/<name>_<YYYYMMDD_HHMMSS>/`, with `_2`, `_3`, ... when the name is taken.
  /// \throws Error invalid_name, io
  static RunDirectory create(const std::filesystem::path& parent, const std::string& name, WallTime now);
  /// \throws Error not_found, already_exists (it names the pid that has the run open), io
  static RunDirectory open(const std::filesystem::path& path, WallTime now);

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path episodes() const { return path_ / "episodes"; }
  std::filesystem::path setup() const { return path_ / "setup.h5"; }
  std::filesystem::path index() const { return path_ / "experiment_data.h5"; }
  std::filesystem::path profile() const { return path_ / "profile.json"; }
  std::filesystem::path journal() const { return path_ / ".journal"; }
  /// What this place cannot do for a run.
  std::vector<Error> limits(Durability durability) const;
  /// Readers find it in the lock file.
  void tell(const RingUse& use) const noexcept;
  /// It is another's from here on.
  void unlock() noexcept;

 private:
  RunDirectory(std::filesystem::path path, WallTime now);
  void make_episodes();

  std::filesystem::path path_;
  // What takes their names while the run is recorded is not written to.
  std::optional<io::Root> root_;
  std::optional<io::Root> episodes_root_;
  std::unique_ptr<io::LockFile> lock_;
};

std::string segment_name(std::uint64_t number);  ///< "segment_0007.h5"
std::string episode_id(std::uint64_t number);    ///< "episode_0003"
/// The number in a name like "episode_0003.h5" or "episode_0003"; nothing for any other name.
std::optional<std::uint64_t> number_in(std::string_view name, std::string_view prefix, std::string_view suffix);

}  // namespace neurotape::hdf5
