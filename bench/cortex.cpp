// Question: how much data a second does a run take, from `create` to closed files, and what does a step cost its caller?
//
// record/<codec>/<durability>  the recorder: one thread that records, workers and writer behind it
// limit/<codec>/1, /all        a bare loop in one thread, in all: memcpy into a chunk, the same encoder and checksum,
//                              H5Dwrite_chunk; no recorder
// peer/<who>/<filters>         what users take instead (peers/)
//
// The workload is *cortex*: 10,000 neurons, 84 kB a step, as fast as steps are taken. Read MB_per_s against the bare
// loop of the same codec: in one thread it is what the simulator would pay to do this itself; in all threads it is all
// that this machine can do, and a recorder cannot pass it. Then against the best peer of the same codec. p50_ns,
// p99_ns and p99.9_ns are those of a step to its caller, with the ring full where the disk or the codec is slower.
// MB_per_cpu_s counts the processor time of all threads. Only record/<codec>/power waits for the disk.

#include <fmt/format.h>
#include <memory>

#include "bench/peers/writers.hpp"
#include "bench/support/recorder_sink.hpp"

namespace neurotape::bench {

void register_benchmarks() {
  constexpr std::size_t kMegabyte = 1'000'000;
  const std::size_t pool = options().pick<std::size_t>(2, 50, 300) * kMegabyte;
  constexpr std::size_t kStepBytes = 84'400;
  const auto cortex = std::make_shared<const Workload>(make_cortex(pool / kStepBytes));
  Writers writers(cortex, options().raw_bytes(4 * kMegabyte, 100 * kMegabyte, 2000 * kMegabyte) / kStepBytes);
  for (const char* text : {"gzip:1", "blosc:lz4:5", "none", "lzf"}) {
    const Codec codec = Codec::parse(text);
    writers.add(fmt::format("record/{}/process", text), recorder({.codec = codec, .durability = Durability::process}));
    writers.add(fmt::format("record/{}/power", text), recorder({.codec = codec, .durability = Durability::power}));
    writers.add_limits(text);
  }
  writers.add_c_peers();
  writers.add_python_peers();
}

}  // namespace neurotape::bench
