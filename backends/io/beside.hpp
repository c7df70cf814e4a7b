#pragma once
/// \file
/// Files and directories that get their names when they are whole, and are not there before.

#include <filesystem>

namespace neurotape::io {

/// A path of this name beside another, for what is not complete yet; removed unless it was published. One thread at a time.
class Beside {
 public:
  /// \throws Error already_exists: there is something at `path`
  explicit Beside(const std::filesystem::path& path);
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;
  ~Beside();

  const std::filesystem::path& path() const noexcept { return transient_; }
  /// \throws Error io
  void publish();

 private:
  std::filesystem::path final_, transient_;
  bool published_ = false;
};

}  // namespace neurotape::io
