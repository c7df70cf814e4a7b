// What came of the steps of an episode: rewards, and its end.

#include <algorithm>
#include <neurotape/training.hpp>

#include "analysis/span.hpp"

namespace neurotape {
namespace {

std::optional<bool> flag(const EpisodeReader& episode, const char* name) {
  const auto found = episode.attributes().find(name);
  if (found == episode.attributes().end() || !found->is_boolean()) return std::nullopt;
  return found->get<bool>();
}

/// What a stream of flags, one a step, says last.
std::optional<bool> last_of(const EpisodeReader& episode, const std::string& path) {
  if (!episode.contains(path)) return std::nullopt;
  const auto stream = episode.stream(path);
  if (!stream.is_dense() || stream.rows == 0 || stream.columns.at(1).shape.rank() != 0) return std::nullopt;
  return visit_dense(episode, stream, [&](const auto& reader) -> std::optional<bool> {
    return reader.rows(stream.rows - 1, 1).values[0] != 0;
  });
}

std::optional<bool> said(const EpisodeReader& episode, const std::string& name) {
  const auto attribute = flag(episode, name.c_str());
  return attribute ? attribute : last_of(episode, "behavior/" + name);
}

}  // namespace

Termination termination_of(const EpisodeReader& episode) {
  const auto terminated = said(episode, "terminated"), truncated = said(episode, "truncated");
  const bool otherwise = terminated ? *terminated : truncated ? !*truncated : episode.status() == "complete";
  return {.terminated = otherwise, .truncated = truncated.value_or(!otherwise)};
}

std::vector<double> rewards_of_steps(const EpisodeReader& episode, std::span<const std::int64_t> steps) {
  std::vector<double> sums(steps.size());
  if (!episode.contains("rewards")) return sums;
  for (const auto& part : episode.rewards().chunks(analysis::kReadAtOnceBytes))
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto behind = std::upper_bound(steps.begin(), steps.end(), part.timesteps[i]);
      if (behind != steps.begin()) sums[static_cast<std::size_t>(behind - steps.begin()) - 1] += part.values[i];
    }
  return sums;
}

}  // namespace neurotape
