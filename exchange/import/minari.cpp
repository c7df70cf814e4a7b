#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <neurotape/error.hpp>
#include <neurotape/loaded.hpp>
#include <set>

#include "exchange/hdf5_in.hpp"
#include "exchange/import/exported.hpp"
#include "exchange/import/record_dataset.hpp"

namespace neurotape::exchange {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct DatasetFiles {
  fs::path data, metadata;  ///< metadata: empty where there is none
};

/// From the directory of a dataset, its `data`, or the file.
DatasetFiles find_files(const fs::path& source) {
  for (const auto& data : {source, source / "main_data.hdf5", source / "data" / "main_data.hdf5"})
    if (fs::is_regular_file(data)) {
      const auto metadata = data.parent_path() / "metadata.json";
      return {data, fs::exists(metadata) ? metadata : fs::path()};
    }
  throw Error(
      ErrorCode::not_found,
      fs::exists(source) ? "there is neither main_data.hdf5 nor data/main_data.hdf5 in it" : "there is no such file",
      {.path = source.string()});
}

/// The metadata as a configuration; the spaces are JSON in texts there, and are JSON here.
Json read_metadata(const fs::path& path) {
  auto metadata = read_json(path);
  if (!metadata.is_object()) throw Error(ErrorCode::damaged, "it is no JSON object", {.path = path.string()});
  for (const char* space : {"observation_space", "action_space"})
    if (const auto found = metadata.find(space); found != metadata.end() && found->is_string()) {
      auto parsed = Json::parse(found->get<std::string>(), nullptr, false);
      if (!parsed.is_discarded()) *found = std::move(parsed);
    }
  return metadata;
}

/// "lab/cartpole-v0" is cartpole-v0.
std::string name_of_dataset(const Json& metadata, const fs::path& data) {
  const auto id = metadata.value("dataset_id", Json());
  if (id.is_string()) return id.get<std::string>().substr(id.get<std::string>().rfind('/') + 1);
  return stem_of(data);
}

/// Names of the groups `episode_N`, by number.
std::vector<std::string> names_of_episodes(const h5::Source& file) {
  constexpr std::string_view kBegin = "episode_";
  std::map<std::uint64_t, std::string> found;
  for (const auto& name : file.members()) {
    std::uint64_t number = 0;
    if (!name.starts_with(kBegin)) continue;
    const auto* end = name.data() + name.size();
    if (std::from_chars(name.data() + kBegin.size(), end, number).ptr == end) found[number] = name;
  }
  if (found.empty()) file.fail(ErrorCode::damaged, "it is no dataset of Minari: there is no group episode_0");
  std::vector<std::string> names;
  names.reserve(found.size());
  for (const auto& [number, name] : found) names.push_back(name);
  return names;
}

/// One episode of a dataset.
class MinariEpisode {
 public:
  MinariEpisode(h5::Source group, NewRun& run) : group_(std::move(group)), run_(run) {
    const auto rewards = group_.open("rewards");
    rewards.expect_rank(1);
    steps_ = rewards.rows();
    if (const auto said = group_.attribute("total_steps"); said.is_number_integer() && said != steps_)
      rewards.fail(ErrorCode::wrong_shape,
                   fmt::format("expected {} rows, as total_steps says, got {}", said.dump(), steps_));
  }

  void import(const std::string& name) {
    EpisodeOptions options;
    if (const auto seed = group_.attribute("seed"); seed.is_number_integer() && seed >= 0)
      options.seed = seed.get<std::uint64_t>();
    options.attributes["terminated"] = last_of("terminations");
    options.attributes["truncated"] = last_of("truncations");
    auto episode = run_.start_episode(options, {{"episode", name}});
    keep_attributes(episode);
    record_space("observations", "observation", steps_ + 1, episode);
    record_space("actions", "action", steps_, episode);
    record(group_.open("terminations"), "terminated", steps_, episode);
    record(group_.open("truncations"), "truncated", steps_, episode);
    record_rewards(episode);
    if (group_.is_group("infos")) record_infos(group_.open("infos"), "info", episode);
    run_.finish(episode);
  }

