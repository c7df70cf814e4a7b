#include "backends/io/lock_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <pthread.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "backends/io/operations.hpp"
#include "backends/io/root.hpp"
#include "neurotape/error.hpp"

namespace neurotape::io {
namespace {

constexpr std::size_t kMostText = 4096;

// A process is not refused by its own locks, and loses one when it closes any descriptor of the file: so it remembers
// which it holds, with what they say, and does not open them again. Never destroyed, for runs that end with the program.
struct Held {
  struct Lock {
    std::string contents;
    struct stat file {};
  };
  std::mutex mutex;
  std::map<std::filesystem::path, Lock> locks;

  /// By its name, or by another that its directory has been given since.
  Lock* find(const std::filesystem::path& path);
};
Held& held() {
  static auto* const all = [] {
    // A child that is forked while another thread looks at a lock may look, too. Behind the roots, which are asked under
    // this lock: what is registered last is locked first.
    static_cast<void>(Place("/"));
    ::pthread_atfork([] { held().mutex.lock(); }, [] { held().mutex.unlock(); }, [] { held().mutex.unlock(); });
    return new Held;
  }();
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

bool is_same(const struct stat& a, const struct stat& b) { return a.st_ino == b.st_ino && a.st_dev == b.st_dev; }

/// Whether the file still has the name: its holder removes it when it lets go.
bool is_there(const std::filesystem::path& path, const OpenFile& file) {
  struct stat named {
  }, opened{};
  return operations().stat(path.c_str(), &named) == 0 && ::fstat(file.descriptor(), &opened) == 0 &&
         is_same(named, opened);
}

Held::Lock* Held::find(const std::filesystem::path& path) {
  if (const auto own = locks.find(name_of(path)); own != locks.end()) return &own->second;
  struct stat named {};
  if (operations().stat(path.c_str(), &named) != 0) return nullptr;
  for (auto& [name, lock] : locks)
    if (is_same(lock.file, named)) return &lock;
  return nullptr;
}

}  // namespace

LockFile::LockFile(const std::filesystem::path& path, const std::string& contents, const char* taken)
    : path_(name_of(path)), directory_(path_.parent_path()), owner_(::getpid()) {
  const std::lock_guard guard(held().mutex);
  if (held().find(path_) != nullptr) refuse(taken, path_, fmt::format("pid {}", owner_));
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
  Held::Lock own{contents};
  ::fstat(file_.descriptor(), &own.file);
  held().locks.emplace(path_, std::move(own));
}

void LockFile::replace_end(const std::string& end) {
  std::size_t begin = 0;
  {
    const std::lock_guard guard(held().mutex);
    auto& contents = held().locks[path_].contents;
    if (contents.size() < end.size() || contents.ends_with(end)) return;
    begin = contents.size() - end.size();
    contents.replace(begin, end.size(), end);
  }
  file_.write(begin, std::as_bytes(std::span(end)));  // a disk that stands still keeps no other run from its lock
}

std::optional<std::string> LockFile::holder(const std::filesystem::path& path) {
  const std::lock_guard guard(held().mutex);
  if (const auto* own = held().find(path)) return own->contents;
  OpenFile file;
  if (file.open(path, O_RDONLY | O_NOFOLLOW) != 0) return std::nullopt;
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(file.descriptor(), F_GETLK, &whole) != 0 || whole.l_type == F_UNLCK) return std::nullopt;
  return contents_of(file);
}

std::unique_ptr<LockFile> lock_beside(const std::filesystem::path& file, const char* taken) {
  const auto whole = std::filesystem::absolute(file);
  return std::make_unique<LockFile>(whole.parent_path() / ("." + whole.filename().string() + ".lock"),
                                    fmt::format("pid {}\n", ::getpid()), taken);
}

LockFile::~LockFile() {
  if (::getpid() != owner_) return;
  const std::lock_guard guard(held().mutex);
  held().locks.erase(path_);
  operations().unlink(path_.c_str());
  file_.close();
}

}  // namespace neurotape::io
