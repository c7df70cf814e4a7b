#pragma once
/// \file
/// File operations that go wrong at one call, counted over all calls that change something.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "backends/io/operations.hpp"

namespace neurotape::fault {

enum class Deed {
  none,
  kill,    ///< SIGKILL before the call
  tear,    ///< SIGKILL within a write, where a page of the file ends, as Linux may do it
  fail,    ///< errno
  shorten  ///< a write does half of it
};

struct Plan {
  Deed deed = Deed::none;
  std::uint64_t at = 0;     ///< the call that it happens to, from 1
  std::uint64_t times = 1;  ///< how many calls one after the other
  int error_number = 0;
  std::string call;        ///< only calls of this name are counted; empty: all
  std::uint64_t page = 1;  ///< the end of a page within the write at which it is torn, from 1
};

/// Any thread.
class Faults final : public io::Operations {
 public:
  explicit Faults(Plan plan) : plan_(std::move(plan)) {}
  /// {"calls": how many, "writes": [[call, ends of pages within it]...] those that can be torn}
  nlohmann::json counted() const;
  /// Counts a call. \returns whether it fails, errno set
  bool fails(const char* call);

  int open(const char* path, int flags, mode_t mode) override;
  int close(int file) override;
  ssize_t pread(int file, void* bytes, std::size_t count, off_t offset) override;
  int sync_file_range(int file, off_t offset, off_t count, unsigned flags) override;
  int flock(int file, int operation) override;
  int lock(int file) override;
  ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset) override;
  int ftruncate(int file, off_t length) override;
  int fallocate(int file, off_t offset, off_t length) override;
  int fdatasync(int file) override;
  int fsync(int file) override;
  int mkdir(const char* path, mode_t mode) override;
  int rename(const char* from, const char* to) override;
  int unlink(const char* path) override;

 private:
  /// \param pages ends of pages within a write
  bool is_due(const char* call, std::uint64_t pages = 0);
  /// Calls that change no file count only where the plan names them; opening what is there is "reopen".
  bool fails_by_name(const char* call) { return plan_.call == call && fails(call); }
  const Plan plan_;
  std::atomic<std::uint64_t> calls_{0};
  mutable std::mutex mutex_;
  nlohmann::json writes_ = nlohmann::json::array();
};

}  // namespace neurotape::fault
