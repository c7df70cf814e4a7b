// Question: what does a recorder cost that has an open episode and nothing to do?
//
// idle/<streams>  processor time of the whole process in percent of one core, after something was recorded into
//                 each stream and committed
// no_recorder     the same wait without one: what the clock and this program itself cost
//
// Read `percent` against the limit of 0.1. All of it is threads that wake up to look whether there is work.

#include <chrono>
#include <neurotape/neurotape.hpp>
#include <string>
#include <thread>
#include <vector>

#include "bench/support/bench.hpp"
#include "bench/support/process.hpp"

namespace neurotape::bench {
namespace {

double wait(Figures& figures) {
  const double before = processor_seconds();
  const Stopwatch watch;
  std::this_thread::sleep_for(std::chrono::milliseconds(options().pick(200, 1'000, 5'000)));
  const double seconds = watch.seconds();
  figures["percent"] = (processor_seconds() - before) / seconds * 100;
  return seconds;
}

double idle(Figures& figures, int streams) {
  const ScratchDirectory directory;
  auto experiment = Experiment::create(directory.path(), "idle", {.durability = Durability::process});
  auto episode = experiment.start_episode();
  std::vector<DenseStream<float>> open;
  for (int i = 0; i < streams; ++i) {
    open.push_back(episode.behavior<float>("stream_" + std::to_string(i), {100}));
    open.back().record(0, std::vector<float>(100));
  }
  experiment.flush();
  const double seconds = wait(figures);
  episode.finish();
  experiment.close();
  return seconds;
}

}  // namespace

void register_benchmarks() {
  for (const int streams : {1, 64})
    add("idle/" + std::to_string(streams), [=](Figures& f) { return idle(f, streams); });
  add("no_recorder", wait);
}

}  // namespace neurotape::bench
