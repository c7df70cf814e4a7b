#pragma once
/// \file
/// Directories that are not looked for by name again.

#include <filesystem>
#include <memory>
#include <string_view>

namespace neurotape::io {

class RootEntry;

/// Keeps the directory that has this name when it is made. While it lives, whatever this process does through the seam
/// with a path of that directory or below it, it does there: the directory may be renamed, and a link or another
/// directory take its name. Any thread.
class Root {
 public:
  /// \param directory absolute: others may change the working directory
  /// \param flags O_NOFOLLOW: it must not be a link itself
  /// \throws Error not_found, io
  explicit Root(const std::filesystem::path& directory, int flags = 0);
  Root(Root&& other) noexcept = default;
  Root& operator=(Root&& other) = delete;
  ~Root();

 private:
  std::shared_ptr<const RootEntry> entry_;
};

/// Where a path leads: a directory, and a name in it, as for openat().
class Place {
 public:
  /// Below the innermost root that holds it, the newest of equal ones; as it is where none does.
  explicit Place(std::string_view path) noexcept;

  int directory() const noexcept;
  const char* name() const noexcept { return name_; }
  bool is_rooted() const noexcept { return entry_ != nullptr; }

 private:
  std::shared_ptr<const RootEntry> entry_;
  const char* name_;
};

}  // namespace neurotape::io
