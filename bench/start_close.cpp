// Question: what does a whole experiment cost that records next to nothing?
//
// experiment            create, one episode with one reward, close: read `ms`
// peer/hdf5_experiment  the three files that such a run has (network, index, episode), written with HDF5's C library
//
// Many episodes of one experiment are in rl.cpp.

#include <neurotape/neurotape.hpp>

#include "bench/peers/hdf5_calls.hpp"
#include "bench/support/bench.hpp"

namespace neurotape::bench {
namespace {

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

}  // namespace

void register_benchmarks() {
  add("experiment", experiment_life);
  add("peer/hdf5_experiment", hdf5_life);
}

}  // namespace neurotape::bench
