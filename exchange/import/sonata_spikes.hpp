#pragma once
/// \file
/// The spikes of a population in a SONATA file.

#include <functional>
#include <span>
#include <string>

#include "exchange/hdf5_in.hpp"
#include "exchange/import/new_run.hpp"

namespace neurotape::exchange {

/// The unit of times, "ms" for "milliseconds". \returns empty where the file does not say
std::string time_unit(const h5::Source& dataset);

/// Times and ids, one of each for a spike, in any order.
class SonataSpikes {
 public:
  /// \param group has the datasets \throws Error not_found, wrong_shape, wrong_type
  SonataSpikes(const h5::Source& group, std::string population);

  const std::string& population() const noexcept { return population_; }
  std::string unit() const { return time_unit(times_); }
  /// Records all of them in the order of their times. Those that are as many as `kSortedAtOnce` or fewer are read twice,
  /// more of them that are not sorted several times: memory is bounded.
  /// \throws Error damaged: a time or an id that cannot be one
  void record(double dt, Episode& episode, NewRun& run) const;

  static constexpr std::size_t kSortedAtOnce = 1U << 21;

 private:
  struct Spike {
    double time;
    std::uint64_t neuron;
  };
  struct Survey {
    bool by_time = true;
    bool on_steps = true;  ///< all times are products of a timestep and dt, so that the timesteps say all
    std::uint64_t largest = 0;
    std::int64_t first = 0, last = -1;  ///< timesteps
  };
  /// \param use called with each, until it returns false
  void for_each(const std::function<bool(const Spike&)>& use) const;
  Survey survey(double dt) const;
  void record_sorted(std::int64_t from, std::int64_t to, double dt, class SpikeWriter& writer) const;

  std::string population_;
  h5::Source times_, ids_;
};

}  // namespace neurotape::exchange
