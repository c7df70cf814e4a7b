#include "loader/watch.hpp"

#include <chrono>
#include <sys/stat.h>
#include <utility>

#include "backends/io/lock_file.hpp"

namespace neurotape::loader {
namespace {

constexpr std::int64_t kClockOfFilesNs = 100'000'000;

std::int64_t now_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

}  // namespace

Stamp::Stamp(std::filesystem::path path)
    : path_(std::move(path)), state_(look()), settled_(now_ns() - state_.changed_ns > kClockOfFilesNs) {}

Stamp::State Stamp::look() const {
  struct stat status = {};
  if (::stat(path_.c_str(), &status) != 0) return {};
  return {status.st_ino, status.st_size, status.st_mtim.tv_sec * std::int64_t{1'000'000'000} + status.st_mtim.tv_nsec};
}

bool Stamp::may_have_changed() const { return !settled_ || look() != state_; }

std::optional<std::filesystem::path> run_of(const std::filesystem::path& episode_file) {
  const auto directory = std::filesystem::absolute(episode_file).parent_path();
  if (directory.filename() != "episodes") return std::nullopt;
  return directory.parent_path();
}

std::optional<std::string> recorded_since(const std::filesystem::path& run) {
  constexpr std::string_view kStarted = "\nstarted ";
  const auto contents = io::LockFile::holder(run / ".lock");
  if (!contents) return std::nullopt;
  const auto found = contents->find(kStarted);
  if (found == std::string::npos) return "";  // it has only just begun
  const auto begin = found + kStarted.size();
  return contents->substr(begin, contents->find('\n', begin) - begin);
}

std::optional<std::string> file_recorded_since(const std::filesystem::path& episode_file) {
  const auto run = run_of(episode_file);
  return run ? recorded_since(*run) : std::nullopt;
}

}  // namespace neurotape::loader