 private:
  /// What the episode says of itself beside what its streams do.
  void keep_attributes(Episode& episode) {
    static const std::set<std::string> kKnown{"id",          "total_steps", "seed",         "rewards_max",
                                              "rewards_min", "rewards_sum", "rewards_mean", "rewards_std"};
    for (const auto& name : group_.attributes())
      if (const auto value = group_.attribute(name); !kKnown.contains(name) && !value.is_null())
        run_.set_attribute(episode, name, value);
  }

  /// Whether the episode ended so.
  bool last_of(const std::string& flags) const {
    const auto dataset = group_.open(flags);
    dataset.expect_rank(1);
    expect_rows(dataset, steps_);
    if (dataset.expect_numbers() != Dtype::boolean)
      dataset.fail(ErrorCode::wrong_type, "expected booleans: an enum of FALSE and TRUE");
    bool last = false;
    if (steps_ != 0) dataset.read(steps_ - 1, 1, &last);
    return last;
  }

  static void expect_rows(const h5::Source& dataset, std::uint64_t rows) {
    if (dataset.shape().empty() || dataset.rows() != rows)
      dataset.fail(ErrorCode::wrong_shape,
                   fmt::format("expected {} rows, got {}", rows, dataset.shape().empty() ? 0 : dataset.rows()));
  }

  void record(const h5::Source& dataset, const std::string& name, std::uint64_t rows, Episode& episode) {
    expect_rows(dataset, rows);
    const StreamPath path{StreamKind::behavior, name};
    visit_dtype(dataset.expect_numbers(), [&]<class T>(T) {
      DenseWriter<T> writer(episode, path, {.shape = dataset.shape_of_row()});
      record_dataset(dataset, writer);
    });
    run_.count(path.text(), rows);
  }

  /// A space, or those that it is made of: a Dict is a group of them, a Tuple one of `_index_0`, `_index_1`, ...
  void record_space(const std::string& member, const std::string& name, std::uint64_t rows, Episode& episode) {
    record_parts(group_.open(member), group_.is_group(member), name, rows, episode);
  }
  void record_parts(const h5::Source& space, bool is_group, const std::string& name, std::uint64_t rows,
                    Episode& episode) {
    if (!is_group) return record(space, name, rows, episode);
    for (const auto& part : space.members())
      record_parts(space.open(part), space.is_group(part), name + "." + part, rows, episode);
  }

  void record_rewards(Episode& episode) {
    const auto dataset = group_.open("rewards");
    dataset.expect_numbers();
    auto stream = episode.rewards();
    constexpr std::uint64_t kAtOnce = kReadAtOnceBytes / sizeof(double);
    std::vector<double> values(static_cast<std::size_t>(std::min(kAtOnce, steps_)));
    for (std::uint64_t first = 0; first < steps_; first += kAtOnce) {
      const auto rows = std::min(kAtOnce, steps_ - first);
      dataset.read(first, rows, values.data());
      for (std::uint64_t i = 0; i < rows; ++i) stream.record(static_cast<std::int64_t>(first + i), values[i]);
    }
    run_.count("rewards", steps_);
  }

  /// Of each step, or of each observation; what is neither is left out.
  void record_infos(const h5::Source& infos, const std::string& name, Episode& episode) {
    for (const auto& member : infos.members()) {
      const auto info = infos.open(member);
      const auto path = name + "." + member;
      if (infos.is_group(member))
        record_infos(info, path, episode);
      else if (info.dtype() && !info.shape().empty() && (info.rows() == steps_ || info.rows() == steps_ + 1))
        record(info, path, info.rows(), episode);
      else
        run_.note(info.path().substr(group_.path().size() + 1) + " was left out: it has not a number for each step");
    }
  }

  h5::Source group_;
  NewRun& run_;
  std::uint64_t steps_ = 0;
};

}  // namespace

ImportReport import_minari(const ImportOptions& options) {
  const auto files = find_files(options.source);
  const h5::Source file(files.data);
  const auto names = names_of_episodes(file);
  const auto metadata = files.metadata.empty() ? Json::object() : read_metadata(files.metadata);
  NewRun run(options, name_of_dataset(metadata, options.source));
  if (!metadata.empty()) run.experiment().save_config({{"minari", metadata}});
  for (const auto& name : names) MinariEpisode(file.open(name), run).import(name);
  return run.publish();
}

}  // namespace neurotape::exchange
