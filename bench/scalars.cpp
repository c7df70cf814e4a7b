// Question: what do many slow streams cost: 500 scalars, each a stream of its own?
//
// record/<codec>          the recorder, a lane a stream      peer/<who>/<filters>   two datasets a stream (peers/)
//
// The workload is *scalars*: firing rates of 500 groups of neurons. Read p50_ns (a step, so 500 scalars), MB_per_cpu_s,
// and grown_MiB: each stream has blocks of its own in the ring, or a buffer of its own with the peers. h5py_rows is what
// most scripts do: it appends each value when it comes.

#include <fmt/format.h>
#include <memory>

#include "bench/peers/writers.hpp"
#include "bench/support/recorder_sink.hpp"

namespace neurotape::bench {

void register_benchmarks() {
  constexpr std::size_t kStreams = 500;
  constexpr std::uint64_t kVerySlow = 200;
  const auto scalars =
      std::make_shared<const Workload>(make_scalars(options().pick<std::size_t>(40, 600, 2'000), kStreams));
  Writers writers(scalars, options().pick<std::uint64_t>(200, 600, 40'000));
  for (const char* codec : {"gzip:1", "blosc:lz4:5"})
    writers.add(fmt::format("record/{}", codec),
                recorder({.codec = Codec::parse(codec), .durability = Durability::process}));
  writers.add_c_peers();
  writers.add_python("h5py", "gzip:4", "batched");
  writers.add_python("h5py", "gzip:4", "rows", kVerySlow);
}

}  // namespace neurotape::bench
