#pragma once
/// \file
/// Registers everyone who can record a workload, under names that the table knows.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "bench/peers/columns.hpp"
#include "bench/support/sink.hpp"

namespace neurotape::bench {

class Writers {
 public:
  /// \param interval from step to step; 0: as fast as they are taken.
  Writers(std::shared_ptr<const Workload> workload, std::uint64_t steps, std::chrono::nanoseconds interval = {});

  /// Also reports `<unit>_per_s`, a unit being so many steps.
  void also_per_second(const std::string& unit, std::uint64_t steps);

  /// One more. `divisor`: for those so slow that a part of the steps tells enough.
  void add(const std::string& name, const MakeSink& make, std::uint64_t divisor = 1) const;
  /// limit/<codec>/1 and limit/<codec>/<cores>: the bare loop, in one thread and in all.
  void add_limits(const std::string& codec) const;
  /// peer/...: HDF5 with its filters, with a thread of the user's own, packet tables, raw files.
  void add_c_peers() const;
  /// peer/h5py/..., peer/tables/..., peer/zarr/...; what is not installed is left out, and the results say so.
  void add_python_peers();
  /// One of them. `way`: "batched", "rows", "episodes" (see write.py).
  void add_python(const std::string& package, const std::string& filters, const std::string& way,
                  std::uint64_t divisor = 1);

  const Job& job() const noexcept { return job_; }

 private:
  void add_measured(const std::string& name, const Job& job, std::function<double(Figures&)> measure) const;

  Job job_;
  std::chrono::nanoseconds interval_;
  std::string unit_;
  double unit_steps_ = 0;
  std::shared_ptr<ScratchDirectory> saved_;  ///< the workload, for other processes
};

/// Tells the results that something is not measured, and why.
void skipped(const std::string& what, const std::string& why);

}  // namespace neurotape::bench
