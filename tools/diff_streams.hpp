#pragma once
/// \file
/// Where two streams differ.

#include <cmath>
#include <neurotape/episode_reader.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace neurotape::tools {

struct StreamDifference {
  std::string how;
  std::optional<std::int64_t> timestep = {};  ///< of the first row that differs
  std::uint64_t values = 0;                   ///< how many differ
  double largest = 0;                         ///< of the absolute differences; 0: not of numbers that both have
};

/// Bit by bit, but that NaN equals NaN.
template <class T>
bool is_same(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    return (a == b && std::signbit(a) == std::signbit(b)) || (std::isnan(a) && std::isnan(b));
  else
    return a == b;
}

/// \param tolerance values that are this close are equal
/// \returns nothing where they are equal
std::vector<StreamDifference> compare_streams(const EpisodeReader& a, const StreamInfo& of_a, const EpisodeReader& b,
                                              const StreamInfo& of_b, double tolerance);

}  // namespace neurotape::tools
