#include "exchange/import/exported.hpp"

#include <algorithm>
#include <charconv>
#include <neurotape/error.hpp>

#include "backends/io/new_file.hpp"

namespace neurotape::exchange {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::uint64_t kMostJsonBytes = 256U << 20U;
constexpr std::string_view kEpisode = "episode_";

std::optional<std::uint64_t> number_of_episode(std::string_view name) {
  if (!name.starts_with(kEpisode)) return std::nullopt;
  name.remove_prefix(kEpisode.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? std::optional(number) : std::nullopt;
}

struct ExportedEpisode {
  std::string id, status = "complete";
  EpisodeOptions options;
  Json gaps = Json::array();
  std::vector<StreamFile> files;  ///< by path of the stream
};

/// \param use of what the file says; what it misses or has of another type is told with its path
template <class Use>
void with_json(const fs::path& path, Use use) {
  const auto json = read_json(path);
  try {
    use(json);
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::damaged, std::string("it is not as `neurotape export` writes it: ") + error.what(),
                {.path = path.string()});
  }
}

/// "spikes/excitatory" of each file below a directory that has this ending.
std::map<std::string, fs::path> files_of_streams(const fs::path& directory, const std::string& ending) {
  std::map<std::string, fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file() || entry.path().extension() != ending) continue;
    const auto path = entry.path().lexically_relative(directory).string();
    files[path.substr(0, path.size() - ending.size())] = entry.path();
  }
  return files;
}

void read_description(const Json& told, std::map<std::string, fs::path>& files, const std::string& ending,
                      ExportedEpisode& episode, const fs::path& directory) {
  auto& options = episode.options;
  episode.status = told.value("status", "complete");
  episode.gaps = told.value("gaps", episode.gaps);
  options.name = told.value("name", "");
  options.attributes = told.value("attributes", Json::object()).get<Json::object_t>();
  options.dt = told.value("dt", 0.0);
  options.dt_unit = told.value("dt_unit", "ms");
  if (const auto seed = told.find("seed"); seed != told.end() && !seed->is_null())
    options.seed = seed->get<std::uint64_t>();
  for (const auto& [path, stream] : told.at("streams").items()) {
    const auto found = files.find(path);
    if (found == files.end())
      throw Error(ErrorCode::not_found, "there is no file " + path + ending + ", which episode.json describes",
                  {.path = directory.string()});
    episode.files.push_back({found->second, StreamPath::parse(path), described_stream(stream)});
    files.erase(found);
  }
}

ExportedEpisode read_episode(const fs::path& directory, const std::string& ending) {
  ExportedEpisode episode{.id = directory.filename().string(), .options = {}, .files = {}};
  auto files = files_of_streams(directory, ending);
  if (const auto path = directory / kEpisodeDescription; fs::exists(path))
    with_json(path, [&](const Json& told) { read_description(told, files, ending, episode, directory); });
  for (const auto& [path, file] : files) episode.files.push_back({file, StreamPath::parse(path), {}});
  return episode;
}

void import_episode(const fs::path& directory, const std::string& ending, NewRun& run, const ImportStream& import) {
  auto source = read_episode(directory, ending);
  source.options.attributes.erase("imported_from");  // it says so of an import before this one
  Json origin{{"episode", source.id}};
  if (!source.gaps.empty()) {
    origin["gaps"] = source.gaps;
    run.note("had rows dropped while it was recorded: its gaps are in its attribute imported_from");
  }
  auto episode = run.start_episode(source.options, std::move(origin));
  for (const auto& file : source.files) import(file, episode, run);
  if (source.status != "complete" && source.status != "aborted")
    run.note("had the status " + source.status + "; it is complete now");
  run.finish(episode, source.status);
}

}  // namespace

std::vector<fs::path> episode_directories(const fs::path& directory) {
  std::map<std::uint64_t, fs::path> found;
  for (const auto& name : io::list_directory(directory))
    if (const auto number = number_of_episode(name); number && fs::is_directory(directory / name))
      found[*number] = directory / name;
  std::vector<fs::path> directories;
  directories.reserve(found.size());
  for (const auto& [number, path] : found) directories.push_back(path);
  return directories;
}

Json read_json(const fs::path& path) {
  auto json = Json::parse(io::read_text(path, kMostJsonBytes), nullptr, false);
  if (json.is_discarded()) throw Error(ErrorCode::damaged, "it is no JSON", {.path = path.string()});
  return json;
}

std::string stem_of(const fs::path& path) {
  const auto whole = fs::absolute(path).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).stem().string();
}

ImportReport import_exported(const ImportOptions& options, const std::string& ending, const FileImports& import) {
  const auto episodes = episode_directories(options.source);
  if (episodes.empty())
    throw Error(ErrorCode::not_found,
                "there is no episode_0000 in it: expected a directory of `neurotape export --to " + ending.substr(1) +
                    "`, or one " + ending + " file",
                {.path = options.source.string()});
  std::string name = stem_of(options.source);
  Json config = Json::object(), network = Json::object();
  if (const auto path = options.source / kRunDescription; fs::exists(path))
    with_json(path, [&](const Json& told) {
      name = told.value("name", name);
      config = told.value("config", config);
      network = told.value(kNetwork, network);
    });
  NewRun run(options, name);
  if (!config.empty()) run.experiment().save_config(config);
  import_network(options.source, ending, network, import.table, run);
  for (const auto& directory : episodes) import_episode(directory, ending, run, import.stream);
  return run.publish();
}

ImportReport import_single(const ImportOptions& options, const std::string& path, const ImportStream& import,
                           Json origin) {
  const StreamFile file{options.source, StreamPath::parse(path), {}};
  NewRun run(options, stem_of(options.source));
  auto episode = run.start_episode({}, std::move(origin));
  import(file, episode, run);
  run.finish(episode);
  return run.publish();
}

}  // namespace neurotape::exchange
