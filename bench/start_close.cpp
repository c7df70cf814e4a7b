// Question: what do a whole experiment and a whole small episode cost?
//
// experiment            create, one episode with one reward, close: read `ms`
// peer/hdf5_experiment  the three files that such a run has (network, index, episode), written with HDF5's C library
// episodes/<threads>    RL episodes of 200 steps (17 observations, 6 actions, a reward), recorded step by step by so
//                       many threads at once, `close` included: read `per_s`
// peer/hdf5_episodes    the same arrays written whole by one thread, one HDF5 file an episode: what a program does
//                       that keeps an episode in memory and saves it at its end

#include <array>
#include <cstdint>
#include <exception>
#include <neurotape/neurotape.hpp>
#include <string>
#include <thread>
#include <vector>

#include "bench/support/bench.hpp"
#include "bench/support/hdf5_peer.hpp"

namespace neurotape::bench {
namespace {

constexpr int kSteps = 200;
constexpr std::size_t kObservations = 17;
constexpr std::size_t kActions = 6;

// A swinging body: smooth, as joint angles are.
std::array<float, kObservations> observation(int episode, std::int64_t t) {
  std::array<float, kObservations> values{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto phase = static_cast<float>(t) * 0.05F * static_cast<float>(i + 1) + static_cast<float>(episode);
    values[i] = phase - phase * phase * phase * 0.01F;
  }
  return values;
}

double experiment_life(Figures& figures) {
  const ScratchDirectory directory;
  const Stopwatch watch;
  auto experiment = Experiment::create(directory.path(), "life", {.durability = Durability::process});
  auto episode = experiment.start_episode();
  episode.rewards().record(0, 1.0);
  episode.finish();
  experiment.close();
  const double seconds = watch.seconds();
  figures["ms"] = seconds * 1e3;
  return seconds;
}

double hdf5_life(Figures& figures) {
  const ScratchDirectory directory;
  const double reward = 1.0;
  const Stopwatch watch;
  for (const char* name : {"setup.h5", "experiment_data.h5", "episode_0000.h5"})
    write_hdf5(create_hdf5(directory.path() / name), "values", H5T_NATIVE_DOUBLE, {1}, &reward);
  const double seconds = watch.seconds();
  figures["ms"] = seconds * 1e3;
  return seconds;
}

void play(Experiment& experiment, int number) {
  auto episode = experiment.start_episode();
  auto observations = episode.behavior<float>("observation", {kObservations});
  auto actions = episode.behavior<float>("action", {kActions});
  auto rewards = episode.rewards();
  std::array<float, kActions> action{};
  for (std::int64_t t = 0; t < kSteps; ++t) {
    const auto seen = observation(number, t);
    for (std::size_t i = 0; i < kActions; ++i) action[i] = seen[i] * -0.5F;
    observations.record(t, seen);
    actions.record(t, action);
    rewards.record(t, static_cast<double>(seen[0]));
  }
  episode.finish();
}

double episodes(Figures& figures, int count, int threads) {
  const ScratchDirectory directory;
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(threads));
  const Stopwatch watch;
  auto experiment = Experiment::create(directory.path(), "episodes", {.durability = Durability::process});
  {
    std::vector<std::jthread> pool;
    pool.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i) {
      pool.emplace_back([&, i] {
        try {
          for (int number = i; number < count; number += threads) play(experiment, number);
        } catch (...) {
          errors[static_cast<std::size_t>(i)] = std::current_exception();
        }
      });
    }
  }
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
  experiment.close();
  const double seconds = watch.seconds();
  figures["per_s"] = count / seconds;
  figures["kB_each"] = directory.bytes() / count * 1e-3;
  return seconds;
}

// Contiguous datasets without a filter: HDF5 can do nothing less for an episode.
double hdf5_episodes(Figures& figures, int count) {
  const ScratchDirectory directory;
  const Stopwatch watch;
  for (int number = 0; number < count; ++number) {
    std::vector<std::int64_t> timesteps;
    std::vector<float> observations, actions;
    std::vector<double> rewards;
    for (std::int64_t t = 0; t < kSteps; ++t) {
      const auto seen = observation(number, t);
      timesteps.push_back(t);
      observations.insert(observations.end(), seen.begin(), seen.end());
      for (std::size_t i = 0; i < kActions; ++i) actions.push_back(seen[i] * -0.5F);
      rewards.push_back(static_cast<double>(seen[0]));
    }
    const Hdf5Id file = create_hdf5(directory.path() / std::to_string(number));
    write_hdf5(file, "timesteps", H5T_NATIVE_INT64, {kSteps}, timesteps.data());
    write_hdf5(file, "observation", H5T_NATIVE_FLOAT, {kSteps, kObservations}, observations.data());
    write_hdf5(file, "action", H5T_NATIVE_FLOAT, {kSteps, kActions}, actions.data());
    write_hdf5(file, "rewards", H5T_NATIVE_DOUBLE, {kSteps}, rewards.data());
  }
  const double seconds = watch.seconds();
  figures["per_s"] = count / seconds;
  figures["kB_each"] = directory.bytes() / count * 1e-3;
  return seconds;
}

}  // namespace

void register_benchmarks() {
  add("experiment", experiment_life);
  add("peer/hdf5_experiment", hdf5_life);
  const int count = options().pick(16, 1'000, 10'000);
  for (const int threads : {1, 8})
    add("episodes/" + std::to_string(threads), [=](Figures& f) { return episodes(f, count, threads); });
  add("peer/hdf5_episodes", [=](Figures& f) { return hdf5_episodes(f, count); });
}

}  // namespace neurotape::bench
