#pragma once
/// \file
/// The lock of a run: a file that says who records, locked as long as that process lives.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

#include "backends/io/file.hpp"
#include "backends/io/root.hpp"

namespace neurotape::io {

/// The lock belongs to the process: a child that it forks does not have it, and does not keep it when the process dies.
class LockFile {
 public:
  /// \param contents what the file says while it is held: "pid <number>", then anything.
  /// \param taken what is said of another holder
  /// \throws Error already_exists with what its holder says of itself; not_found, io
  LockFile(const std::filesystem::path& path, const std::string& contents,
           const char* taken = "another recorder has this run open");
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  /// Removes the file, which nobody needs any more.
  ~LockFile();

  /// Writes over the end of what the file says, with as many bytes. What fails is left as it is: nobody depends on it.
  void replace_end(const std::string& end);
  /// False where the file system has no locks.
  bool keeps_others_out() const noexcept { return keeps_others_out_; }
  /// Whether some process, this one included, holds the lock at this path. Takes no lock itself.
  static bool is_held(const std::filesystem::path& path) { return holder(path).has_value(); }
  /// What the process that holds the lock says of itself: its `contents`. Nothing where nobody holds it.
  static std::optional<std::string> holder(const std::filesystem::path& path);

 private:
  std::filesystem::path path_;
  Root directory_;
  OpenFile file_;
  bool keeps_others_out_ = false;
  pid_t owner_;
};

/// A lock on a file that one object at a time may change: `.name.lock` beside it.
std::unique_ptr<LockFile> lock_beside(const std::filesystem::path& file, const char* taken);

}  // namespace neurotape::io
