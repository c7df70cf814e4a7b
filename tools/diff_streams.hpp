#pragma once
/// \file
/// Where two streams differ.

#include <neurotape/episode_reader.hpp>
#include <optional>
#include <string>
#include <vector>

namespace neurotape::tools {

struct StreamDifference {
  std::string how;
  std::optional<std::int64_t> timestep = {};  ///< of the first row that differs
  std::uint64_t values = 0;                   ///< how many differ
  double largest = 0;                         ///< of the absolute differences; 0: not of numbers that both have
};

/// \param tolerance values that are this close are equal
/// \returns nothing where they are equal
std::vector<StreamDifference> compare_streams(const EpisodeReader& a, const StreamInfo& of_a, const EpisodeReader& b,
                                              const StreamInfo& of_b, double tolerance);

}  // namespace neurotape::tools
