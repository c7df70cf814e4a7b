#include "analysis/span.hpp"

namespace neurotape {
namespace {

std::uint64_t length_of(const std::optional<TimestepSpan>& span) {
  return span ? static_cast<std::uint64_t>(span->last) - static_cast<std::uint64_t>(span->first) + 1 : 0;
}

EpisodeOutcome from_index(const EpisodeSummary& line) {
  const auto& totals = *line.totals;
  EpisodeOutcome outcome{.number = line.number,
                         .status = line.status,
                         .sum_of_rewards = totals.sum_of_rewards,
                         .rows = totals.rows,
                         .stored_bytes = totals.bytes_stored};
  if (totals.first_timestep <= totals.last_timestep) outcome.timesteps = {totals.first_timestep, totals.last_timestep};
  outcome.length = length_of(outcome.timesteps);
  return outcome;
}

}  // namespace

EpisodeOutcome outcome_of(const EpisodeReader& episode) {
  EpisodeOutcome outcome{.number = episode.number(), .status = episode.status(), .timesteps = span_of(episode)};
  outcome.length = length_of(outcome.timesteps);
  for (const auto& stream : episode.streams()) {
    outcome.rows += stream.rows;
    outcome.stored_bytes += stream.stored_bytes;
    if (stream.kind != StreamKind::rewards) continue;
    for (const auto& part : episode.rewards().chunks(analysis::kReadAtOnceBytes))
      for (const double reward : part.values) outcome.sum_of_rewards += reward;
  }
  return outcome;
}

EpisodeOutcome outcome_of(const Run& run, const EpisodeSummary& episode) {
  return episode.totals ? from_index(episode) : outcome_of(run.episode(episode.number));
}

std::vector<EpisodeOutcome> outcomes(const Run& run) {
  std::vector<EpisodeOutcome> outcomes;
  for (const auto& line : run.episodes())
    if (line.status != "unreadable") outcomes.push_back(outcome_of(run, line));
  return outcomes;
}

}  // namespace neurotape
