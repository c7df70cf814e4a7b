#include "backends/hdf5/recover.hpp"

#include <fmt/format.h>
#include <set>
#include <utility>

#include "backends/driver/trim.hpp"
#include "backends/hdf5/episode_attributes.hpp"
#include "backends/hdf5/run.hpp"
#include "backends/hdf5/scan.hpp"
#include "backends/io/beside.hpp"
#include "backends/io/copy_directory.hpp"
#include "backends/io/lock_file.hpp"
#include "recorder/threads.hpp"

namespace neurotape::hdf5 {
namespace {

class Recovery {
 public:
  explicit Recovery(RunDirectory directory) : directory_(std::move(directory)) { report_.run = directory_.path(); }

  RecoveryReport run() {
    repeated_ = Run::repeat_cut_off_commit(directory_);
    for (const auto& name : list_directory(directory_.episodes())) {
      if (number_in(name, "episode_", ".h5")) tidy(name);
      if (number_in(name, ".episode_", ".h5") || number_in(name, ".segment_", ".h5"))
        report_.removed.push_back("episodes/" + name);
    }
    return std::move(report_);
  }

 private:
  std::filesystem::path path_of(const std::string& name) const { return directory_.episodes() / name; }

  void tidy(const std::string& name) try {
    const auto status = status_of(path_of(name));
    const auto freed = trim(name);  // of all: an earlier recovery may have been cut off here
    if (!is_cut_off(status)) return;
    RecoveredEpisode episode{name.substr(0, name.size() - 3), "episodes/" + name, {}, freed, repeated_.contains(name)};
    if (status == "recording") mark(path_of(name));
    episode.streams = rows_of(path_of(name));
    tell_missing_rows(episode);
    if (status == "recording") report_.recovered.push_back(std::move(episode));
  } catch (const Error& error) {
    report_.unreadable.push_back("episodes/" + name + ": " + error.what());
  }

  /// Each time: that the episode is marked as recovered does not bring them back.
  void tell_missing_rows(const RecoveredEpisode& episode) {
    for (const auto& [stream, rows] : episode.streams)
      if (rows.missing != 0)
        report_.missing.emplace_back(
            ErrorCode::damaged,
            fmt::format("{} rows were committed, but only {} are there: {} missing, from row {} on",
                        rows.kept + rows.missing, rows.kept, rows.missing, rows.kept),
            ErrorContext{.episode = episode.id, .stream = stream, .path = (directory_.path() / episode.file).string()});
  }

  std::string status_of(const std::filesystem::path& path) {
    const auto file = File::open(path, Access::read);
    return text_attribute(open_group(file.id(), "/").get(), "status");
  }

  std::uint64_t trim(const std::string& name) {
    const auto [bytes, error] = driver::trim(path_of(name));
    if (error != 0) fail_system("giving back the reserve", path_of(name), error);
    return bytes;
  }

  void mark(const std::filesystem::path& path) {
    auto file = File::open(path, Access::write, library_.company());
    mark_recovered(library_, open_group(file.id(), "/").get());
    file.close();
  }

  std::map<std::string, RecoveredEpisode::Rows> rows_of(const std::filesystem::path& path) {
    const auto file = File::open(path, Access::read);
    return committed_and_stored(library_, open_group(file.id(), "/").get());
  }

  RunDirectory directory_;
  Library library_;
  RecoveryReport report_;
  std::set<std::string> repeated_;
};

/// A copy that has its name when it is whole. The run is not locked: it may be where nothing can be written.
void copy_run(const std::filesystem::path& run, const std::filesystem::path& to) {
  const auto refuse_if_recorded = [&run] {
    if (io::LockFile::is_held(run / ".lock"))
      throw Error(ErrorCode::already_exists, "the run is being recorded", {.path = run.string()});
  };
  if (!std::filesystem::is_directory(run))
    throw Error(ErrorCode::not_found, "there is no such run", {.path = run.string()});
  refuse_if_recorded();
  io::Beside beside(to);
  io::copy_directory(run, beside.path());
  refuse_if_recorded();
  beside.publish();
}

}  // namespace

RecoveryReport recover_run(const std::filesystem::path& original, const std::filesystem::path& copy_to) {
  const QuietErrors quiet;
  const NoSignal no_signal(SIGXFSZ);  // a file that may not grow is an error
  if (!copy_to.empty()) copy_run(original, copy_to);
  const auto& run = copy_to.empty() ? original : copy_to;
  const auto now = std::chrono::system_clock::now();
  auto report = Recovery(RunDirectory::open(run, now)).run();
  // Opening a run takes stock of it, removes what has no name, and writes the index; closing it merges segments.
  Run again(run, {.durability = Durability::power}, now);
  report.episodes = again.episodes();
  again.close();
  return report;
}

}  // namespace neurotape::hdf5
