// Simulates a network of spiking neurons in the asynchronous irregular state (brunel.hpp) and records all of it
// while it runs: every membrane potential of every timestep, all spikes, every change of a synapse. Then reads
// firing rates and irregularity back from the recording and compares them with theory.
//
//   spiking_network [--steps N] [--neurons N] [output directory]

#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "arguments.hpp"
#include "brunel.hpp"
#include "brunel_analysis.hpp"
#include "brunel_theory.hpp"
#include "neurotape/neurotape.hpp"

namespace {

using Clock = std::chrono::steady_clock;

void save_network(neurotape::Experiment& experiment, const BrunelParameters& p, const BrunelNetwork& network) {
  experiment.save_config({{"model", "Brunel (2000), model A"},
                          {"g", p.g},
                          {"nu_ext_over_nu_thr", p.eta},
                          {"delay_ms", p.delay_ms},
                          {"weight_mV", p.weight_mv},
                          {"stdp", {{"plus", p.stdp_plus}, {"minus", p.stdp_minus}, {"tau_ms", p.stdp_tau_ms}}}});
  std::vector<std::uint32_t> ids(p.neurons);
  std::iota(ids.begin(), ids.end(), 0u);
  std::vector<std::uint8_t> inhibitory(p.neurons);
  for (std::uint32_t i = p.excitatory(); i < p.neurons; ++i) inhibitory[i] = 1;
  experiment.save_neurons({{"ids", ids}, {"inhibitory", inhibitory}});
  // Row s is synapse s of the weight changes.
  experiment.save_connections({{"sources", network.plastic_sources()},
                               {"targets", network.plastic_targets()},
                               {"weights", network.plastic_weights()}});
}

/// Simulates and records. Returns how long the recording calls took, all together.
Clock::duration simulate(neurotape::Episode& episode, const BrunelParameters& p, BrunelNetwork& network, long steps) {
  auto voltage = episode.neural_state<float>("membrane_potential", {p.neurons}, {.unit = "mV"});
  auto excitatory = episode.spikes("excitatory");
  auto inhibitory = episode.spikes("inhibitory");
  auto synapses = episode.weight_changes({.unit = "mV"});
  Clock::duration in_recorder{0};
  for (std::int64_t t = 0; t < steps; ++t) {
    const bool plasticity = t >= steps / 2;
    network.step(plasticity);

    const auto before = Clock::now();
    if (t == steps / 2) episode.log_event("stdp_on", t, {{"synapses", network.plastic_weights().size()}});
    voltage.record(t, network.potentials());
    excitatory.record(t, network.excitatory_spikes());
    inhibitory.record(t, network.inhibitory_spikes());
    const auto& changes = network.weight_changes();
    synapses.record(t, changes.synapses, changes.old_weights, changes.new_weights);
    in_recorder += Clock::now() - before;
  }
  return in_recorder;
}

void print_volume(const neurotape::EpisodeReader& episode) {
  double raw = 0, stored = 0;
  for (const auto& stream : episode.streams()) {
    std::printf("  %-36s %12llu rows\n", stream.path.c_str(), static_cast<unsigned long long>(stream.rows));
    raw += static_cast<double>(stream.raw_bytes), stored += static_cast<double>(stream.stored_bytes);
  }
  std::printf("  %.0f MB in %.0f MB on disk (%.2f : 1)\n", raw / 1e6, stored / 1e6, raw / stored);
}

int run(const Arguments& arguments) {
  BrunelParameters p;
  p.neurons = static_cast<std::uint32_t>(arguments.number("--neurons"));
  const long steps = arguments.number("--steps");
  // In fewer, rates and irregularity are too noisy to be judged by.
  if (p.neurons < 5000 || p.neurons % 20 != 0 || steps < 4 * kSettled) {
    throw std::invalid_argument("needs 5000 neurons or more, a multiple of 20, and 4000 steps or more");
  }
  BrunelNetwork network(p, 1);
  std::printf("%u neurons, %.1f million synapses, %zu of them plastic; %.0f ms in steps of %g ms\n", p.neurons,
              1e-6 * p.neurons * (p.excitatory_inputs() + p.inhibitory_inputs()), network.plastic_weights().size(),
              static_cast<double>(steps) * p.dt_ms, p.dt_ms);

  const auto start = Clock::now();
  auto experiment = neurotape::Experiment::create(arguments.output(), "spiking_network", {.dt = p.dt_ms});
  save_network(experiment, p, network);
  auto episode = experiment.start_episode({.name = "asynchronous irregular", .seed = 1});
  const auto in_recorder = simulate(episode, p, network, steps);
  const std::chrono::duration<double> simulation = Clock::now() - start;
  episode.finish();
  experiment.close();
  const std::chrono::duration<double> all = Clock::now() - start;

  const neurotape::Run recording(experiment.path());
  const auto recorded = recording.episode(0);
  std::printf("recorded\n");
  print_volume(recorded);
  std::printf("  %.2f s of simulation, %.0f %% of it in the recorder; %.2f s until all was on disk\n",
              simulation.count(), 100 * std::chrono::duration<double>(in_recorder) / simulation, all.count());

  const Firing excitatory = measure(recorded, "excitatory", p, steps);
  const Firing inhibitory = measure(recorded, "inhibitory", p, steps);
  const double expected = expected_rate(p), synchrony = measure_synchrony(recorded, steps);
  std::printf("read back, from timestep %lld on\n", static_cast<long long>(kSettled));
  std::printf("  rate: %.1f Hz excitatory, %.1f Hz inhibitory; mean-field theory expects %.1f Hz\n", excitatory.rate_hz,
              inhibitory.rate_hz, expected);
  std::printf("  CV of the inter-spike intervals: %.2f and %.2f; synchrony: %.3f\n", excitatory.cv, inhibitory.cv,
              synchrony);
  const bool whole = recorded.gaps().empty() && changes_lead_to(recording, network.plastic_weights());
  std::printf("  the recorded changes lead %s the weights of the network\n", whole ? "exactly to" : "NOT to");
  const bool as_expected = std::abs(excitatory.rate_hz / expected - 1) < 0.1 &&
                           std::abs(inhibitory.rate_hz / expected - 1) < 0.1 && excitatory.cv > 0.5 &&
                           excitatory.cv < 1.2 && synchrony < 0.15;
  std::printf("  %s (g = %g, nu_ext/nu_thr = %g, J = %g mV, delay = %g ms)\n",
              as_expected ? "asynchronous irregular" : "NOT the asynchronous irregular state that theory expects", p.g,
              p.eta, p.weight_mv, p.delay_ms);
  std::printf("files: %s\n", experiment.path().c_str());
  return whole && as_expected ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  return run(Arguments(argc, argv, "[--steps N] [--neurons N] [DIR]", {{"--steps", "10000"}, {"--neurons", "10000"}}));
} catch (const std::exception& error) {
  std::fprintf(stderr, "spiking_network: %s\n", error.what());
  return 2;
}
