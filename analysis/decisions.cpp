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

}  // namespace

Termination termination_of(const EpisodeReader& episode) {
  const auto terminated = flag(episode, "terminated"), truncated = flag(episode, "truncated");
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
