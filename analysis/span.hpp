#pragma once
/// \file
/// From timesteps to time, and how much is read at once.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <neurotape/analysis.hpp>
#include <string>

namespace neurotape::analysis {

inline constexpr std::size_t kReadAtOnceBytes = 4'000'000;

/// What a choice of spikes comes to in this episode: from `from` to before `to`; empty where there are no rows.
detail::TimeRange range_of(const EpisodeReader& episode, const SpikeChoice& choice);

/// The timestep behind this one, or the last that there is.
constexpr std::int64_t behind(std::int64_t timestep) {
  return timestep == std::numeric_limits<std::int64_t>::max() ? timestep : timestep + 1;
}

/// How long a timestep is, as a rate needs it.
struct RateUnit {
  std::string unit;     ///< "Hz", "1/timestep"
  double per_step = 1;  ///< a rate of one spike a timestep, in this unit
};
RateUnit rate_unit(const EpisodeReader& episode);

}  // namespace neurotape::analysis
