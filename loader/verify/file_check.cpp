#include "loader/verify/file_check.hpp"

#include <chrono>
#include <fmt/format.h>
#include <thread>

#include "loader/attributes.hpp"
#include "loader/directory.hpp"
#include "loader/format.hpp"

namespace neurotape::loader {
namespace {

constexpr int kMostAttempts = 4;
constexpr auto kBetweenAttempts = std::chrono::milliseconds(50);

bool is_object(const nlohmann::json& value) {
  return value.is_object() ||
         (value.is_string() && nlohmann::json::parse(value.get<std::string>(), nullptr, false).is_object());
}

class FileCheck {
 public:
  FileCheck(const FileToCheck& file, Findings& findings, Crew& crew) : file_(file), findings_(findings), crew_(crew) {}

  FoundEpisodes run() {
    findings_.count({.files = 1});
    auto opened = File::open(file_.path, file_.prober);
    check_format(*opened);
    const auto attributes = check_root(*opened);
    const auto id = text_of(attributes, "episode_id");
    const auto of_name = number_in(file_.path.stem().string(), "episode_");
    if (!id.empty() || of_name) {
      opened.reset();  // `EpisodeFile` opens it by itself, again and again while it is written
      check_own(of_name ? *of_name : number_in(id, "episode_").value_or(0));
    } else {
      check_many(std::move(opened));
    }
    return std::move(found_);
  }

 private:
  void fault(std::string what, std::string episode = "") {
    findings_.add({file_.name, std::move(episode), "", "", {}, {}, std::move(what)});
  }

  nlohmann::json check_root(const File& opened) {
    const Hdf5Lock lock;
    auto attributes = read_attributes(open_group(opened.id(), "/", opened.place()).get(), opened.place());
    const auto experiment = attributes.find("experiment_name");
    if (experiment == attributes.end() || !experiment->is_string())
      fault("its attribute 'experiment_name' is missing, or no text");
    else if (!file_.experiment.empty() && *experiment != file_.experiment)
      fault(fmt::format("it is of the experiment {}, not '{}'", experiment->dump(), file_.experiment));
    if (const auto config = attributes.find("config"); config != attributes.end() && !is_object(*config))
      fault("its attribute 'config' is no JSON object");
    return attributes;
  }

  void check_own(std::uint64_t number) {
    const auto episode = detail::EpisodeFile::open(file_.path, "/", number, file_.prober);
    found_[number] = check_episode(*episode, EpisodeForm::own_file, file_.name, findings_, crew_);
  }

  void check_many(std::shared_ptr<const File> opened) {
    const Place place = opened->place();
    const bool packed = [&] {
      const Hdf5Lock lock;
      return kind_of(opened->id(), "episodes", place) == LinkKind::group;
    }();
    const std::string group = packed ? "/episodes" : "/";
    const auto places = list_file(*opened, group);
    if (places.empty()) fault("there are no episodes in it");
    check_names(*opened, group, places);
    std::vector<std::pair<std::uint64_t, std::string>> episodes;
    for (const auto& [number, found] : places) episodes.emplace_back(number, found.object);
    std::mutex mutex;
    crew_.each(episodes.size(), [&](auto next) {
      while (const auto i = next()) {
        const auto& [number, object] = episodes[*i];
        try {
          auto facts = check_episode(*detail::EpisodeFile::open(opened, object, number),
                                     packed ? EpisodeForm::packed : EpisodeForm::segment, file_.name, findings_, crew_);
          const std::lock_guard lock(mutex);
          found_[number] = std::move(facts);
        } catch (const Error& error) {
          fault(cause_of(error), episode_id(number));
        }
      }
    });
  }

  /// What has the name of an episode must be one.
  void check_names(const File& opened, const std::string& group, const std::map<std::uint64_t, EpisodePlace>& places) {
    const Hdf5Lock lock;
    for (const auto& name : names_in(opened.id(), group, opened.place()))
      if (const auto number = number_in(name, "episode_"); number && !places.contains(*number))
        fault("it is not a group of this file", name);
  }

  const FileToCheck& file_;
  Findings& findings_;
  Crew& crew_;
  FoundEpisodes found_;
};

}  // namespace

FoundEpisodes check_file(const FileToCheck& file, Findings& findings, Crew& crew) {
  for (int attempt = 1;; ++attempt) {
    Findings of_file;
    FoundEpisodes found;
    try {
      found = FileCheck(file, of_file, crew).run();
    } catch (const Error& error) {
      const bool gone = error.code() == ErrorCode::not_found && !std::filesystem::exists(file.path);
      if (gone || error.code() == ErrorCode::unsupported) throw;
      const auto& episode = error.context().episode;
      of_file.add({file.name, episode, error.context().stream, "", {}, {}, cause_of(error)});
    }
    // Of a file that is being written, a reader can see a commit half done.
    if (!of_file.any() || !file.may_change || attempt == kMostAttempts) {
      findings.take(of_file);
      return found;
    }
    std::this_thread::sleep_for(attempt * kBetweenAttempts);
  }
}

}  // namespace neurotape::loader
