#include "analysis/steps.hpp"

#include <algorithm>
#include <limits>
#include <neurotape/analysis.hpp>

namespace neurotape::analysis {
namespace {

/// Streams side by side.
struct Columns {
  std::vector<float> values;
  std::size_t width = 0;
  std::vector<std::size_t> widths;  ///< of each
};

Columns read_columns(const EpisodeReader& episode, const std::vector<std::string>& paths,
                     std::span<const std::int64_t> timesteps) {
  std::vector<AlignedValues> parts;
  Columns columns;
  for (const auto& path : paths) {
    parts.push_back(align(episode, path, timesteps));
    columns.widths.push_back(static_cast<std::size_t>(parts.back().shape.values()));
    columns.width += columns.widths.back();
  }
  columns.values.reserve(columns.width * timesteps.size());
  for (std::size_t i = 0; i < timesteps.size(); ++i)
    for (const auto& part : parts) {
      const auto width = static_cast<std::size_t>(part.shape.values());
      for (std::size_t k = i * width; k < (i + 1) * width; ++k)
        columns.values.push_back(static_cast<float>(part.values[k]));
    }
  return columns;
}

std::vector<std::int64_t> timesteps_of(const EpisodeReader& episode, const std::string& path) {
  const auto stream = episode.stream(path);
  if (!stream.is_dense())
    throw Error(ErrorCode::wrong_type, "steps come from dense streams", {.episode = episode.id(), .stream = path});
  return visit_dense(episode, stream,
                     [](const auto& reader) -> std::vector<std::int64_t> { return reader.timesteps(); });
}

void refuse_early_steps(const EpisodeReader& episode, const std::vector<std::string>& paths, std::int64_t first_step) {
  for (const auto& path : paths)
    if (const auto own = timesteps_of(episode, path); own.empty() || own.front() > first_step)
      throw Error(ErrorCode::not_found, "it has no value at or before the first step",
                  {.episode = episode.id(), .stream = path, .timestep = first_step});
}

}  // namespace

EpisodeSteps steps_of(const EpisodeReader& episode, const TrainingOptions& options) {
  EpisodeSteps steps;
  steps.episode = episode.number();
  steps.timesteps = timesteps_of(episode, options.actions.empty() ? options.observations[0] : options.actions[0]);
  if (steps.timesteps.empty()) return steps;
  refuse_early_steps(episode, options.observations, steps.timesteps.front());
  auto with_end = steps.timesteps;
  with_end.push_back(std::numeric_limits<std::int64_t>::max());
  auto observations = read_columns(episode, options.observations, with_end);
  auto actions = read_columns(episode, options.actions, steps.timesteps);
  steps.observations = std::move(observations.values);
  steps.observation_width = observations.width;
  steps.actions = std::move(actions.values);
  steps.action_width = actions.width;
  steps.widths = std::move(observations.widths);
  steps.widths.insert(steps.widths.end(), actions.widths.begin(), actions.widths.end());
  const auto rewards = rewards_of_steps(episode, steps.timesteps);
  steps.rewards.assign(rewards.begin(), rewards.end());
  steps.terminated.resize(steps.timesteps.size());
  steps.truncated.resize(steps.timesteps.size());
  const auto end = termination_of(episode);
  steps.truncated.back() = end.truncated ? 1 : 0;
  steps.terminated.back() = end.terminated ? 1 : 0;
  return steps;
}

}  // namespace neurotape::analysis
