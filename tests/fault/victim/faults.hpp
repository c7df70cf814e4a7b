#pragma once
/// \file
/// File operations that go wrong at one call, counted over all calls that change something.

#include <atomic>
#include <cstdint>
#include <string>

#include "backends/io/operations.hpp"

namespace neurotape::fault {

enum class Deed {
  none,
  kill,    ///< SIGKILL before the call
  tear,    ///< SIGKILL when half of a write has been done (to a whole page, as Linux does it)
  fail,    ///< errno
  shorten  ///< a write does half of it
};

struct Plan {
  Deed deed = Deed::none;
  std::uint64_t at = 0;     ///< the call that it happens to, from 1
  std::uint64_t times = 1;  ///< how many calls one after the other
  int error_number = 0;
  std::string call;  ///< only calls of this name are counted; empty: all
};

/// Any thread.
class Faults final : public io::Operations {
 public:
  explicit Faults(Plan plan) : plan_(std::move(plan)) {}
  std::uint64_t calls() const noexcept { return calls_; }

  int open(const char* path, int flags, mode_t mode) override;
  ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset) override;
  int ftruncate(int file, off_t length) override;
  int fallocate(int file, off_t offset, off_t length) override;
  int fdatasync(int file) override;
  int fsync(int file) override;
  int mkdir(const char* path, mode_t mode) override;
  int rename(const char* from, const char* to) override;
  int unlink(const char* path) override;

 private:
  bool is_due(const char* call);
  /// \returns whether the call fails, errno set
  bool fails(const char* call);

  const Plan plan_;
  std::atomic<std::uint64_t> calls_{0};
};

}  // namespace neurotape::fault
