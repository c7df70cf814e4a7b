// Question: how small does a recording get without losing a bit, and what does that take of the processor?
//
// record/adaptive:<goal>  the recorder with the codec that chooses for itself
// record/gzip:9, record/blosc:zstd:9   the strongest settings that it can be given by hand
// peer/hdf5_c/<filters>   HDF5's filters with the same two settings, bytes shuffled, rows as they come
//
// The workload is *cortex*. Read `ratio`, raw bytes a stored byte, and MB_per_cpu_s.

#include <fmt/format.h>
#include <memory>

#include "bench/peers/hdf5_calls.hpp"
#include "bench/peers/writers.hpp"
#include "bench/support/recorder_sink.hpp"

namespace neurotape::bench {

void register_benchmarks() {
  const std::size_t steps = options().pick<std::size_t>(40, 60, 2'400);
  Writers writers(std::make_shared<const Workload>(make_cortex(steps)), steps);
  for (const char* codec :
       {"adaptive:smallest", "adaptive:balanced", "adaptive:fastest", "adaptive:portable", "gzip:9", "blosc:zstd:9"})
    writers.add(fmt::format("record/{}", codec),
                recorder({.codec = Codec::parse(codec), .durability = Durability::process}));
  for (const char* filters : {"gzip:9", "blosc:zstd:9"})
    if (hdf5_has(hdf5_filters(filters)))
      writers.add(fmt::format("peer/hdf5_c/{}", filters), batched(hdf5_store(filters)));
}

}  // namespace neurotape::bench
