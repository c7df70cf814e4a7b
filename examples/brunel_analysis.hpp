#pragma once
/// \file
/// What the example spiking_network.cpp computes from its recording.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "brunel.hpp"
#include "neurotape/eigen.hpp"
#include "neurotape/neurotape.hpp"

constexpr std::int64_t kSettled = 1000;  ///< timestep from which on the start of the network is forgotten

struct Firing {
  double rate_hz = 0, cv = 0;
};

/// Mean rate of a population, and mean coefficient of variation of its inter-spike intervals.
inline Firing measure(const neurotape::EpisodeReader& episode, const char* population, const BrunelParameters& p,
                      long steps) {
  const auto spikes = episode.spikes<std::uint32_t>(population).between(kSettled, steps);
  struct Intervals {
    std::int64_t last = -1;
    double count = 0, sum = 0, sum_of_squares = 0;
  };
  std::vector<Intervals> neurons(p.neurons);
  for (std::size_t i = 0; i < spikes.size(); ++i) {
    Intervals& neuron = neurons[spikes.neuron_ids[i]];
    if (neuron.last >= 0) {
      const auto interval = static_cast<double>(spikes.timesteps[i] - neuron.last);
      neuron.count += 1, neuron.sum += interval, neuron.sum_of_squares += interval * interval;
    }
    neuron.last = spikes.timesteps[i];
  }
  double cv = 0, measured = 0;
  for (const Intervals& neuron : neurons) {
    if (neuron.count < 5) continue;
    const double mean = neuron.sum / neuron.count;
    cv += std::sqrt((neuron.sum_of_squares - mean * neuron.sum) / (neuron.count - 1)) / mean;
    ++measured;
  }
  const bool inhibitory = std::string_view(population) == "inhibitory";
  const double size = inhibitory ? p.neurons - p.excitatory() : p.excitatory();
  const double seconds = static_cast<double>(steps - kSettled) * p.dt_ms / 1000;
  return {static_cast<double>(spikes.size()) / size / seconds, cv / measured};
}

/// How much of the potentials' variance over 100 ms all neurons share: 0 when each goes its own way, 1 in lockstep.
inline double measure_synchrony(const neurotape::EpisodeReader& episode, long steps) {
  const auto v = neurotape::read_matrix(episode.neural_state<float>("membrane_potential"), steps - 1000, steps);
  const Eigen::VectorXf average = v.rowwise().mean();
  const double shared = (average.array() - average.mean()).square().mean();
  return shared / (v.rowwise() - v.colwise().mean()).array().square().mean();
}

/// Whether the recorded changes, applied one after the other to the saved weights, end at the weights of the network.
inline bool changes_lead_to(const neurotape::Run& recorded, const std::vector<float>& final_weights) {
  auto weights = recorded.connections().column<float>("weights");
  for (auto& part : recorded.episode(0).weight_changes().chunks(16 << 20)) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      float& weight = weights[part.synapse_ids[i]];
      if (weight != part.old_weights[i]) return false;
      weight = part.new_weights[i];
    }
  }
  return weights == final_weights;
}
