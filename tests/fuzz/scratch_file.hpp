#pragma once
/// \file
/// A file for what a fuzzer comes up with.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <unistd.h>

namespace neurotape::fuzz {

/// In a directory of its own, removed at the end of the process.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& name)
      : directory_(std::filesystem::temp_directory_path() / ("neurotape_fuzz_" + std::to_string(::getpid()))),
        path_(directory_ / name) {
    std::filesystem::create_directories(directory_);
  }
  ~ScratchFile() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  void write(std::span<const std::uint8_t> bytes) const {
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::filesystem::path directory_;
  std::filesystem::path path_;
};

}  // namespace neurotape::fuzz
