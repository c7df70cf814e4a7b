#pragma once
/// \file
/// All access of the backend to the file system: HDF5 files, and what is done to files beside HDF5.
/// Nothing else in this folder opens, writes, renames or removes a file.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/hdf5/handles.hpp"

namespace neurotape::hdf5 {

/// Who will use a file that is opened, and how.
enum class Access {
  read,         ///< a finished file
  read_alive,   ///< one that may be open for writing, or whose writer died
  write,        ///< exclusively
  write_alive,  ///< while others read (SWMR)
};

/// How a new file keeps the links and attributes of its root.
enum class Root {
  small,  ///< in its header: a few links, and readers while it grows
  large,  ///< in indexed storage: thousands of links
};

/// An open HDF5 file. HDF5's own file locks are off: no reader can keep the writer from opening its file.
class File {
 public:
  /// \throws Error io, also when the file is there
  static File create(const std::filesystem::path& path, Root root);
  static File open(const std::filesystem::path& path, Access access);

  hid_t id() const noexcept { return file_.get(); }
  /// From here on other processes may read. No attribute, group or type may be open.
  void start_alive();
  void flush();
  /// Closes, and reports what the destructor would keep to itself. All objects in it have been closed.
  void close();

  std::uint64_t bytes() const;
  /// Where HDF5 has put raw data that it wrote since the file had `bytes_before`: nothing, unless these bytes are the
  /// last of a file that has grown. (Metadata, which could be there instead, ends in a checksum.)
  std::optional<std::uint64_t> found_at_end(std::span<const std::byte> written, std::uint64_t bytes_before) const;
  /// Bytes of the file beneath HDF5, at an address that HDF5 has allocated to raw data.
  void write_at(std::uint64_t address, std::span<const std::byte> bytes);
  /// \returns how many of the bytes there are before the file ends.
  std::size_t read_at(std::uint64_t address, std::span<std::byte> bytes) const;
  /// Lets the system start writing what is dirty; returns without waiting.
  void start_write_back();

 private:
  File(Handle file, std::filesystem::path path) : file_(std::move(file)), path_(std::move(path)) {}
  int descriptor() const;

  Handle file_;
  std::filesystem::path path_;
};

/// Size and time of last change.
struct FileFacts {
  std::uint64_t bytes = 0;
  std::int64_t mtime_ns = 0;
  friend bool operator==(const FileFacts&, const FileFacts&) = default;
};
/// Nothing when there is no such file.
std::optional<FileFacts> file_facts(const std::filesystem::path& path);

/// Replaces `to`.
void rename_file(const std::filesystem::path& from, const std::filesystem::path& to);
/// Does nothing when there is no such file.
void remove_file(const std::filesystem::path& path);
/// Waits until the contents of the file are on the disk.
void sync_file(const std::filesystem::path& path);
/// The same for the names in a directory.
void sync_directory(const std::filesystem::path& path);
/// With its parents. \throws Error io
void make_directories(const std::filesystem::path& path);
/// \returns false when the name is taken. \throws Error io
bool make_directory(const std::filesystem::path& path);
/// Names in a directory, unordered. \throws Error io
std::vector<std::string> list_directory(const std::filesystem::path& path);
/// The beginning of a (small) file; nothing when it cannot be read.
std::optional<std::string> read_text(const std::filesystem::path& path, std::size_t limit_bytes);

/// The lock of a run: a file that says who records, locked as long as that process lives.
class LockFile {
 public:
  /// \param contents what the file says while it is held: "pid <number>", then anything.
  /// \throws Error already_exists with the pid of who holds it; io
  LockFile(const std::filesystem::path& path, const std::string& contents);
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile();

 private:
  int descriptor_ = -1;
};

}  // namespace neurotape::hdf5
