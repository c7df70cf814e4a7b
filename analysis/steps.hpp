#pragma once
/// \file
/// One episode as steps of a decision process.

#include <neurotape/training.hpp>

namespace neurotape::analysis {

struct EpisodeSteps {
  std::uint64_t episode = 0;
  std::size_t observation_width = 0;
  std::size_t action_width = 0;
  std::vector<std::size_t> widths;  ///< of each stream, the observations first; empty: there is no step
  std::vector<std::int64_t> timesteps;
  std::vector<float> observations;  ///< one more than there are steps
  std::vector<float> actions;
  std::vector<float> rewards;
  std::vector<std::uint8_t> terminated;
  std::vector<std::uint8_t> truncated;
};

EpisodeSteps steps_of(const EpisodeReader& episode, const TrainingOptions& options);

}  // namespace neurotape::analysis
