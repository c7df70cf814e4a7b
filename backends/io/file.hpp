#pragma once
/// \file
/// A file descriptor, and whole reads and writes of it: interrupted calls are repeated, short ones go on.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace neurotape::io {

/// Errors are errno values; 0 is success. One thread at a time.
class OpenFile {
 public:
  OpenFile() = default;
  OpenFile(OpenFile&& other) noexcept;
  OpenFile& operator=(OpenFile&& other) noexcept;
  ~OpenFile() { close(); }

  /// A directory (with O_DIRECTORY) or a regular file; never waits. \returns errno
  int open(const std::filesystem::path& path, int flags) noexcept;
  void close() noexcept;
  bool is_open() const noexcept { return descriptor_ >= 0; }
  int descriptor() const noexcept { return descriptor_; }

  int write(std::uint64_t address, std::span<const std::byte> bytes) const noexcept;
  /// Bytes beyond the end of the file are zeros. \param got how many the file has
  int read(std::uint64_t address, std::span<std::byte> bytes, std::size_t* got = nullptr) const noexcept;
  int truncate(std::uint64_t length) const noexcept;
  /// Makes the file that long, with room on the disk where the file system can tell.
  int reserve(std::uint64_t from, std::uint64_t to) const noexcept;
  int sync() const noexcept;
  /// Of a directory: its names are on the disk. Where that cannot be asked for, it is taken to be so.
  int sync_names() const noexcept;
  /// Whether both can be asked for here.
  bool can_sync() const noexcept;
  /// For this process and all of the file, until it closes it. EACCES, EAGAIN: another has it
  int lock() const noexcept;
  std::uint64_t size() const noexcept;

 private:
  int descriptor_ = -1;
};

/// Of the disk that holds this path, for this user.
std::optional<std::uint64_t> free_bytes(const char* path) noexcept;

/// Whether waiting may help: there is no space now.
bool is_lack_of_space(int error_number) noexcept;

}  // namespace neurotape::io
