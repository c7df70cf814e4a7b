#pragma once
/// \file
/// Recorded episodes as batches to train from: transitions, or windows of several timesteps.
///
///     for (const auto& batch : neurotape::training_batches(run, {.observations = {"behavior/state"},
///                                                                .actions = {"behavior/action"}, .seed = 1}))
///       learn(batch.observations, batch.actions, batch.rewards, batch.next_observations, batch.terminated);

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "neurotape/run.hpp"

namespace neurotape {

struct TrainingOptions {
  /// Dense streams by path. Their values are put side by side, in this order, as float.
  std::vector<std::string> observations = {};
  /// The same. The timesteps of the first one are the steps; where there are none, those of the first observation.
  std::vector<std::string> actions = {};
  std::size_t length = 1;  ///< steps of a window; 1: transitions
  std::size_t stride = 1;  ///< steps from the start of a window to that of the next
  std::size_t batch = 256;
  /// Shuffles episodes, and windows among `episodes_in_memory` of them. The same seed gives the same batches. Nothing: in
  /// the order in which they were recorded.
  std::optional<std::uint64_t> seed = {};
  std::vector<std::uint64_t> episodes = {};  ///< by number; none: all
  /// Windows are drawn from so many at a time, while another thread reads as many more. More shuffles better.
  std::size_t episodes_in_memory = 64;
};

/// Arrays are row-major. Step i goes from its observation, by its action, to the next observation; its reward is the sum of
/// those from it until the next step.
struct TrainingBatch {
  std::size_t size = 0;    ///< windows; the last batch may have fewer
  std::size_t length = 1;  ///< steps of each
  std::size_t observation_width = 0;
  std::size_t action_width = 0;
  std::vector<float> observations;       ///< `[size, length, observation_width]`: the last one at or before the step
  std::vector<float> next_observations;  ///< the same of the next step; behind the last step, the last one recorded
  std::vector<float> actions;            ///< `[size, length, action_width]`
  std::vector<float> rewards;            ///< `[size, length]`
  /// `[size, length]`: the episode ended with this step; how, `termination_of` says.
  std::vector<std::uint8_t> terminated;
  std::vector<std::uint8_t> truncated;
  std::vector<std::uint64_t> episodes;  ///< `[size]`
  std::vector<std::int64_t> timesteps;  ///< `[size]`: of the first step
};

/// The windows of the episodes, each once. Windows do not reach over the end of an episode; shorter episodes have none.
/// One pass: for the next epoch, ask again, with another seed.
///
/// Memory: twice `episodes_in_memory` episodes, and a batch. Threads: the result is used by one thread at a time; it has
/// one of its own. Several may be had of one run.
/// \throws Error invalid_argument (no observations, a number that is 0); iterating throws what the readers throw, also
/// not_found where an episode has not the streams or no observation before its first step
Parts<TrainingBatch> training_batches(const Run& run, const TrainingOptions& options);

/// How an episode ended.
struct Termination {
  bool terminated = false;
  bool truncated = false;
};
/// As attributes `terminated` and `truncated` of the episode say, else the last rows of streams of flags,
/// `behavior/terminated` and `behavior/truncated`; where there is one of them, the other is its opposite. Without: "complete"
/// ones terminated, others were truncated.
Termination termination_of(const EpisodeReader& episode);

/// The sum of the rewards from each step on until the next one. Those before the first step belong to none.
/// \param steps timesteps, ascending
std::vector<double> rewards_of_steps(const EpisodeReader& episode, std::span<const std::int64_t> steps);

}  // namespace neurotape
