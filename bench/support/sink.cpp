#include "bench/support/sink.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <thread>
#include <vector>

#include "bench/support/latency.hpp"
#include "bench/support/process.hpp"

namespace neurotape::bench {
namespace {

/// Computes until a moment, as a simulation does. \returns the processor time it took, which other processes may shorten.
double compute_until(std::chrono::steady_clock::time_point due) {
  const double before = thread_seconds();
  while (std::chrono::steady_clock::now() < due) benchmark::ClobberMemory();
  return thread_seconds() - before;
}

}  // namespace

Costs::Costs()
    : peak_is_known_(reset_peak_memory()), resident_(status_bytes("VmRSS")), processor_(processor_seconds()) {}

void Costs::report(Figures& figures, const Job& job, double seconds, const ScratchDirectory& directory,
                   double simulating) const {
  const double processor = processor_seconds() - processor_ - simulating, bytes = job.bytes();
  figures["MB_per_s"] = bytes / seconds * 1e-6;
  figures["MB_per_cpu_s"] = bytes / processor * 1e-6;
  if (peak_is_known_) figures["grown_MiB"] = (status_bytes("VmHWM") - resident_) / (1024 * 1024);
  figures["ratio"] = bytes / directory.bytes();
  figures["files"] = directory.files();
}

double measure(Figures& figures, const Job& job, const MakeSink& make) {
  const ScratchDirectory directory;
  Latencies latencies(job.steps);
  const Costs costs;
  const Stopwatch watch;
  const auto sink = make(job, directory.path());
  for (std::uint64_t t = 0; t < job.steps; ++t)
    latencies.time(1, [&] { sink->record(static_cast<std::int64_t>(t), t % job.workload->steps()); });
  sink->close();
  const double seconds = watch.seconds();
  costs.report(figures, job, seconds, directory);
  latencies.report(figures);
  return seconds;
}

double measure_paced(Figures& figures, const Job& job, std::chrono::nanoseconds interval, const MakeSink& make) {
  using Clock = std::chrono::steady_clock;
  const ScratchDirectory directory;
  Latencies latencies(job.steps);
  const Costs costs;
  const Stopwatch watch;
  const auto sink = make(job, directory.path());
  const auto start = Clock::now();
  auto due = start;
  double simulating = 0;
  for (std::uint64_t t = 0; t < job.steps; ++t) {
    simulating += compute_until(due);
    latencies.time(1, [&] { sink->record(static_cast<std::int64_t>(t), t % job.workload->steps()); });
    due = std::max(due + interval, Clock::now());
  }
  const std::chrono::duration<double> took = Clock::now() - start;
  sink->close();
  const double seconds = watch.seconds();
  costs.report(figures, job, seconds, directory, simulating);
  latencies.report(figures);
  figures["times_slower"] = took / std::chrono::duration<double>(interval * job.steps);
  return seconds;
}

double measure_parallel(Figures& figures, const Job& job, unsigned threads, const MakeSink& make) {
  const ScratchDirectory directory;
  std::vector<std::exception_ptr> errors(threads);
  const Costs costs;
  const Stopwatch watch;
  {
    std::vector<std::jthread> pool;
    for (unsigned i = 0; i < threads; ++i) {
      const auto own = directory.path() / std::to_string(i);
      std::filesystem::create_directory(own);
      pool.emplace_back([&, i, own] {
        try {
          const Job part{job.workload, job.steps * (i + 1) / threads - job.steps * i / threads};
          const auto sink = make(part, own);
          for (std::uint64_t t = 0; t < part.steps; ++t)
            sink->record(static_cast<std::int64_t>(t), t % job.workload->steps());
          sink->close();
        } catch (...) {
          errors[i] = std::current_exception();
        }
      });
    }
  }
  const double seconds = watch.seconds();
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
  costs.report(figures, job, seconds, directory);
  return seconds;
}

}  // namespace neurotape::bench
