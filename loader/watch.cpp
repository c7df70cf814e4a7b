#include "loader/watch.hpp"

#include <chrono>
#include <sstream>
#include <sys/stat.h>
#include <utility>

#include "backends/io/lock_file.hpp"

namespace neurotape::loader {
namespace {

constexpr std::int64_t kClockOfFilesNs = 100'000'000;
constexpr std::int64_t kAtWorkNs = 10'000'000'000;

std::int64_t now_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

/// Behind these words, to the end of the line; empty where they are not there.
std::string line_of(const std::string& text, std::string_view words) {
  const auto found = text.find(words);
  if (found == std::string::npos) return {};
  const auto begin = found + words.size();
  return text.substr(begin, text.find('\n', begin) - begin);
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
bool Stamp::is_recent() const { return now_ns() - state_.changed_ns < kAtWorkNs; }

std::optional<std::filesystem::path> run_of(const std::filesystem::path& episode_file) {
  const auto directory = std::filesystem::absolute(episode_file).parent_path();
  if (directory.filename() != "episodes") return std::nullopt;
  return directory.parent_path();
}

std::optional<RecorderInfo> recorder_of(const std::filesystem::path& run) {
  const auto contents = io::LockFile::holder(run / ".lock");
  if (!contents) return std::nullopt;
  RecorderInfo recorder;  // empty where it has only just begun
  recorder.since = line_of(*contents, "\nstarted ");
  std::istringstream ring(line_of(*contents, "\nring "));
  std::uint64_t used = 0, peak = 0, bytes = 0;
  // Read while it is written it may be a mixture: what cannot be is not believed.
  if (ring >> used >> peak >> bytes && used <= bytes && peak <= bytes)
    recorder = {std::move(recorder.since), bytes, used, peak};
  return recorder;
}

std::optional<std::string> recorded_since(const std::filesystem::path& run) {
  auto recorder = recorder_of(run);
  return recorder ? std::optional(std::move(recorder->since)) : std::nullopt;
}

std::optional<std::string> file_recorded_since(const std::filesystem::path& episode_file) {
  const auto run = run_of(episode_file);
  return run ? recorded_since(*run) : std::nullopt;
}

}  // namespace neurotape::loader
