#include "backends/hdf5/run_directory.hpp"

#include <charconv>
#include <ctime>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "backends/hdf5/episode_attributes.hpp"
#include "backends/hdf5/errors.hpp"

namespace neurotape::hdf5 {
namespace {

std::string directory_name(const std::string& name, WallTime now) {
  const auto seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{}_{:04}{:02}{:02}_{:02}{:02}{:02}", name, utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

void check_name(const std::string& name) {
  // A leading dot means "transient" to readers; the rest would name another directory.
  if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos) {
    throw Error(ErrorCode::invalid_name, fmt::format("'{}' cannot be the name of an experiment", name));
  }
}

/// Of one length, so that it can be written over, and lies in the block that the file has from the start.
std::string ring_text(const RingUse& use) {
  return fmt::format("ring {:020} {:020} {:020}\n", use.used_bytes, use.peak_bytes, use.bytes);
}

}  // namespace

RunDirectory::RunDirectory(std::filesystem::path path, WallTime now)
    : path_(std::move(path)),
      root_(path_),
      lock_(std::make_unique<io::LockFile>(
          path_ / ".lock", fmt::format("pid {}\nstarted {}\n{}", ::getpid(), iso8601(now), ring_text({})))) {}

void RunDirectory::make_episodes() {
  make_directories(episodes());
  std::error_code error;
  if (std::filesystem::is_symlink(episodes(), error)) {
    throw Error(ErrorCode::io, "the episodes of a run are in a directory of its own, and this is a link",
                in_file(episodes()));
  }
  episodes_root_.emplace(episodes(), O_NOFOLLOW);
}

void RunDirectory::unlock() noexcept {
  lock_.reset();
  episodes_root_.reset();
  root_.reset();
}

void RunDirectory::tell(const RingUse& use) const noexcept {
  if (lock_ == nullptr) return;
  try {
    lock_->replace_end(ring_text(use));
  } catch (const std::exception&) {  // it is for watchers only: nothing depends on it
  }
}

RunDirectory RunDirectory::create(const std::filesystem::path& parent, const std::string& name, WallTime now) {
  check_name(name);
  make_directories(parent);
  const auto first = std::filesystem::absolute(parent) / directory_name(name, now);
  auto path = first;
  for (int again = 2; !make_directory(path); ++again) path = fmt::format("{}_{}", first.string(), again);
  RunDirectory run(path, now);
  run.make_episodes();
  return run;
}

RunDirectory RunDirectory::open(const std::filesystem::path& path, WallTime now) {
  const auto absolute = std::filesystem::absolute(path);
  if (!file_facts(absolute / "setup.h5")) {
    throw Error(ErrorCode::not_found, "no run of neurotape here (there is no setup.h5)", in_file(path));
  }
  RunDirectory run(absolute, now);
  run.make_episodes();
  return run;
}

std::vector<Error> RunDirectory::limits(Durability durability) const {
  std::vector<Error> limits;
  if (!lock_->keeps_others_out())
    limits.emplace_back(ErrorCode::io, "this file system has no locks: nothing keeps a second recorder out of the run",
                        in_file(path_));
  io::OpenFile directory;
  if (durability == Durability::power && directory.open(path_, O_RDONLY | O_DIRECTORY) == 0 && !directory.can_sync())
    limits.emplace_back(ErrorCode::io,
                        "this file system cannot say when a name is on the disk: after a power cut, an episode may be "
                        "missing that was committed. durability = process holds",
                        in_file(path_));
  return limits;
}

std::string segment_name(std::uint64_t number) { return fmt::format("segment_{:04}.h5", number); }
std::string episode_id(std::uint64_t number) { return fmt::format("episode_{:04}", number); }

std::optional<std::uint64_t> number_in(std::string_view name, std::string_view prefix, std::string_view suffix) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix) || name.size() <= prefix.size() + suffix.size()) {
    return std::nullopt;
  }
  const auto digits = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  // Every number has one name: others are not ours.
  if (error != std::errc{} || digits != fmt::format("{:04}", number)) return std::nullopt;
  return number;
}

}  // namespace neurotape::hdf5
