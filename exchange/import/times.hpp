#pragma once
/// \file
/// Times as timesteps.

#include <cmath>
#include <cstdint>

namespace neurotape::exchange {

/// How far from a timestep a time may be that was meant to be on it: times are sums and products of `dt`, and round.
inline constexpr double kOnTheStep = 1e-6;

/// The timestep in which a time lies.
inline std::int64_t timestep_of(double time, double dt) noexcept {
  const double steps = time / dt, nearest = std::round(steps);
  return static_cast<std::int64_t>(std::abs(steps - nearest) <= kOnTheStep ? nearest : std::floor(steps));
}

inline bool is_on_a_step(double time, double dt) noexcept {
  return std::abs(time / dt - std::round(time / dt)) <= kOnTheStep;
}

/// Whether `timestep_of` has a number for it.
inline bool is_in_range(double time, double dt) noexcept { return std::abs(time / dt) < 9e18; }

}  // namespace neurotape::exchange
