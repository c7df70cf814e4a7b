#pragma once
/// \file
/// The one seam between everything that writes and the operating system. Tests put operations of their own in its
/// place: ones that fail, wait, or write down what was asked for.

#include <cstddef>
#include <cstdint>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

namespace neurotape::io {

/// Each function does, takes and returns what the system call of that name does: -1 and errno for a failure, or fewer
/// bytes than were asked for. Paths below a `Root` are taken from there (openat and its like). Any thread.
class Operations {
 public:
  virtual ~Operations() = default;
  virtual int open(const char* path, int flags, mode_t mode);
  virtual int close(int file);
  virtual ssize_t pread(int file, void* bytes, std::size_t count, off_t offset);
  virtual ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset);
  virtual int ftruncate(int file, off_t length);
  virtual int fallocate(int file, off_t offset, off_t length);
  virtual int fdatasync(int file);
  virtual int fsync(int file);
  virtual int sync_file_range(int file, off_t offset, off_t count, unsigned flags);
  virtual int flock(int file, int operation);
  /// F_SETLK of the whole file, for writing.
  virtual int lock(int file);
  virtual int stat(const char* path, struct ::stat* facts);
  virtual int statvfs(const char* path, struct ::statvfs* facts);
  virtual int mkdir(const char* path, mode_t mode);
  virtual int rename(const char* from, const char* to);
  virtual int unlink(const char* path);
};

/// What is in place: the system's own, unless a test has put others there.
Operations& operations() noexcept;

/// Puts operations in place for as long as it lives; nothing else may use files while it comes and goes.
class Replaced {
 public:
  explicit Replaced(Operations& by) noexcept;
  Replaced(const Replaced&) = delete;
  Replaced& operator=(const Replaced&) = delete;
  ~Replaced();

 private:
  Operations* before_;
};

}  // namespace neurotape::io
