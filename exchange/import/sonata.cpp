#include <algorithm>
#include <fmt/format.h>
#include <neurotape/error.hpp>

#include "backends/io/new_file.hpp"
#include "exchange/import/exported.hpp"
#include "exchange/import/sonata_report.hpp"
#include "exchange/import/sonata_spikes.hpp"

namespace neurotape::exchange {
namespace {

namespace fs = std::filesystem;

/// The files of an episode, opened.
struct SonataEpisode {
  std::vector<std::string> files;
  std::vector<SonataSpikes> spikes;
  std::vector<SonataReport> reports;
  std::vector<std::string> left_out;

  /// \returns whether the file is of this format
  bool add(const fs::path& path);
  bool empty() const noexcept { return spikes.empty() && reports.empty(); }
  /// Of all times; empty: the files do not say. \throws Error invalid_argument: they differ
  std::string unit(const fs::path& source) const;

 private:
  void add_reports(const h5::Source& file, const std::string& stem);
};

bool SonataEpisode::add(const fs::path& path) {
  const h5::Source file(path);
  files.push_back(path.filename().string());
  const bool has_spikes = file.is_group("spikes");
  if (has_spikes) {
    const auto root = file.open("spikes");
    if (root.has("timestamps"))
      spikes.emplace_back(root, "default");  // an old layout, of files that know no populations
    else
      for (const auto& name : root.members()) spikes.emplace_back(root.open(name), name);
  }
  const bool has_reports = file.is_group("report") || (file.has("data") && file.has("mapping"));
  if (has_reports) add_reports(file, path.stem().string());
  return has_spikes || has_reports;
}

void SonataEpisode::add_reports(const h5::Source& file, const std::string& stem) {
  if (!file.is_group("report")) {
    reports.emplace_back(file, stem);
    return;
  }
  const auto root = file.open("report");
  const auto populations = root.members();
  for (const auto& population : populations)
    reports.emplace_back(root.open(population), populations.size() == 1 ? stem : stem + "_" + population);
}

std::string SonataEpisode::unit(const fs::path& source) const {
  std::string unit;
  const auto agree = [&](const std::string& one) {
    if (!unit.empty() && !one.empty() && one != unit)
      throw Error(ErrorCode::invalid_argument, "times are in " + unit + " and in " + one + ": import them one by one",
                  {.path = source.string()});
    if (unit.empty()) unit = one;
  };
  for (const auto& one : spikes) agree(one.unit());
  for (const auto& one : reports) agree(one.unit());
  return unit;
}

SonataEpisode open_directory(const fs::path& directory) {
  SonataEpisode episode;
  for (const auto& name : io::list_directory(directory)) {
    const auto path = directory / name;
    if (path.extension() != ".h5" && path.extension() != ".hdf5") continue;
    if (!episode.add(path)) {
      episode.files.pop_back();
      episode.left_out.push_back(name);
    }
  }
  return episode;
}

/// One, or the files of each episode: to be opened when it is its turn.
std::vector<fs::path> places_of_episodes(const fs::path& source) {
  auto directories = fs::is_directory(source) ? episode_directories(source) : std::vector<fs::path>();
  return directories.empty() ? std::vector<fs::path>{source} : directories;
}

SonataEpisode open_episode(const fs::path& place) {
  if (fs::is_directory(place)) return open_directory(place);
  SonataEpisode episode;
  episode.add(place);
  return episode;
}

double step_of(const SonataEpisode& episode, const ImportOptions& options) {
  if (options.dt > 0) return options.dt;
  if (episode.reports.empty())
    throw Error(ErrorCode::invalid_argument, "spikes do not say how long a timestep is; --dt does, as in --dt 0.1",
                {.path = options.source.string()});
  double dt = episode.reports[0].dt();
  for (const auto& report : episode.reports) dt = std::min(dt, report.dt());
  return dt;
}

/// Which element of which node a column is, where the number of the column does not say it.
struct Elements {
  std::vector<std::uint32_t> reports;
  std::vector<std::uint64_t> columns, node_ids, element_ids;

  explicit Elements(const SonataEpisode& episode) {
    for (std::uint32_t number = 0; const auto& report : episode.reports) {
      for (std::uint64_t column = 0; column < report.node_ids().size(); ++column) {
        reports.push_back(number);
        columns.push_back(column);
      }
      node_ids.insert(node_ids.end(), report.node_ids().begin(), report.node_ids().end());
      element_ids.insert(element_ids.end(), report.element_ids().begin(), report.element_ids().end());
      ++number;
    }
  }
  friend bool operator==(const Elements&, const Elements&) = default;
};

/// The network table `neurons` has those of the first episode.
void save_elements(const SonataEpisode& episode, NewRun& run) {
  const auto& reports = episode.reports;
  if (std::all_of(reports.begin(), reports.end(), [](const auto& report) { return report.is_of_nodes(); })) return;
  const Elements elements(episode);
  std::vector<NamedArray> table{{"node_ids", elements.node_ids}, {"element_ids", elements.element_ids}};
  if (reports.size() > 1) {
    table.push_back({"report", elements.reports});
    table.push_back({"column", elements.columns});
    std::string names;
    for (const auto& report : reports) names += (names.empty() ? "" : ", ") + report.name();
    run.note("the table neurons has the elements of the columns; its column `report` counts " + names);
  }
  run.experiment().save_neurons(table);
}

void import_episode(const SonataEpisode& source, const std::string& id, const ImportOptions& options, NewRun& run) {
  const auto unit = source.unit(options.source);
  if (!options.dt_unit.empty() && !unit.empty() && unit != options.dt_unit)
    throw Error(ErrorCode::invalid_argument, "its times are in " + unit + ": --dt has to be so, too",
                {.path = options.source.string()});
  EpisodeOptions told;
  told.dt = step_of(source, options);
  if (!unit.empty()) told.dt_unit = unit;
  nlohmann::json origin{{"files", source.files}};
  if (!id.empty()) origin["episode"] = id;
  auto episode = run.start_episode(told, origin);
  for (const auto& name : source.left_out) run.note(name + " was left out: it is no SONATA");
  for (const auto& report : source.reports) report.record(*told.dt, episode, run);
  for (const auto& spikes : source.spikes) spikes.record(*told.dt, episode, run);
  run.finish(episode);
}

}  // namespace

ImportReport import_sonata(const ImportOptions& options) {
  NewRun run(options, stem_of(options.source));
  std::optional<Elements> elements;
  for (const auto& place : places_of_episodes(options.source)) {
    const auto episode = open_episode(place);
    if (episode.empty()) continue;
    if (!elements) save_elements(episode, run);
    const Elements own(episode);
    if (elements && !(*elements == own))
      run.note("its columns are not the elements of the nodes that those of the first episode are");
    if (!elements) elements = own;
    import_episode(episode, place == options.source ? "" : place.filename().string(), options, run);
  }
  if (!elements)
    throw Error(ErrorCode::damaged, "it is no SONATA: there is neither /spikes nor /report with a mapping",
                {.path = options.source.string()});
  return run.publish();
}

}  // namespace neurotape::exchange
