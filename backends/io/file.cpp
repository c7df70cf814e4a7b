#include "backends/io/file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <utility>

#include "backends/io/operations.hpp"

namespace neurotape::io {
namespace {

constexpr mode_t kMode = 0666;

/// Repeats a call that a signal has interrupted. \returns errno
template <class Call>
int repeated(Call call) noexcept {
  while (call() < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

OpenFile::OpenFile(OpenFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

int OpenFile::open(const std::filesystem::path& path, int flags) noexcept {
  close();
  // A pipe that somebody has put there must neither be waited for nor written to.
  const int error = repeated([&] { return descriptor_ = operations().open(path.c_str(), flags | O_NONBLOCK, kMode); });
  if (error != 0 || (flags & O_DIRECTORY) != 0) return error;
  struct stat facts {};
  const int unknown = ::fstat(descriptor_, &facts) != 0 ? errno : 0;
  if (unknown == 0 && S_ISREG(facts.st_mode)) return 0;
  close();
  if (unknown != 0) return unknown;
  return S_ISDIR(facts.st_mode) ? EISDIR : ENXIO;
}

void OpenFile::close() noexcept {
  if (descriptor_ >= 0) operations().close(std::exchange(descriptor_, -1));
}

int OpenFile::write(std::uint64_t address, std::span<const std::byte> bytes) const noexcept {
  while (!bytes.empty()) {
    const auto written = operations().pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(address));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return ENOSPC;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    address += static_cast<std::uint64_t>(written);
  }
  return 0;
}

int OpenFile::read(std::uint64_t address, std::span<std::byte> bytes, std::size_t* got) const noexcept {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto rest = bytes.subspan(done);
    const auto part = operations().pread(descriptor_, rest.data(), rest.size(), static_cast<off_t>(address + done));
    if (part < 0 && errno == EINTR) continue;
    if (part < 0) return errno;
    if (part == 0) break;
    done += static_cast<std::size_t>(part);
  }
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(done), bytes.end(), std::byte{0});
  if (got != nullptr) *got = done;
  return 0;
}

int OpenFile::truncate(std::uint64_t length) const noexcept {
  return repeated([&] { return operations().ftruncate(descriptor_, static_cast<off_t>(length)); });
}

int OpenFile::reserve(std::uint64_t from, std::uint64_t to) const noexcept {
  const int error = repeated(
      [&] { return operations().fallocate(descriptor_, static_cast<off_t>(from), static_cast<off_t>(to - from)); });
  // A file system that cannot reserve still has to make the file longer.
  return error == EOPNOTSUPP || error == ENOSYS ? truncate(to) : error;
}

int OpenFile::sync() const noexcept {
  return repeated([&] { return operations().fdatasync(descriptor_); });
}

int OpenFile::sync_names() const noexcept {
  const int error = repeated([&] { return operations().fsync(descriptor_); });
  return error == EINVAL ? 0 : error;
}

bool OpenFile::can_sync() const noexcept {
  const int error = repeated([&] { return operations().fsync(descriptor_); });
  return error != EINVAL && error != ENOTSUP && error != ENOSYS;
}

int OpenFile::lock() const noexcept {
  return repeated([&] { return operations().lock(descriptor_); });
}

std::uint64_t OpenFile::size() const noexcept {
  struct stat facts {};
  return ::fstat(descriptor_, &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
}

std::optional<std::uint64_t> free_bytes(const char* path) noexcept {
  struct statvfs facts {};
  if (operations().statvfs(path, &facts) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
}

bool is_lack_of_space(int error_number) noexcept { return error_number == ENOSPC || error_number == EDQUOT; }

}  // namespace neurotape::io
