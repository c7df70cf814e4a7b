#include "tests/fault/victim/faults.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace neurotape::fault {
namespace {

constexpr std::size_t kPage = 4096;

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

}  // namespace

bool Faults::is_due(const char* call) {
  if (plan_.deed == Deed::none || (!plan_.call.empty() && plan_.call != call)) return false;
  const auto number = ++calls_;
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
  if ((flags & O_CREAT) != 0 && fails("open")) return -1;
  return Operations::open(path, flags, mode);
}

ssize_t Faults::pwrite(int file, const void* bytes, std::size_t count, off_t offset) {
  if (!is_due("pwrite")) return Operations::pwrite(file, bytes, count, offset);
  if (plan_.deed == Deed::kill) die();
  if (plan_.deed == Deed::fail) {
    errno = plan_.error_number;
    return -1;
  }
  auto half = count / 2;
  if (plan_.deed == Deed::tear) {
    const auto end = (static_cast<std::size_t>(offset) + half) / kPage * kPage;
    half = end > static_cast<std::size_t>(offset) ? end - static_cast<std::size_t>(offset) : 0;
  }
  const auto written = half == 0 ? 0 : Operations::pwrite(file, bytes, half, offset);
  if (plan_.deed == Deed::tear) die();
  return half == 0 ? Operations::pwrite(file, bytes, count, offset) : written;
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
