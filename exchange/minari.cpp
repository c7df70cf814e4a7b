#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fstream>
#include <limits>
#include <neurotape/analysis.hpp>
#include <neurotape/training.hpp>

#include "exchange/export.hpp"
#include "exchange/hdf5_out.hpp"

namespace neurotape::exchange {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRepeated =
    "has no observation after its last action: the last one was repeated, as `observations` is one longer";

/// A box with these bounds everywhere.
std::string space_text(Dtype dtype, const Shape& shape, const std::string& low, const std::string& high) {
  const auto filled = [&](std::string text) {
    auto innermost_first = shape.dimensions();
    std::reverse(innermost_first.begin(), innermost_first.end());
    for (const auto size : innermost_first) {
      std::string row = "[";
      for (std::uint64_t i = 0; i < size; ++i) row += (i == 0 ? "" : ", ") + text;
      text = row + "]";
    }
    return text;
  };
  return fmt::format(R"({{"type": "Box", "dtype": "{}", "shape": {}, "low": {}, "high": {}}})", dtype_name(dtype),
                     Json(shape.dimensions()).dump(), filled(low), filled(high));
}

template <class T>
std::string box_of(const Shape& shape) {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_floating_point_v<T>)
    return space_text(dtype_of<T>(), shape, "-Infinity", "Infinity");  // JSON as Python reads and writes it
  else
    return space_text(dtype_of<T>(), shape, fmt::format("{:d}", Limits::lowest()), fmt::format("{:d}", Limits::max()));
}

/// Writes the run as one data set: all episodes must have the same spaces.
class MinariWriter {
 public:
  MinariWriter(const ExportOptions& options, NewDirectory& output)
      : options_(options), output_(output), file_(output.file("data/main_data.hdf5")) {}

  void add(const EpisodeReader& episode) {
    const auto actions = dense_stream(episode, options_.actions);
    const auto steps = visit_dense(episode, actions,
                                   [](const auto& reader) -> std::vector<std::int64_t> { return reader.timesteps(); });
    if (steps.empty()) {
      output_.note("left out: without a step");
      return;
    }
    const auto group = h5::create_group(file_, fmt::format("episode_{}", episodes_));
    write_observations(group, episode, steps);
    write_actions(group, episode, actions);
    write_rewards(group, episode, steps);
    write_ends(group, episode, steps.size());
    h5::set_number(group, "id", static_cast<std::int64_t>(episodes_));
    h5::set_number(group, "total_steps", static_cast<std::int64_t>(steps.size()));
    if (episode.seed()) h5::set_number<std::uint64_t>(group, "seed", *episode.seed());
    file_.check();
    ++episodes_;
    steps_ += steps.size();
  }

  void finish() {
    file_.close();
    if (episodes_ == 0)
      throw Error(ErrorCode::not_found, "no episode has a step, of which a data set is made: there are no actions",
                  {.stream = options_.actions});
    const Json metadata{{"data_format", "hdf5"},          {"observation_space", observation_space_},
                        {"action_space", action_space()}, {"total_episodes", episodes_},
                        {"total_steps", steps_},          {"dataset_id", options_.dataset},
                        {"minari_version", "0.5.3"},      {"jpeg_encoding", false}};
    std::ofstream file(output_.file("data/metadata.json"));
    file << metadata.dump(2) << '\n';
    if (!file.flush()) throw Error(ErrorCode::io, "cannot write metadata.json");
  }

 private:
  static StreamInfo dense_stream(const EpisodeReader& episode, const std::string& path) {
    auto stream = episode.stream(path);
    if (stream.is_dense()) return stream;
    throw Error(ErrorCode::invalid_argument, "observations and actions are dense streams: behavior, neural states",
                {.episode = episode.id(), .stream = path});
  }

  static void agree(std::string& space, const std::string& now, const EpisodeReader& episode, const std::string& path) {
    if (space.empty()) space = now;
    if (space != now)
      throw Error(ErrorCode::wrong_shape, "its rows are not as in the episodes before: " + now + ", not " + space,
                  {.episode = episode.id(), .stream = path});
  }

  void write_observations(hid_t group, const EpisodeReader& episode, const std::vector<std::int64_t>& steps) {
    if (options_.observations.size() == 1) {
      const auto space = write_observation(group, "observations", episode, options_.observations[0], steps);
      agree(observation_space_, space, episode, options_.observations[0]);
      return;
    }
    const auto parts = h5::create_group(group, "observations");
    std::string spaces;
    for (const auto& path : options_.observations) {
      const auto name = observation_name(episode.stream(path));
      const auto space = write_observation(parts, name, episode, path, steps);
      spaces += (spaces.empty() ? "" : ", ") + Json(name).dump() + ": " + space;
    }
    agree(observation_space_, R"({"type": "Dict", "subspaces": {)" + spaces + "}}", episode, "observations");
  }

  /// Of two streams of one name, in behavior and in neural_states, each gets its kind behind it.
  std::string observation_name(const StreamInfo& stream) const {
    std::string name(stream.name());
    const auto of_name = std::count_if(options_.observations.begin(), options_.observations.end(),
                                       [&](const auto& path) { return path.substr(path.rfind('/') + 1) == name; });
    if (of_name < 2) return name;
    return name + (stream.kind == StreamKind::behavior ? "_behavior" : "_neural_state");
  }

