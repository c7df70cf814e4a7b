// The part of file_access.hpp that has nothing to do with HDF5.

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "backends/hdf5/errors.hpp"
#include "backends/hdf5/file_access.hpp"

namespace neurotape::hdf5 {
namespace {

/// A file descriptor of our own.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags) : descriptor_(::open(path.c_str(), flags | O_CLOEXEC)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

void sync(const std::filesystem::path& path, int flags, int (*call)(int)) {
  const Descriptor file(path, flags);
  if (file.get() < 0) fail_system("opening it to sync", path, errno);
  // File systems that cannot sync a directory say EINVAL.
  if (call(file.get()) != 0 && errno != EINVAL) fail_system("waiting until it is on the disk", path, errno);
}

}  // namespace

std::optional<FileFacts> file_facts(const std::filesystem::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail_system("looking at the file", path, errno);
  }
  constexpr std::int64_t kSecond = 1'000'000'000;
  return FileFacts{static_cast<std::uint64_t>(facts.st_size), facts.st_mtim.tv_sec * kSecond + facts.st_mtim.tv_nsec};
}

void rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail_system(fmt::format("renaming to {}", to.string()), from, errno);
}

void remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail_system("removing the file", path, errno);
}

void sync_file(const std::filesystem::path& path) { sync(path, O_RDONLY, ::fdatasync); }
void sync_directory(const std::filesystem::path& path) { sync(path, O_RDONLY | O_DIRECTORY, ::fsync); }

void make_directories(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) fail_system("creating the directory", path, error.value());
}

bool make_directory(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return true;
  if (errno != EEXIST) fail_system("creating the directory", path, errno);
  return false;
}

std::vector<std::string> list_directory(const std::filesystem::path& path) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) fail_system("reading the directory", path, error.value());
  return names;
}

std::optional<std::string> read_text(const std::filesystem::path& path, std::size_t limit_bytes) {
  const Descriptor file(path, O_RDONLY);
  if (file.get() < 0) return std::nullopt;
  std::string text(limit_bytes, '\0');
  std::size_t length = 0;
  while (length < limit_bytes) {
    const auto got = ::read(file.get(), text.data() + length, limit_bytes - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  text.resize(length);
  return text;
}

LockFile::LockFile(const std::filesystem::path& path, const std::string& contents)
    : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) fail_system("opening the lock file", path, errno);
  // A file system without locks (ENOLCK, ENOSYS, ...) leaves it at the word of the file.
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor_);
    const auto said = read_text(path, 4096).value_or("");
    const auto holder = said.substr(0, said.find('\n'));
    throw Error(ErrorCode::already_exists,
                fmt::format("another recorder has this run open ({})", holder.empty() ? "pid unknown" : holder),
                in_file(path.parent_path()));
  }
  const bool said = ::ftruncate(descriptor_, 0) == 0 &&
                    ::pwrite(descriptor_, contents.data(), contents.size(), 0) == static_cast<ssize_t>(contents.size());
  if (!said) {
    const int error_number = errno;
    ::close(descriptor_);
    fail_system("writing the lock file", path, error_number);
  }
}

LockFile::~LockFile() { ::close(descriptor_); }

}  // namespace neurotape::hdf5
