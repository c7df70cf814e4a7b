#include "tests/fault/victim/faults.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace neurotape::fault {
namespace {

constexpr std::uint64_t kPage = 4096;

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

}  // namespace

nlohmann::json Faults::counted() const {
  const std::lock_guard lock(mutex_);
  return {{"calls", calls_.load()}, {"writes", writes_}};
}

bool Faults::is_due(const char* call, std::uint64_t pages) {
  if (plan_.deed == Deed::none || (!plan_.call.empty() && plan_.call != call)) return false;
  const auto number = ++calls_;
  if (pages != 0) {
    const std::lock_guard lock(mutex_);
    writes_.push_back({number, pages});
  }
  return number >= plan_.at && number - plan_.at < plan_.times;
}

bool Faults::fails(const char* call) {
  if (!is_due(call)) return false;
  if (plan_.deed == Deed::kill || plan_.deed == Deed::tear) die();
  if (plan_.deed != Deed::fail) return false;
  errno = plan_.error_number;
  return true;
}

int Faults::open(const char* path, int flags, mode_t mode) {
  if ((flags & O_CREAT) != 0 ? fails("open") : fails_by_name("reopen")) return -1;
  return Operations::open(path, flags, mode);
}

int Faults::close(int file) {
  const int result = Operations::close(file);  // Linux closes it in any case
  return fails_by_name("close") ? -1 : result;
}

ssize_t Faults::pread(int file, void* bytes, std::size_t count, off_t offset) {
  return fails_by_name("pread") ? -1 : Operations::pread(file, bytes, count, offset);
}
int Faults::sync_file_range(int file, off_t offset, off_t count, unsigned flags) {
  return fails_by_name("sync_file_range") ? -1 : Operations::sync_file_range(file, offset, count, flags);
}
int Faults::flock(int file, int operation) { return fails_by_name("flock") ? -1 : Operations::flock(file, operation); }
int Faults::lock(int file) { return fails_by_name("lock") ? -1 : Operations::lock(file); }

ssize_t Faults::pwrite(int file, const void* bytes, std::size_t count, off_t offset) {
  const auto begin = static_cast<std::uint64_t>(offset);
  const auto pages = count == 0 ? 0 : (begin + count - 1) / kPage - begin / kPage;
  if (!is_due("pwrite", pages)) return Operations::pwrite(file, bytes, count, offset);
  if (plan_.deed == Deed::kill) die();
  if (plan_.deed == Deed::fail) {
    errno = plan_.error_number;
    return -1;
  }
  if (plan_.deed == Deed::tear) {
    if (plan_.page <= pages) Operations::pwrite(file, bytes, (begin / kPage + plan_.page) * kPage - begin, offset);
    die();
  }
  return Operations::pwrite(file, bytes, count < 2 ? count : count / 2, offset);
}

int Faults::ftruncate(int file, off_t length) { return fails("ftruncate") ? -1 : Operations::ftruncate(file, length); }
int Faults::fallocate(int file, off_t offset, off_t length) {
  return fails("fallocate") ? -1 : Operations::fallocate(file, offset, length);
}
int Faults::fdatasync(int file) { return fails("fdatasync") ? -1 : Operations::fdatasync(file); }
int Faults::fsync(int file) { return fails("fsync") ? -1 : Operations::fsync(file); }
int Faults::mkdir(const char* path, mode_t mode) { return fails("mkdir") ? -1 : Operations::mkdir(path, mode); }
int Faults::rename(const char* from, const char* to) { return fails("rename") ? -1 : Operations::rename(from, to); }
int Faults::unlink(const char* path) { return fails("unlink") ? -1 : Operations::unlink(path); }

}  // namespace neurotape::fault
