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
  /// Gives it the name; or something in it, whose neighbours are removed. \throws Error io
  void publish(const std::filesystem::path& inner = {});
  /// What a process left that was killed meanwhile.
  static void remove_rest(const std::filesystem::path& path, int process) noexcept;

 private:
  std::filesystem::path final_, transient_;
  bool published_ = false;
};

}  // namespace neurotape::io