  /// The value before each action, and the one that followed the last. \returns the space
  std::string write_observation(hid_t group, const std::string& name, const EpisodeReader& episode,
                                const std::string& path, const std::vector<std::int64_t>& steps) {
    const auto stream = dense_stream(episode, path);
    return visit_dense(episode, stream, [&]<class T>(const DenseReader<T>& reader) {
      const auto rows = reader.all();
      h5::Dimensions shape{steps.size() + 1};
      shape.insert(shape.end(), rows.shape.dimensions().begin(), rows.shape.dimensions().end());
      const hid_t type = h5::type_of(dtype_of<T>());
      const auto dataset = h5::create_dataset(group, name, type, shape);
      std::size_t last = 0;
      for (std::size_t i = 0; i < steps.size(); ++i) {
        last = row_at(rows.timesteps, steps[i], episode, path);
        h5::write_rows(dataset, type, i, 1, rows.row(last).data());
      }
      const bool has_next = last + 1 < rows.size();
      if (!has_next) output_.note(path + " " + kRepeated);
      h5::write_rows(dataset, type, steps.size(), 1, rows.row(has_next ? last + 1 : last).data());
      return box_of<T>(rows.shape);
    });
  }

  static std::size_t row_at(const Array<std::int64_t>& timesteps, std::int64_t step, const EpisodeReader& episode,
                            const std::string& path) {
    const auto behind = std::upper_bound(timesteps.begin(), timesteps.end(), step);
    if (behind == timesteps.begin())
      throw Error(ErrorCode::not_found, "there is no observation before the first action",
                  {.episode = episode.id(), .stream = path, .timestep = step});
    return static_cast<std::size_t>(behind - timesteps.begin()) - 1;
  }

  void write_actions(hid_t group, const EpisodeReader& episode, const StreamInfo& stream) {
    visit_dense(episode, stream, [&]<class T>(const DenseReader<T>& reader) {
      const auto rows = reader.all();
      const bool discrete = std::is_integral_v<T> && rows.shape.rank() == 0;
      const hid_t type = h5::type_of(discrete ? Dtype::i64 : dtype_of<T>());
      h5::Dimensions shape{rows.size()};
      shape.insert(shape.end(), rows.shape.dimensions().begin(), rows.shape.dimensions().end());
      const auto dataset = h5::create_dataset(group, "actions", type, shape);
      if (discrete) {
        const std::vector<std::int64_t> values(rows.values.begin(), rows.values.end());
        for (const auto value : values) {
          lowest_action_ = std::min(lowest_action_, value);
          highest_action_ = std::max(highest_action_, value);
        }
        h5::write_rows(dataset, type, 0, rows.size(), values.data());
      } else {
        h5::write_rows(dataset, type, 0, rows.size(), rows.values.data());
      }
      agree(action_space_, discrete ? "Discrete" : box_of<T>(rows.shape), episode, stream.path);
    });
  }

  /// Of those that were recorded: whether there are others, nobody said.
  std::string action_space() const {
    if (action_space_ != "Discrete") return action_space_;
    const auto start = std::min<std::int64_t>(lowest_action_, 0);
    return Json{{"type", "Discrete"}, {"dtype", "int64"}, {"start", start}, {"n", highest_action_ - start + 1}}.dump();
  }

  /// What came from each action on until the next one.
  void write_rewards(hid_t group, const EpisodeReader& episode, const std::vector<std::int64_t>& steps) {
    const auto sums = rewards_of_steps(episode, steps);
    if (episode.contains("rewards"))
      if (const auto span = span_of(episode, episode.stream("rewards")); span && span->first < steps.front())
        output_.note("rewards before the first action were left out: they came of none");
    h5::write_array<double>(group, "rewards", sums);
    double sum = 0, squares = 0;
    for (const double value : sums) sum += value;
    const auto count = static_cast<double>(sums.size());
    for (const double value : sums) squares += (value - sum / count) * (value - sum / count);
    h5::set_number(group, "rewards_sum", sum);
    h5::set_number(group, "rewards_mean", sum / count);
    h5::set_number(group, "rewards_std", std::sqrt(squares / count));
    h5::set_number(group, "rewards_min", *std::min_element(sums.begin(), sums.end()));
    h5::set_number(group, "rewards_max", *std::max_element(sums.begin(), sums.end()));
  }

  static void write_ends(hid_t group, const EpisodeReader& episode, std::size_t steps) {
    const auto end = termination_of(episode);
    for (const auto& [name, value] :
         {std::pair("terminations", end.terminated), std::pair("truncations", end.truncated)}) {
      Array<bool> flags(steps);
      std::fill(flags.begin(), flags.end(), false);
      flags.back() = value;
      h5::write_array<bool>(group, name, flags);
    }
  }

  const ExportOptions& options_;
  NewDirectory& output_;
  h5::NewFile file_;
  std::string observation_space_, action_space_;
  std::uint64_t episodes_ = 0, steps_ = 0;
  std::int64_t lowest_action_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t highest_action_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace

ExportReport export_minari(const Run& run, const ExportOptions& options) {
  if (options.observations.empty() || options.actions.empty())
    throw Error(ErrorCode::invalid_argument,
                "minari needs to know which streams are --observations and --actions; `neurotape ls RUN 0` lists them");
  NewDirectory output(options.output);
  MinariWriter writer(options, output);
  for (const auto number : options.episodes) {
    const auto episode = run.episode(number);
    writer.add(episode);
    note_what_is_left_out(run, episode, output);
  }
  writer.finish();
  return output.publish();
}

}  // namespace neurotape::exchange
