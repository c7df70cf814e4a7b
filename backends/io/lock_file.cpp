#include "backends/io/lock_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <mutex>
#include <set>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "backends/io/operations.hpp"
#include "neurotape/error.hpp"

namespace neurotape::io {
namespace {

constexpr std::size_t kMostText = 4096;

// A process is not refused by its own locks, and loses one when it closes any descriptor of the file: so it remembers
// which it holds, by name, and does not open them again. Never destroyed, for runs that end with the program.
struct Held {
  std::mutex mutex;
  std::set<std::filesystem::path> paths;
};
Held& held() {
  static auto* const all = new Held;
  return *all;
}

[[noreturn]] void fail(const char* tried, const std::filesystem::path& path, int error_number) {
  throw Error(ErrorCode::io, fmt::format("{}: {}", tried, std::generic_category().message(error_number)),
              {.path = path.string()});
}

[[noreturn]] void taken(const std::filesystem::path& path, const std::string& by) {
  throw Error(ErrorCode::already_exists, fmt::format("another recorder has this run open ({})", by),
              {.path = path.parent_path().string()});
}

std::string holder(const OpenFile& file) {
  std::string text(kMostText, '\0');
  std::size_t length = 0;
  file.read(0, std::as_writable_bytes(std::span(text)), &length);
  const auto line = text.substr(0, std::min(length, text.find('\n')));
  return line.empty() ? "pid unknown" : line;
}

/// Whether the file is ours now; where there are no locks at all it is. Held by another: false.
bool lock(const OpenFile& file) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  int result = ::fcntl(file.descriptor(), F_SETLK, &whole);
  while (result < 0 && errno == EINTR) result = ::fcntl(file.descriptor(), F_SETLK, &whole);
  return result == 0 || (errno != EACCES && errno != EAGAIN);
}

/// Whether the file still has the name: its holder removes it when it lets go.
bool is_there(const std::filesystem::path& path, const OpenFile& file) {
  struct stat named {
  }, opened{};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(file.descriptor(), &opened) == 0 &&
         named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

}  // namespace

LockFile::LockFile(const std::filesystem::path& path, const std::string& contents)
    : path_(std::filesystem::weakly_canonical(path)), owner_(::getpid()) {
  const std::lock_guard guard(held().mutex);
  if (held().paths.contains(path_)) taken(path_, fmt::format("pid {}", owner_));
  do {
    if (const int error = file_.open(path_, O_RDWR | O_CREAT | O_NOFOLLOW); error != 0)
      fail("opening the lock file", path_, error);
    if (!lock(file_)) taken(path_, holder(file_));
  } while (!is_there(path_, file_));
  int error = file_.truncate(0);
  if (error == 0) error = file_.write(0, std::as_bytes(std::span(contents)));
  if (error != 0) fail("writing the lock file", path_, error);
  held().paths.insert(path_);
}

bool LockFile::is_held(const std::filesystem::path& path) {
  const std::lock_guard guard(held().mutex);
  if (held().paths.contains(std::filesystem::weakly_canonical(path))) return true;
  OpenFile file;
  if (file.open(path, O_RDONLY | O_NOFOLLOW) != 0) return false;
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return ::fcntl(file.descriptor(), F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

LockFile::~LockFile() {
  if (::getpid() != owner_) return;
  const std::lock_guard guard(held().mutex);
  held().paths.erase(path_);
  operations().unlink(path_.c_str());
  file_.close();
}

}  // namespace neurotape::io
