#pragma once
/// \file
/// What the mean-field theory of Brunel (2000), equations 3 to 5 and 21, expects of the network of brunel.hpp
/// when it is asynchronous and irregular.

#include <cmath>
#include <numbers>

#include "brunel.hpp"

/// Rate in Hz of a neuron that gets white noise of this mean and standard deviation (Siegert's formula).
inline double siegert_rate(const BrunelParameters& p, double mean_mv, double sigma_mv) {
  const double from = (p.reset_mv - mean_mv) / sigma_mv, to = (p.threshold_mv - mean_mv) / sigma_mv;
  constexpr int kPieces = 2000;
  const double width = (to - from) / kPieces;
  double integral_of_exp_erf = 0;
  for (int i = 0; i < kPieces; ++i) {
    const double u = from + (i + 0.5) * width;
    integral_of_exp_erf += std::exp(u * u) * std::erfc(-u) * width;
  }
  return 1000 / (p.refractory_ms + p.tau_ms * std::sqrt(std::numbers::pi) * integral_of_exp_erf);
}

/// The rate in Hz at which neurons fire when their inputs fire at that same rate.
inline double expected_rate(const BrunelParameters& p) {
  const double strength = p.weight_mv * p.tau_ms, inputs = p.excitatory_inputs();
  const double gamma = p.inhibitory_inputs() / inputs;
  double low = 0, high = 1000 / p.refractory_ms;
  for (int i = 0; i < 60; ++i) {
    const double rate = (low + high) / 2, per_ms = rate / 1000;
    const double mean = strength * (p.outside_rate_per_ms() + inputs * per_ms * (1 - p.g * gamma));
    const double variance =
        strength * p.weight_mv * (p.outside_rate_per_ms() + inputs * per_ms * (1 + p.g * p.g * gamma));
    (siegert_rate(p, mean, std::sqrt(variance)) > rate ? low : high) = rate;
  }
  return (low + high) / 2;
}
