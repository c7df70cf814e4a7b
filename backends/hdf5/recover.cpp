#include "backends/hdf5/recover.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "backends/driver/trim.hpp"
#include "backends/hdf5/run.hpp"
#include "backends/hdf5/scan.hpp"
#include "recorder/threads.hpp"

namespace neurotape::hdf5 {
namespace {

class Recovery {
 public:
  explicit Recovery(RunDirectory directory) : directory_(std::move(directory)) { report_.run = directory_.path(); }

  RecoveryReport run() {
    repeated_ = Run::repeat_cut_off_commit(directory_);
    auto names = list_directory(directory_.episodes());
    std::sort(names.begin(), names.end());
    for (const auto& name : names) {
      if (number_in(name, "episode_", ".h5")) tidy(name);
      if (number_in(name, ".episode_", ".h5") || number_in(name, ".segment_", ".h5"))
        report_.removed.push_back("episodes/" + name);
    }
    return std::move(report_);
  }

 private:
  std::filesystem::path path_of(const std::string& name) const { return directory_.episodes() / name; }

  void tidy(const std::string& name) try {
    if (!is_unfinished(path_of(name))) {
      trim(name);  // an earlier recovery may have been cut off here
      return;
    }
    RecoveredEpisode episode{
        name.substr(0, name.size() - 3), "episodes/" + name, {}, trim(name), repeated_.contains(name)};
    mark(path_of(name));
    episode.streams = rows_of(path_of(name));
    report_.recovered.push_back(std::move(episode));
  } catch (const Error& error) {
    report_.unreadable.push_back("episodes/" + name + ": " + error.what());
  }

  bool is_unfinished(const std::filesystem::path& path) {
    const auto file = File::open(path, Access::read);
    return text_attribute(open_group(file.id(), "/").get(), "status") == "recording";
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

}  // namespace

RecoveryReport recover_run(const std::filesystem::path& run) {
  const QuietErrors quiet;
  const NoSignal no_signal(SIGXFSZ);  // a file that may not grow is an error
  const auto now = std::chrono::system_clock::now();
  auto report = Recovery(RunDirectory::open(run, now)).run();
  // Opening a run takes stock of it, removes what has no name, and writes the index; closing it merges segments.
  Run again(run, {.durability = Durability::power}, now);
  report.episodes = again.episodes();
  again.close();
  return report;
}

}  // namespace neurotape::hdf5
