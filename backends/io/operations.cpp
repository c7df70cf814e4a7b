#include "backends/io/operations.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <fcntl.h>
#include <new>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/io/root.hpp"

namespace neurotape::io {
namespace {

// Never destroyed: statics of the program may still be writing when it ends.
Operations& system_operations() noexcept {
  alignas(Operations) static std::byte memory[sizeof(Operations)];
  static auto* const operations = new (memory) Operations;
  return *operations;
}

std::atomic<Operations*>& in_place() {
  static std::atomic<Operations*> operations{&system_operations()};
  return operations;
}

}  // namespace

int Operations::open(const char* path, int flags, mode_t mode) {
  const Place place(path);
  return ::openat(place.directory(), place.name(), flags | O_CLOEXEC, mode);
}
int Operations::close(int file) { return ::close(file); }
ssize_t Operations::pread(int file, void* bytes, std::size_t count, off_t offset) {
  return ::pread(file, bytes, count, offset);
}
ssize_t Operations::pwrite(int file, const void* bytes, std::size_t count, off_t offset) {
  return ::pwrite(file, bytes, count, offset);
}
int Operations::ftruncate(int file, off_t length) { return ::ftruncate(file, length); }
int Operations::fallocate(int file, off_t offset, off_t length) { return ::fallocate(file, 0, offset, length); }
int Operations::fdatasync(int file) { return ::fdatasync(file); }
int Operations::fsync(int file) { return ::fsync(file); }
int Operations::sync_file_range(int file, off_t offset, off_t count, unsigned flags) {
  return ::sync_file_range(file, offset, count, flags);
}
int Operations::flock(int file, int operation) { return ::flock(file, operation); }
int Operations::lock(int file) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return ::fcntl(file, F_SETLK, &whole);
}
int Operations::stat(const char* path, struct ::stat* facts) {
  const Place place(path);
  return ::fstatat(place.directory(), place.name(), facts, 0);
}
int Operations::statvfs(const char* path, struct ::statvfs* facts) {
  const Place place(path);
  return place.is_rooted() ? ::fstatvfs(place.directory(), facts) : ::statvfs(path, facts);
}
int Operations::mkdir(const char* path, mode_t mode) {
  const Place place(path);
  return ::mkdirat(place.directory(), place.name(), mode);
}
int Operations::rename(const char* from, const char* to) {
  const Place source(from), target(to);
  return ::renameat(source.directory(), source.name(), target.directory(), target.name());
}
int Operations::unlink(const char* path) {
  const Place place(path);
  return ::unlinkat(place.directory(), place.name(), 0);
}

Operations& operations() noexcept { return *in_place().load(std::memory_order_acquire); }

Replaced::Replaced(Operations& by) noexcept : before_(in_place().exchange(&by, std::memory_order_acq_rel)) {}
Replaced::~Replaced() { in_place().store(before_, std::memory_order_release); }

}  // namespace neurotape::io
