// Question: how many spikes a second does a run take, from `create` to closed files?
//
// record/<codec>          the recorder            limit/<codec>/1, /all   a bare loop, as in cortex.cpp
// peer/<who>/<filters>    what users take instead (peers/)
//
// The workload is *spikes*: about 1,000 a step from a million neurons, 12 bytes a spike (its timestep and its neuron).
// Read MB_per_s against the bare loop and the peers, and `ratio`: who stores timesteps as they are writes three times
// as much. p50_ns is that of a step, so of 1,000 spikes.

#include <fmt/format.h>
#include <memory>

#include "bench/peers/writers.hpp"
#include "bench/support/recorder_sink.hpp"

namespace neurotape::bench {

void register_benchmarks() {
  const auto spikes = std::make_shared<const Workload>(make_spikes(options().pick<std::size_t>(20, 200, 2000)));
  const auto bytes = static_cast<double>(options().raw_bytes(2'000'000, 100'000'000, 2'000'000'000));
  Writers writers(spikes, static_cast<std::uint64_t>(bytes / spikes->step_bytes()));
  for (const char* codec : {"gzip:1", "blosc:lz4:5"}) {
    writers.add(fmt::format("record/{}", codec),
                recorder({.codec = Codec::parse(codec), .durability = Durability::process}));
    writers.add_limits(codec);
  }
  writers.add_c_peers();
  writers.add_python_peers();
}

}  // namespace neurotape::bench
