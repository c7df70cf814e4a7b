#pragma once
/// \file
/// The recorder, as a simulation uses it.

#include <cstdint>
#include <neurotape/neurotape.hpp>
#include <vector>

#include "bench/support/sink.hpp"

namespace neurotape::bench {

/// The streams of a workload in one episode, recorded by one thread.
class RecordedStreams {
 public:
  RecordedStreams(Episode& episode, const Workload& workload);
  void record(std::int64_t t, std::size_t step) noexcept;

 private:
  template <class Stream>
  struct Lane {
    Stream stream;
    const Series* series;
  };
  std::vector<Lane<DenseStream<float>>> dense_;
  std::vector<Lane<SpikeStream>> spikes_;
  std::vector<Lane<RewardStream>> rewards_;
  std::vector<Lane<WeightChangeStream<float>>> changes_;
};

/// One experiment with one episode. Close throws when a row was dropped.
MakeSink recorder(const ExperimentOptions& options);

/// What a finished experiment must be: nothing dropped.
void check_all_recorded(const Experiment& experiment);

}  // namespace neurotape::bench
