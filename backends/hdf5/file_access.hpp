#pragma once
/// \file
/// All access of the backend to the file system: HDF5 files, and what is done to files beside HDF5.
/// Nothing else in this folder opens, writes, renames or removes a file.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/driver/driver.hpp"
#include "backends/hdf5/handles.hpp"
#include "backends/image/bytes.hpp"
#include "backends/io/new_file.hpp"

namespace neurotape::hdf5 {

enum class Access {
  read,
  write,        ///< exclusively: what others see meanwhile is the last commit
  write_alive,  ///< while others read (SWMR)
};

/// How a new file keeps the links and attributes of its root.
enum class Root {
  small,  ///< in its header: a few links, and readers while it grows
  large,  ///< in indexed storage: thousands of links
};

/// An open HDF5 file, on our own file driver. HDF5's own file locks are off: no reader can keep the writer from opening its file.
///
/// One that goes away without `close` stays as of its last commit.
class File {
 public:
  using Mode = driver::Mode;

  /// \throws Error io, also when the file is there
  static File create(const std::filesystem::path& path, Root root, Mode mode, const driver::Company& company);
  /// Writing is in mode `held`.
  static File open(const std::filesystem::path& path, Access access, const driver::Company& company = {});
  File(File&&) = default;
  File& operator=(File&&) = delete;
  ~File();

  hid_t id() const noexcept { return file_.get(); }
  /// From here on other processes may read. No attribute, group or type may be open.
  void start_alive();
  /// Hands all that HDF5 remembers to the driver, where it waits for the commit.
  void flush();
  driver::DriverFile& driver() noexcept { return *driver_; }
  /// Before H5Ocopy takes something from a file that is open for reading: where a read fails in it, 1.10.8 ends the program.
  /// \throws Error io
  void read_ahead() {
    driver_->read_ahead();
    check();
  }
  /// Closes, and reports what the destructor would keep to itself. All objects in it have been closed.
  /// \param synced waits until all is on the disk
  void close(bool synced = false);
  /// \throws Error io when a write has failed: HDF5 is not told, so that it can close the file.
  void check() const;
  /// The file has another name now.
  void renamed(const std::filesystem::path& path) { driver_->renamed(path); }

  /// Where HDF5 has put the raw data that it wrote last.
  std::uint64_t last_raw_address() const noexcept { return driver_->last_raw_address(); }
  /// Bytes of the file beneath HDF5, at an address that HDF5 has allocated to raw data.
  void write_at(std::uint64_t address, std::span<const std::byte> bytes);
  void read_at(std::uint64_t address, std::span<std::byte> bytes) const;
  /// Lets the system start writing what is dirty; returns without waiting.
  void start_write_back() noexcept { driver_->start_write_back(); }

 private:
  File(std::shared_ptr<driver::DriverFile> driver, Handle file) : driver_(std::move(driver)), file_(std::move(file)) {}
  void leave_to_hdf5() noexcept;

  std::shared_ptr<driver::DriverFile> driver_;  // outlives HDF5's use of it
  Handle file_;
};

/// A new HDF5 file that is put together from images, without HDF5.
///
/// One that goes away without `close` is no HDF5 file.
class ImageFile {
 public:
  /// The first image begins behind the superblock.
  static constexpr std::uint64_t kBegin = driver::kSuperblockBytes;

  /// \throws Error io, also when the file is there
  ImageFile(const std::filesystem::path& path, const driver::Company& company);

  /// Where the next image begins.
  std::uint64_t end() const noexcept { return driver_->end(); }
  /// \throws Error io
  void append(const image::Image& image);
  /// \param root address of the root group \param synced waits until all is on the disk \throws Error io
  void close(std::uint64_t root, bool synced);

 private:
  std::unique_ptr<driver::DriverFile> driver_;
};

/// Size and time of last change.
struct FileFacts {
  std::uint64_t bytes = 0;
  std::int64_t mtime_ns = 0;
  friend bool operator==(const FileFacts&, const FileFacts&) = default;
};
/// Nothing when there is no such file.
std::optional<FileFacts> file_facts(const std::filesystem::path& path);

using io::list_directory;
using io::make_directories;
using io::make_directory;
using io::remove_file;
using io::rename_file;
using io::sync_directory;
using io::transient_name;

/// Gives a file that is complete the name under which others look for it. \param durable the name is on the disk then
void put_in_place(const std::filesystem::path& from, const std::filesystem::path& to, bool durable);
/// The beginning of a (small) file; nothing when it cannot be read.
std::optional<std::string> read_text(const std::filesystem::path& path, std::size_t limit_bytes);

}  // namespace neurotape::hdf5
