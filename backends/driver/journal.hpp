#pragma once
/// \file
/// The journal of a run: what a commit changes in place, written down before it is changed, so that a commit that was
/// cut off in the middle can be repeated.

#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "backends/driver/driver_file.hpp"

namespace neurotape::driver {

/// What belongs into one file.
struct JournalEntry {
  std::string file;     ///< name, without its directory and without the dot of a file that has not got its name yet
  Superblock before{};  ///< of the file, before this commit; zeros: it had none
  std::vector<HeldWrites::Piece> pieces;
};

/// Whether a file that begins like this is still the one that the entry is about: another program may have written it.
bool is_about(const JournalEntry& entry, const Superblock& beginning) noexcept;

/// Threads: one at a time.
///
/// Invariants with `durable`: when `commit` returns, what was written into the files and what waited there survives a
/// power cut, by itself or with `read_journal`; a record is written over only when all that it repeats is on the disk.
class Journal {
 public:
  /// \param patience asked where there is no space for a record; may be nullptr
  explicit Journal(bool durable, Patience* patience = nullptr) : durable_(durable), patience_(patience) {}
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Made when it is first written.
  void place(std::filesystem::path path) { path_ = std::move(path); }
  bool durable() const noexcept { return durable_; }

  /// Makes what waits in these files part of them. A file for which that fails is dead.
  void commit(std::span<DriverFile* const> files) noexcept;
  /// The file goes away: what the journal would repeat of it is on the disk then.
  void forget(DriverFile& file) noexcept;
  /// The run is closed. A record that has something to repeat stays, for whoever reads or recovers the run.
  void remove() noexcept;

 private:
  void sync(DriverFile& file) noexcept;
  void sync_files(std::span<DriverFile* const> files) noexcept;
  void keep_entry_of(const DriverFile& file) noexcept;
  int write(const std::vector<JournalEntry>& entries);
  int write_patiently(const std::vector<JournalEntry>& entries);
  int open_if_needed();

  const bool durable_;
  Patience* const patience_;
  std::filesystem::path path_;
  io::OpenFile file_;
  std::uint64_t sequence_ = 0;
  std::set<DriverFile*> unsynced_;  // changed in place since they were synced
  std::vector<JournalEntry> kept_;  // of files whose sync has failed: part of every record from then on
  int unreadable_ = 0;  // why it cannot be read back, though it has something to keep: it is not written over
};

/// What the journal has to repeat, in order. Empty where there is none, or where nothing was cut off that it knows.
/// A record that is not whole was never acknowledged and ends the list.
/// \param error_number why there may be more than that, errno; 0: there is not
std::vector<JournalEntry> read_journal(const std::filesystem::path& path, int* error_number = nullptr);

struct Replayed {
  std::string file;
  int error_number = 0;  ///< why it could not be changed
};

/// Repeats what the journal says in the files of this directory that it is about, and waits until it is on the disk. May be repeated.
std::vector<Replayed> replay(const std::vector<JournalEntry>& entries, const std::filesystem::path& directory);

}  // namespace neurotape::driver
