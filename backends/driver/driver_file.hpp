#pragma once
/// \file
/// A file as our HDF5 driver sees it: what is written at once, what waits for the commit, what happens when the disk
/// refuses.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <unordered_set>
#include <vector>

#include "backends/driver/held_writes.hpp"
#include "backends/driver/superblock.hpp"
#include "backends/io/file.hpp"

namespace neurotape::driver {

class Journal;

/// Asked when there is no space on the disk.
class Patience {
 public:
  virtual ~Patience() = default;
  /// Waits a while. \returns whether to try again
  virtual bool wait(const std::string& tried, const std::filesystem::path& path, int error_number) = 0;
  /// The call that it waited for has succeeded, or failed for good.
  virtual void over() = 0;
};

enum class Opening {
  read,
  create,  ///< the name must be free
  write,
};

/// What is written when.
enum class Mode {
  direct,  ///< everything at once: for files that get their name when they are complete
  held,    ///< metadata waits for `commit`, so that the file is always as of its last one
};

/// Whom a file turns to; nullptr: nobody.
struct Company {
  Patience* patience = nullptr;
  Journal* journal = nullptr;
};

struct Failure {
  std::string tried;
  int error_number = 0;
};

/// The first failure is kept and makes the file *dead*: it is not written again, and HDF5 is told that all is well, so
/// that it can close it. In a forked child the file is dead from the start.
///
/// Invariants in mode `held`: the superblock on disk always says that the file was closed properly and that it ends at
/// the reserve, which is never more than the length of the file; metadata at places that have not been written before
/// reaches the file first, so that nothing points to what is not there; the rest comes in HDF5's own order, which under
/// SWMR keeps what a reader may see in step.
///
/// Threads: one at a time.
class DriverFile {
 public:
  DriverFile(std::filesystem::path path, Opening opening, Mode mode, Company company);
  DriverFile(const DriverFile&) = delete;
  DriverFile& operator=(const DriverFile&) = delete;
  ~DriverFile();

  const std::filesystem::path& path() const noexcept { return path_; }
  void renamed(std::filesystem::path path) { path_ = std::move(path); }
  const std::optional<Failure>& failure() const noexcept { return failure_; }
  bool dead() const noexcept;
  bool writes() const noexcept { return opening_ != Opening::read; }

  // For HDF5. None of these throws; a write always succeeds, and a read that does not is a failure.
  std::uint64_t end() const noexcept { return end_; }
  void set_end(std::uint64_t end) noexcept { end_ = end; }
  std::uint64_t size() const noexcept { return size_; }
  bool read(std::uint64_t address, std::span<std::byte> bytes) noexcept;
  /// Reads all of a file that is not written, and keeps it where it is not too large: what the disk cannot read is a failure
  /// now, not in the middle of a call of HDF5 that does not survive it.
  void read_ahead() noexcept;
  void write_metadata(std::uint64_t address, std::span<const std::byte> bytes) noexcept;
  /// Goes to the file at once.
  void write_raw(std::uint64_t address, std::span<const std::byte> bytes) noexcept;

  /// Where the last raw write went.
  std::uint64_t last_raw_address() const noexcept { return last_raw_; }

  /// Makes what waits part of the file, through the journal where there is one.
  void commit() noexcept;
  /// After HDF5 has closed the file: commits what waits and gives back the reserve.
  /// \param synced waits until all is on the disk; so does a file with a durable journal
  void finish(bool synced = false) noexcept;
  /// Lets the system start writing; returns without waiting.
  void start_write_back() const noexcept;

  // For the journal, in this order.
  void prepare() noexcept { reserve(end_); }
  /// Waits until what was written is on the disk; of a dead file, too, for what it committed before stands.
  /// \returns errno; the file is dead then
  int sync() noexcept;
  /// As the last commit left it; zeros before the first one.
  const Superblock& superblock_on_disk() const noexcept { return superblock_on_disk_; }
  /// What a commit will write, in the order in which it will.
  std::vector<HeldWrites::Piece> waiting() const;
  void apply(const std::vector<HeldWrites::Piece>& pieces) noexcept;
  void fail(const char* tried, int error_number) noexcept;
  /// Dead, and on its own: it may outlive the journal.
  void part_from_company() noexcept;

 private:
  template <class Call>
  bool attempt(const char* tried, Call call) noexcept;
  bool reserve(std::uint64_t end) noexcept;
  bool is_new(std::uint64_t address) const { return address >= opened_end_ && !in_place_.contains(address); }
  std::uint64_t end_to_tell() const noexcept { return mode_ == Mode::held ? size_ : end_; }
  void apply_now() noexcept;

  std::filesystem::path path_;
  Opening opening_;
  Mode mode_;
  Company company_;
  pid_t owner_;
  io::OpenFile file_;
  std::uint64_t end_ = 0;   // of what HDF5 has allocated
  std::uint64_t size_ = 0;  // of the file
  std::uint64_t last_raw_ = 0;
  bool written_ = false;
  std::optional<Superblock> superblock_;  // as HDF5 wrote it last
  Superblock superblock_on_disk_{};
  std::uint64_t sealed_end_ = 0;  // what that says
  std::uint64_t used_then_ = 0;   // `end_` as of the last commit
  bool superblock_changed_ = false;
  HeldWrites held_;
  std::vector<std::byte> ahead_;                // the first bytes of the file, as they were read ahead
  std::uint64_t opened_end_ = 0;                // everything before it was there when the file was opened
  std::unordered_set<std::uint64_t> in_place_;  // addresses of other metadata that has been written
  std::optional<Failure> failure_;
};

}  // namespace neurotape::driver
