#pragma once
/// \file
/// Whatever takes the steps of a workload: the recorder, its peers, and the bare loops that limit them all.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "bench/support/bench.hpp"
#include "bench/support/workload.hpp"

namespace neurotape::bench {

class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;
  /// What a simulation calls after each step: step number `step` of the workload as timestep `t`.
  virtual void record(std::int64_t t, std::size_t step) = 0;
  /// Returns when everything is in closed files.
  virtual void close() = 0;
};

/// What is recorded: a workload, cycled until it has given so many steps.
struct Job {
  std::shared_ptr<const Workload> workload;
  std::uint64_t steps = 0;

  double bytes() const { return workload->step_bytes() * static_cast<double>(steps); }
  Job part(std::uint64_t divisor) const { return {workload, steps / divisor}; }
};

using MakeSink = std::function<std::unique_ptr<Sink>(const Job& job, const std::filesystem::path& directory)>;

/// What a measurement costs beside time; begins with this object.
class Costs {
 public:
  Costs();
  /// Sets MB_per_s, MB_per_cpu_s (of all threads), ratio (raw bytes a stored byte), files, and grown_MiB (the most memory
  /// that became resident meanwhile; not where the system cannot tell).
  /// \param simulating processor time that a simulation took meanwhile: not a cost of the recording.
  void report(Figures& figures, const Job& job, double seconds, const ScratchDirectory& directory,
              double simulating = 0) const;

 private:
  bool peak_is_known_;
  double resident_, processor_;
};

/// From the making of the sink to its closed files, steps as fast as they are taken. Sets the costs, and p50_ns,
/// p99_ns, p99.9_ns of a step to its caller.
double measure(Figures& figures, const Job& job, const MakeSink& make);

/// The same at the pace of a simulation: a step each `interval`, the time between spent computing. Sets also
/// times_slower: how long the steps took against how long they should have taken. A late step is not waited for.
double measure_paced(Figures& figures, const Job& job, std::chrono::nanoseconds interval, const MakeSink& make);

/// So many threads, each with a sink of its own and its part of the steps: no latencies.
double measure_parallel(Figures& figures, const Job& job, unsigned threads, const MakeSink& make);

}  // namespace neurotape::bench
