#pragma once
/// \file
/// The list of the maps of a directory, as a file of JSON.

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "neurotape/attention_maps.hpp"

namespace neurotape::artifacts {

/// The file is JSON whenever the process is killed: it is replaced as a whole, or grows by one write within a page, which no
/// kill tears. Who reads while that write is made may find its end missing, and reads again. It is derived from the maps'
/// files, so it need not survive a power cut.
///
/// Thread safety: one thread at a time.
class ManifestFile {
 public:
  explicit ManifestFile(std::filesystem::path path) : path_(std::move(path)) {}

  /// What a manifest says; nothing where there is none, or it cannot be read.
  static std::optional<std::vector<MapEntry>> read(const std::filesystem::path& path);

  void replace(std::span<const MapEntry> entries, bool durable);
  void append(std::span<const MapEntry> entries);
  /// Waits until what it says is on the disk.
  void sync() const;

 private:
  void write_all(bool durable);
  void write_end(std::size_t at, const std::string& end) const;

  const std::filesystem::path path_;
  std::string text_;  ///< of the file
};

}  // namespace neurotape::artifacts
