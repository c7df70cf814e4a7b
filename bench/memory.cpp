// Question: how much memory does a recorder take, whatever is recorded?
//
// cortex, spikes, scalars  the workloads, as fast as steps are taken, on the disk as it is, with a cap of 200 MB
// episodes/256             so many episodes of *rl* open at once, recorded in turn, with the default cap of 500 MB
//
// Read peak_MiB (growth of the resident memory of the process, threads, HDF5 and codecs included, since before `create`)
// against limit_MiB: the cap and 64 MiB. Each measurement is a process of its own, as memory that was freed may stay
// resident. What a slow disk does is in slow_disk.cpp.

#include <cstdint>
#include <memory>
#include <neurotape/neurotape.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/support/child.hpp"
#include "bench/support/process.hpp"
#include "bench/support/recorder_sink.hpp"

namespace neurotape::bench {
namespace {

constexpr std::size_t kCap = 200'000'000;
constexpr std::size_t kDefaultCap = 500'000'000;

double megabinary(double bytes) { return bytes / (1024 * 1024); }

/// `record` in a process of its own; its peak against a cap.
template <class Record>
double measure_peak(Figures& figures, std::size_t cap, Record record) {
  struct Result {
    double seconds = 0, peak = 0;
  };
  const auto result = in_a_process<Result>([&]() -> Result {
    const ScratchDirectory directory;
    const double before = status_bytes("VmRSS");
    if (!reset_peak_memory()) throw std::runtime_error("the peak of memory cannot be told here");
    const Stopwatch watch;
    record(directory.path());
    return {watch.seconds(), status_bytes("VmHWM") - before};
  });
  figures["peak_MiB"] = megabinary(result.peak);
  figures["limit_MiB"] = megabinary(static_cast<double>(cap)) + 64;
  return result.seconds;
}

void add_workload(const std::string& name, const Job& job) {
  add(name, [=](Figures& figures) {
    return measure_peak(figures, kCap, [&](const std::filesystem::path& directory) {
      const auto sink = recorder({.memory_cap = kCap, .durability = Durability::process})(job, directory);
      for (std::uint64_t t = 0; t < job.steps; ++t)
        sink->record(static_cast<std::int64_t>(t), t % job.workload->steps());
      sink->close();
    });
  });
}

void record_at_once(const std::filesystem::path& directory, const Workload& rl, std::size_t episodes,
                    std::size_t steps) {
  struct Open {
    Episode episode;
    RecordedStreams streams;
  };
  auto experiment = Experiment::create(directory, "memory", {.durability = Durability::process});
  std::vector<Open> open;
  for (std::size_t i = 0; i < episodes; ++i) {
    auto episode = experiment.start_episode();
    RecordedStreams streams(episode, rl);
    open.push_back({std::move(episode), std::move(streams)});
  }
  for (std::size_t t = 0; t < steps; ++t)
    for (std::size_t i = 0; i < episodes; ++i)
      open[i].streams.record(static_cast<std::int64_t>(t), (i * kRlSteps + t) % rl.steps());
  for (auto& one : open) one.episode.finish();
  experiment.close();
  check_all_recorded(experiment);
}

}  // namespace

void register_benchmarks() {
  const auto job = [](Workload workload, double bytes) {
    const double steps = bytes / workload.step_bytes();
    return Job{std::make_shared<const Workload>(std::move(workload)), static_cast<std::uint64_t>(steps)};
  };
  const double bytes = options().pick(2e6, 200e6, 2e9);
  add_workload("cortex", job(make_cortex(options().pick<std::size_t>(20, 500, 3'000)), bytes));
  add_workload("spikes", job(make_spikes(options().pick<std::size_t>(20, 200, 1'000)), bytes));
  constexpr std::size_t kStreams = 500;
  add_workload("scalars", job(make_scalars(options().pick<std::size_t>(20, 1'000, 2'000), kStreams), bytes / 20));
  const auto rl = std::make_shared<const Workload>(make_rl(256));
  const std::size_t steps = options().pick<std::size_t>(20, 500, 10'000);
  add("episodes/256", [=](Figures& figures) {
    return measure_peak(figures, kDefaultCap,
                        [&](const std::filesystem::path& where) { record_at_once(where, *rl, 256, steps); });
  });
}

}  // namespace neurotape::bench
