// Several threads record into the same streams: each has its own columns of the membrane potential and its
// own lane of the spikes, so none of them waits for another. Uses OpenMP where the compiler has it.
//
//   parallel_simulator [--steps N] [--neurons N] [--threads N] [output directory]

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <vector>

#include "arguments.hpp"
#include "neurotape/neurotape.hpp"

namespace {

using namespace neurotape::literals;
constexpr double kDt_ms = 0.5;
#ifdef _OPENMP
constexpr bool kParallel = true;
#else
constexpr bool kParallel = false;
#endif

/// Some neurons of a population, from `first` on: Izhikevich (2003), IEEE Trans. Neural Netw. 14:1569-1572, regular
/// spiking, each with a constant input of its own. They are not connected, so any split gives the same result.
struct Slice {
  Slice(std::size_t first_neuron, std::size_t count) : first(first_neuron), v(count, -65.0f), u(count, -13.0f) {}

  void step() {
    fired.clear();
    for (std::size_t i = 0; i < v.size(); ++i) {
      const float current = 4.0f + 0.01f * static_cast<float>((first + i) % 1000);
      v[i] += static_cast<float>(kDt_ms) * (0.04f * v[i] * v[i] + 5.0f * v[i] + 140.0f - u[i] + current);
      u[i] += static_cast<float>(kDt_ms) * 0.02f * (0.2f * v[i] - u[i]);
      if (v[i] < 30.0f) continue;
      v[i] = -65.0f;
      u[i] += 8.0f;
      fired.push_back(static_cast<std::uint32_t>(first + i));
    }
  }

  std::size_t first;
  std::vector<float> v, u;           ///< membrane potential (mV) and recovery
  std::vector<std::uint32_t> fired;  ///< in the last step
};

/// A thread's part of the network, with its own handles.
struct Worker {
  Slice slice;
  neurotape::DenseStream<float> voltage;
  neurotape::SpikeStream spikes;
};

/// Handles are made before the threads start: that can throw, recording never does.
std::vector<Worker> make_workers(neurotape::Episode& episode, std::size_t neurons, std::size_t threads) {
  const auto voltage = episode.neural_state<float>("membrane_potential", {neurons}, {.unit = "mV"});
  const auto spikes = episode.spikes("izhikevich", {.population_size = neurons});
  std::vector<Worker> workers;
  for (std::size_t i = 0; i < threads; ++i) {
    const std::size_t first = neurons * i / threads, count = neurons * (i + 1) / threads - first;
    workers.push_back({Slice(first, count), voltage.columns(first, count), spikes.lane()});
  }
  return workers;
}

/// All threads meet at the end of each timestep, as they do where neurons are connected.
void simulate(std::vector<Worker>& workers, std::int64_t steps) {
  for (std::int64_t t = 0; t < steps; ++t) {
#ifdef _OPENMP
#pragma omp parallel for schedule(static, 1) num_threads(static_cast <int>(workers.size()))
#endif
    for (Worker& worker : workers) {
      worker.slice.step();
      worker.voltage.record(t, worker.slice.v);
      worker.spikes.record(t, worker.slice.fired);
    }
  }
}

/// Simulates all neurons again, in one thread, and counts the timesteps that were recorded differently.
std::int64_t count_wrong(const neurotape::EpisodeReader& episode, std::size_t neurons, std::int64_t steps) {
  const auto spikes = episode.spikes<std::uint32_t>("izhikevich").all();
  Slice all(0, neurons);
  std::int64_t right = 0, t = 0;
  std::size_t spike = 0;
  for (auto& part : episode.neural_state<float>("membrane_potential").chunks(16_MiB)) {
    for (std::size_t row = 0; row < part.size(); ++row, ++t) {
      all.step();
      std::vector<std::uint32_t> fired;
      for (; spike < spikes.size() && spikes.timesteps[spike] <= t; ++spike) fired.push_back(spikes.neuron_ids[spike]);
      std::ranges::sort(fired);  // lanes are merged by timestep; within one their order is left open
      right += part.timesteps[row] == t && std::ranges::equal(part.row(row), all.v) && fired == all.fired ? 1 : 0;
    }
  }
  return std::max(steps, t) - right + static_cast<std::int64_t>(spikes.size() - spike);
}

int run(const Arguments& arguments) {
  const auto neurons = static_cast<std::size_t>(arguments.number("--neurons"));
  const auto threads = static_cast<std::size_t>(arguments.number("--threads"));
  const std::int64_t steps = arguments.number("--steps");
  if (threads < 1 || neurons < threads) throw std::invalid_argument("needs a thread, and a neuron for each");

  auto experiment = neurotape::Experiment::create(arguments.output(), "parallel_simulator", {.dt = kDt_ms});
  auto episode = experiment.start_episode();
  auto workers = make_workers(episode, neurons, threads);
  simulate(workers, steps);
  episode.finish();
  experiment.close();
  std::printf("recorded %zu neurons in %lld timesteps by %zu threads%s\n", neurons, static_cast<long long>(steps),
              threads, kParallel ? "" : ", in turn: built without OpenMP");

  const auto recorded = neurotape::Run(experiment.path()).episode(0);
  for (const auto& stream : recorded.streams()) {
    std::printf("  %-33s %9llu rows\n", stream.path.c_str(), static_cast<unsigned long long>(stream.rows));
  }
  const std::int64_t wrong = count_wrong(recorded, neurons, steps);
  std::printf("compared with a simulation in one thread: %lld differences\n", static_cast<long long>(wrong));
  std::printf("files: %s\n", experiment.path().c_str());
  return wrong == 0 && recorded.gaps().empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  const char* usage = "[--steps N] [--neurons N] [--threads N] [DIR]";
  return run(Arguments(argc, argv, usage, {{"--steps", "2000"}, {"--neurons", "1000"}, {"--threads", "4"}}));
} catch (const std::exception& error) {
  std::fprintf(stderr, "parallel_simulator: %s\n", error.what());
  return 2;
}
