// Question: how much slower is a simulation that is recorded at full rate?
//
// recorded  the network of examples/spiking_network.cpp: 10,000 neurons, one thread; every potential of every timestep,
//           all spikes, all changes of synapses, with the default codec
// bare      the same timesteps of the same network, not recorded
// copied    the same, and a memcpy of the potentials to cold memory: what any recorder costs at least
//
// Read `seconds`, of the timesteps alone, against bare: what recording takes from the simulation, copies, caches and
// memory bus included, while the workers have the other cores. The network is built anew each time, from the same seed.

#include <cstdint>
#include <memory>
#include <neurotape/neurotape.hpp>
#include <span>

#include "bench/support/bench.hpp"
#include "bench/support/cold_memory.hpp"
#include "bench/support/recorder_sink.hpp"
#include "examples/brunel.hpp"

namespace neurotape::bench {
namespace {

/// Seconds of the timesteps, the second half with plasticity; `record(t, network)` follows each.
template <class Record>
double simulate(Figures& figures, BrunelNetwork& network, std::int64_t steps, Record&& record) {
  const Stopwatch watch;
  for (std::int64_t t = 0; t < steps; ++t) {
    network.step(t >= steps / 2);
    record(t);
  }
  const double seconds = watch.seconds();
  figures["seconds"] = seconds;
  return seconds;
}

double recorded(Figures& figures, const BrunelParameters& parameters, std::int64_t steps) {
  BrunelNetwork network(parameters, 1);
  const ScratchDirectory directory;
  auto experiment = Experiment::create(directory.path(), "simulation", {.durability = Durability::process});
  auto episode = experiment.start_episode();
  auto voltage = episode.neural_state<float>("membrane_potential", {parameters.neurons});
  auto excitatory = episode.spikes("excitatory"), inhibitory = episode.spikes("inhibitory");
  auto synapses = episode.weight_changes();
  const double seconds = simulate(figures, network, steps, [&](std::int64_t t) {
    voltage.record(t, network.potentials());
    excitatory.record(t, network.excitatory_spikes());
    inhibitory.record(t, network.inhibitory_spikes());
    const auto& changes = network.weight_changes();
    synapses.record(t, changes.synapses, changes.old_weights, changes.new_weights);
  });
  episode.finish();
  experiment.close();
  check_all_recorded(experiment);
  return seconds;
}

double copied(Figures& figures, const BrunelParameters& parameters, std::int64_t steps) {
  BrunelNetwork network(parameters, 1);
  ColdMemory cold;
  return simulate(figures, network, steps,
                  [&](std::int64_t) { cold.copy(std::as_bytes(std::span(network.potentials()))); });
}

double bare(Figures& figures, const BrunelParameters& parameters, std::int64_t steps) {
  BrunelNetwork network(parameters, 1);
  return simulate(figures, network, steps, [](std::int64_t) {});
}

}  // namespace

void register_benchmarks() {
  BrunelParameters parameters;
  parameters.neurons = options().pick(1'000U, 10'000U, 10'000U);
  const std::int64_t steps = options().pick(200, 1'000, 20'000);
  add("recorded", [=](Figures& figures) { return recorded(figures, parameters, steps); });
  add("copied", [=](Figures& figures) { return copied(figures, parameters, steps); });
  add("bare", [=](Figures& figures) { return bare(figures, parameters, steps); });
}

}  // namespace neurotape::bench
