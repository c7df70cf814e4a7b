#include "loader/exporter.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>

#include "loader/attributes.hpp"
#include "loader/json_text.hpp"

namespace neurotape::loader {
namespace {

using detail::EpisodeFile;

constexpr std::uintmax_t kMostSideFileBytes = 64 << 20;
constexpr const char* kOnlyPopulation = "default";

/// The same under other names.
std::vector<std::string> names_of(const std::string& column) {
  if (column == "timesteps") return {"timesteps", "timestep", "time_steps"};
  if (column == "neuron_ids") return {"neuron_ids", "neurons", "ids"};
  if (column == "values") return {"values", "data", "rewards"};
  return {column};
}

/// A dataset with rows; what is a single number is none.
bool is_array(const EpisodeFile& episode, const std::string& below) {
  if (!episode.has_dataset(below)) return false;
  const Handle dataset(check(H5Dopen2(episode.file->id(), episode.path_of(below).c_str(), H5P_DEFAULT),
                             "cannot open a dataset", episode.place()),
                       H5Dclose);
  const Handle space(check(H5Dget_space(dataset.get()), "cannot read the shape of a dataset", episode.place()),
                     H5Sclose);
  return H5Sget_simple_extent_ndims(space.get()) > 0;
}

/// Path of a column in a group; empty: there is none.
std::string find_in(const EpisodeFile& episode, const std::string& group, const std::string& column) {
  if (!group.empty() && kind_of(episode.file->id(), episode.path_of(group), episode.place()) != LinkKind::group)
    return {};
  for (const auto& name : names_of(column)) {
    auto path = group.empty() ? name : fmt::format("{}/{}", group, name);
    if (is_array(episode, path)) return path;
  }
  return {};
}

std::shared_ptr<const Dataset> open_in(const EpisodeFile& episode, const std::string& group, const std::string& column,
                                       const Place& place) {
  const auto path = find_in(episode, group, column);
  return path.empty() ? nullptr : Dataset::open(episode.file, episode.path_of(path), place);
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? std::string() : path.substr(0, slash);
}

bool are_timesteps(const std::shared_ptr<const Dataset>& dataset, std::uint64_t rows) {
  return dataset && dataset->rows() == rows && dataset->row_values() == 1;
}

/// Beside the values, or those of the whole episode; else rows are counted.
std::shared_ptr<const Dataset> timesteps_of(const EpisodeFile& episode, const std::string& values, const Place& place) {
  const auto rows = Dataset::open(episode.file, episode.path_of(values), place)->rows();
  for (const auto& group : {parent_of(values), std::string()})
    if (auto found = open_in(episode, group, "timesteps", place); are_timesteps(found, rows)) return found;
  return Dataset::counting(rows, place);
}

}  // namespace

bool is_of_exporter(const File& file) {
  const Hdf5Lock lock;
  const Handle root = open_group(file.id(), "/", file.place());
  if (!read_attribute(root.get(), "format", file.place()).is_null()) return false;
  if (kind_of(file.id(), "episodes", file.place()) != LinkKind::group) return false;
  for (const auto& name : names_in(file.id(), "episodes", file.place()))
    if (name.starts_with("episode_")) return true;
  return false;
}

std::vector<std::string> exported_streams(const EpisodeFile& episode, const std::string& group) {
  std::vector<std::string> streams;
  const bool is_spikes = group == "spikes";
  if (is_spikes && has_exported(episode, group, StreamKind::spikes)) streams.emplace_back(kOnlyPopulation);
  const auto of_timesteps = names_of("timesteps");
  for (const auto& name : names_in(episode.file->id(), episode.path_of(group), episode.place())) {
    const auto path = fmt::format("{}/{}", group, name);
    const bool is_time = std::find(of_timesteps.begin(), of_timesteps.end(), name) != of_timesteps.end();
    const bool is_stream = !is_spikes && !is_time && is_array(episode, path);
    const auto kind = is_spikes ? StreamKind::spikes : StreamKind::behavior;
    if (is_stream || has_exported(episode, path, kind)) streams.push_back(name);
  }
  return streams;
}

bool has_exported(const EpisodeFile& episode, const std::string& group, StreamKind kind) {
  const bool is_rewards = kind == StreamKind::rewards;
  if (is_rewards && is_array(episode, group)) return true;
  const auto rules = columns_of(kind);
  return std::all_of(rules.begin(), rules.end(), [&](const ColumnRule& rule) {
    const bool may_lack = rule.optional || (is_rewards && rule.name == std::string_view("timesteps"));
    return may_lack || !find_in(episode, group, rule.name).empty();
  });
}

std::shared_ptr<const Dataset> open_exported(const EpisodeFile& episode, const StreamGroup& stream,
                                             const std::string& column, const Place& place) {
  if (episode.has_dataset(stream.path)) {
    if (column == "timesteps") return timesteps_of(episode, stream.path, place);
    return column == "values" ? Dataset::open(episode.file, episode.path_of(stream.path), place) : nullptr;
  }
  if (auto found = open_in(episode, stream.path, column, place)) return found;
  const bool only = stream.kind == StreamKind::spikes && stream.path == fmt::format("spikes/{}", kOnlyPopulation);
  if (only) return open_in(episode, "spikes", column, place);
  if (stream.kind != StreamKind::rewards || column != "timesteps") return nullptr;
  const auto values = open_in(episode, stream.path, "values", place);
  return values ? Dataset::counting(values->rows(), place) : nullptr;
}

void add_side_files(const std::filesystem::path& directory, nlohmann::json& attributes, nlohmann::json& config) {
  const auto read = [&](const char* name) -> nlohmann::json {
    std::error_code failed;
    const auto bytes = std::filesystem::file_size(directory / name, failed);
    if (failed || bytes > kMostSideFileBytes) return {};
    std::ifstream file(directory / name, std::ios::binary);
    return parse_json(std::string{std::istreambuf_iterator<char>(file), {}});
  };
  if (const auto found = read("config.json"); found.is_object() && config.empty()) config = found;
  const auto metadata = read("metadata.json");
  if (!metadata.is_object()) return;
  for (const auto& [key, value] : metadata.items()) {
    if (key == "config" && value.is_object() && config.empty())
      config = value;
    else if (!attributes.contains(key))
      attributes[key] = value;
  }
}

}  // namespace neurotape::loader
