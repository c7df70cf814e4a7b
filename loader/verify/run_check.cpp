#include "loader/verify/run_check.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <system_error>

#include "backends/io/lock_file.hpp"
#include "loader/attributes.hpp"
#include "loader/format.hpp"
#include "loader/verify/file_check.hpp"
#include "loader/verify/index_check.hpp"
#include "loader/verify/setup_check.hpp"

namespace neurotape::loader {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEpisodes = "episodes";
constexpr int kMostListings = 20;

/// Names in a directory, ascending; those that others chose are not ours to judge.
std::vector<std::string> names_of(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator entry(directory, failed), end; !failed && entry != end; entry.increment(failed))
    names.push_back(entry->path().filename().string());
  if (failed && failed != std::errc::no_such_file_or_directory)
    throw Error(ErrorCode::io, "cannot list the directory: " + failed.message(), {.path = directory.string()});
  std::sort(names.begin(), names.end());
  return names;
}

bool has_episodes(const std::string& name) {
  if (!name.ends_with(".h5")) return false;
  const auto stem = name.substr(0, name.size() - 3);
  return number_in(stem, "episode_") || number_in(stem, "segment_");
}

class RunCheck {
 public:
  RunCheck(const fs::path& run, const std::shared_ptr<Prober>& prober, VerifyReport& report, Findings& findings,
           Crew& crew)
      : run_(run), report_(report), findings_(findings), crew_(crew) {
    judged_.prober = prober;
  }

  void run() {
    report_.being_recorded = io::LockFile::is_held(run_ / ".lock");
    died_ = !report_.being_recorded && (fs::exists(run_ / ".lock") || fs::exists(run_ / ".journal"));
    judged_.closed = !report_.being_recorded && !died_;
    judged_.attributes = check_setup(run_, judged_.prober, findings_, crew_);
    if (!report_.being_recorded) look_for_leftovers();
    check_files();
    if (!report_.being_recorded) look_for_second_copies();
    check_index(run_, judged_, findings_);
  }

 private:
  void left(const std::string& name, const std::string& why) {
    if (died_) return report_.left_behind.push_back(name);
    findings_.add({name, "", "", "", {}, {}, why});
  }

  void look_for_leftovers() {
    const std::set<std::string> transient = {".lock", ".journal", ".setup.h5", ".experiment_data.h5", ".profile.json"};
    constexpr const char* kWhy = "the run is closed, but this transient file is there; `neurotape recover` removes it";
    for (const auto& name : names_of(run_))
      if (transient.contains(name)) left(name, kWhy);
    for (const auto& name : names_of(run_ / kEpisodes))
      if (name.starts_with('.') && has_episodes(name.substr(1))) left(fmt::format("{}/{}", kEpisodes, name), kWhy);
  }

  /// Of a run that is being recorded, files come and go: those are looked at, too, that came while others were read,
  /// but for episodes that started since.
  void check_files() {
    std::set<std::string> seen;
    std::optional<std::uint64_t> last_episode;
    for (int listing = 0; listing < kMostListings; ++listing) {
      std::vector<std::string> fresh;
      for (const auto& name : names_of(run_ / kEpisodes)) {
        if (!has_episodes(name)) continue;
        const auto episode = number_in(name.substr(0, name.size() - 3), "episode_");
        if (listing == 0 && episode) last_episode = std::max(last_episode.value_or(0), *episode);
        if (listing != 0 && episode && *episode > last_episode.value_or(0)) continue;
        if (seen.insert(name).second) fresh.push_back(name);
      }
      if (fresh.empty()) break;
      check(fresh);
      if (!report_.being_recorded) break;
    }
    std::vector<Error> problems;
    judged_.places =
        list_directory(run_, judged_.prober, problems, false);  // of what cannot be read, the check of the file tells
  }

  void check(const std::vector<std::string>& names) {
    const auto experiment = judged_.attributes.is_object() ? text_of(judged_.attributes, "experiment_name") : "";
    crew_.each(names.size(), [&](auto next) {
      while (const auto i = next()) check(names[*i], experiment);
    });
  }

  void check(const std::string& name, const std::string& experiment) {
    const FileToCheck file{run_ / kEpisodes / name, fmt::format("{}/{}", kEpisodes, name), experiment,
                           report_.being_recorded, judged_.prober};
    FoundEpisodes found;
    try {
      found = check_file(file, findings_, crew_);
    } catch (const Error& error) {
      // Its episodes are in another file now.
      if (!report_.being_recorded || error.code() != ErrorCode::not_found)
        findings_.add({file.name, "", "", "", {}, {}, cause_of(error)});
      return;
    }
    const std::lock_guard lock(mutex_);
    for (auto& [number, facts] : found) in_file_[number].emplace(name, std::move(facts));
  }

  void look_for_second_copies() {
    for (auto& [number, copies] : in_file_) {
      const auto place = judged_.places.find(number);
      const std::string taken = place == judged_.places.end() ? copies.begin()->first : place->second.file;
      for (auto& [name, facts] : copies) {
        if (name == taken)
          judged_.facts[number] = std::move(facts);
        else
          left(fmt::format("{}/{}", kEpisodes, name), fmt::format("{} is also in {}", episode_id(number), taken));
      }
    }
    auto& left_behind = report_.left_behind;
    std::sort(left_behind.begin(), left_behind.end());
    left_behind.erase(std::unique(left_behind.begin(), left_behind.end()), left_behind.end());
  }

  const fs::path run_;
  VerifyReport& report_;
  Findings& findings_;
  Crew& crew_;
  JudgedRun judged_;
  bool died_ = false;
  std::mutex mutex_;
  std::map<std::uint64_t, std::map<std::string, EpisodeFacts>> in_file_;
};

}  // namespace

void check_run(const fs::path& run, const std::shared_ptr<Prober>& prober, VerifyReport& report, Findings& findings,
               Crew& crew) {
  RunCheck(run, prober, report, findings, crew).run();
}

}  // namespace neurotape::loader
