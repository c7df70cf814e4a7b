#include "backends/io/root.hpp"

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <mutex>
#include <new>
#include <pthread.h>
#include <unistd.h>
#include <vector>

#include "backends/io/new_file.hpp"

namespace neurotape::io {

/// A root and what it is called.
class RootEntry {
 public:
  RootEntry(const std::filesystem::path& directory, int flags) : path_(directory.string()) {
    const Place place(path_);
    descriptor_ = ::openat(place.directory(), place.name(), O_PATH | O_DIRECTORY | O_CLOEXEC | flags);
    if (descriptor_ < 0) fail("opening the directory", directory, errno);
    path_.resize(path_.find_last_not_of('/') + 1);
  }
  RootEntry(const RootEntry&) = delete;
  RootEntry& operator=(const RootEntry&) = delete;
  ~RootEntry() { ::close(descriptor_); }

  bool holds(std::string_view path) const noexcept {
    return path.starts_with(path_) && (path.size() == path_.size() || path[path_.size()] == '/');
  }
  std::size_t length() const noexcept { return path_.size(); }
  int descriptor() const noexcept { return descriptor_; }

 private:
  std::string path_;
  int descriptor_ = -1;
};

namespace {

// Never destroyed: statics of the program may still be writing when it ends.
struct Roots {
  std::mutex mutex;
  std::vector<std::shared_ptr<const RootEntry>> all;
};
Roots& roots() noexcept {
  alignas(Roots) static std::byte memory[sizeof(Roots)];
  static auto* const all = [] {
    // A child that is forked while another thread looks a path up has roots, too.
    ::pthread_atfork([] { roots().mutex.lock(); }, [] { roots().mutex.unlock(); }, [] { roots().mutex.unlock(); });
    return new (memory) Roots;
  }();
  return *all;
}

}  // namespace

Root::Root(const std::filesystem::path& directory, int flags)
    : entry_(std::make_shared<const RootEntry>(directory, flags)) {
  const std::lock_guard lock(roots().mutex);
  roots().all.push_back(entry_);
}

Root::~Root() {
  const std::lock_guard lock(roots().mutex);
  std::erase(roots().all, entry_);
}

Place::Place(std::string_view path) noexcept : name_(path.data()) {
  const std::lock_guard lock(roots().mutex);
  for (const auto& entry : roots().all)
    if (entry->holds(path) && (entry_ == nullptr || entry->length() >= entry_->length())) entry_ = entry;
  if (entry_ == nullptr) return;
  name_ += entry_->length();
  while (*name_ == '/') ++name_;
  if (*name_ == '\0') name_ = ".";
}

int Place::directory() const noexcept { return entry_ != nullptr ? entry_->descriptor() : AT_FDCWD; }

}  // namespace neurotape::io
