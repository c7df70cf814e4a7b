#include "backends/io/lock_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "backends/io/operations.hpp"
#include "neurotape/error.hpp"

namespace neurotape::io {
namespace {

constexpr std::size_t kMostText = 4096;

// A process is not refused by its own locks, and loses one when it closes any descriptor of the file: so it remembers
// which it holds, by name, with what they say, and does not open them again. Never destroyed, for runs that end with
// the program.
struct Held {
  std::mutex mutex;
  std::map<std::filesystem::path, std::string> contents;
};
Held& held() {
  static auto* const all = new Held;
  return *all;
}

[[noreturn]] void fail(const char* tried, const std::filesystem::path& path, int error_number) {
  throw Error(ErrorCode::io, fmt::format("{}: {}", tried, std::generic_category().message(error_number)),
              {.path = path.string()});
}

[[noreturn]] void refuse(const char* taken, const std::filesystem::path& path, const std::string& by) {
  throw Error(ErrorCode::already_exists, fmt::format("{} ({})", taken, by), {.path = path.parent_path().string()});
}

/// One name for each lock file, by whatever links one comes to its directory.
std::filesystem::path name_of(const std::filesystem::path& path) {
  std::error_code error;
  const auto directory = std::filesystem::weakly_canonical(path.parent_path(), error);
  return error ? path : directory / path.filename();
}

std::string contents_of(const OpenFile& file) {
  std::string text(kMostText, '\0');
  std::size_t length = 0;
  file.read(0, std::as_writable_bytes(std::span(text)), &length);
  text.resize(length);
  return text;
}

std::string first_line(const OpenFile& file) {
  const auto text = contents_of(file);
  const auto line = text.substr(0, text.find('\n'));
  return line.empty() ? "pid unknown" : line;
}

/// Whether the file still has the name: its holder removes it when it lets go.
bool is_there(const std::filesystem::path& path, const OpenFile& file) {
  struct stat named {
  }, opened{};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(file.descriptor(), &opened) == 0 &&
         named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

}  // namespace

LockFile::LockFile(const std::filesystem::path& path, const std::string& contents, const char* taken)
    : path_(name_of(path)), directory_(path_.parent_path()), owner_(::getpid()) {
  const std::lock_guard guard(held().mutex);
  if (held().contents.contains(path_)) refuse(taken, path_, fmt::format("pid {}", owner_));
  do {
    if (const int error = file_.open(path_, O_RDWR | O_CREAT | O_NOFOLLOW); error != 0)
      fail("opening the lock file", path_, error);
    const int error = file_.lock();
    if (error == EACCES || error == EAGAIN) refuse(taken, path_, first_line(file_));
    keeps_others_out_ = error == 0;
  } while (!is_there(path_, file_));
  int error = file_.truncate(0);
  if (error == 0) error = file_.write(0, std::as_bytes(std::span(contents)));
  if (error != 0) fail("writing the lock file", path_, error);
  held().contents.emplace(path_, contents);
}

void LockFile::replace_end(const std::string& end) {
  std::size_t begin = 0;
  {
    const std::lock_guard guard(held().mutex);
    const auto own = held().contents.find(path_);
    if (own == held().contents.end() || own->second.size() < end.size() || own->second.ends_with(end)) return;
    begin = own->second.size() - end.size();
    own->second.replace(begin, end.size(), end);
  }
  file_.write(begin, std::as_bytes(std::span(end)));  // a disk that stands still keeps no other run from its lock
}

std::optional<std::string> LockFile::holder(const std::filesystem::path& path) {
  const std::lock_guard guard(held().mutex);
  const auto own = held().contents.find(name_of(path));
  if (own != held().contents.end()) return own->second;
  OpenFile file;
  if (file.open(path, O_RDONLY | O_NOFOLLOW) != 0) return std::nullopt;
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(file.descriptor(), F_GETLK, &whole) != 0 || whole.l_type == F_UNLCK) return std::nullopt;
  return contents_of(file);
}

LockFile::~LockFile() {
  if (::getpid() != owner_) return;
  const std::lock_guard guard(held().mutex);
  held().contents.erase(path_);
  operations().unlink(path_.c_str());
  file_.close();
}

}  // namespace neurotape::io
