// Question: what does a recorded dense row cost the thread that records it, against the copy it cannot do without?
//
// record/<values>  one `record(t, row)` of so many float32 values into a ring that is not full, and, chosen at
//                  random before each call, one memcpy of the same row to memory that was touched before but is
//                  in no cache.
//
// The row is fresh from the simulation (in cache) both times. Read p50_ns against memcpy_p50_ns: their quotient
// is x_memcpy; below 1 the ring was in a cache that the cores share, as a worker had just touched its pages. p99 and p99.9 have what is not copying: the next block of the ring, first touches of its pages,
// and the workers that compress meanwhile and share the memory bus. Both times hold two looks at the clock
// (clock_p50_ns), which is why short rows look closer to memcpy than they are.

#include <algorithm>
#include <cstring>
#include <memory>
#include <neurotape/neurotape.hpp>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include "bench/support/bench.hpp"
#include "bench/support/latency.hpp"
#include "bench/support/workload.hpp"

namespace neurotape::bench {
namespace {

// Larger than any cache, written once, then walked through: each copy goes to lines that are long evicted.
class ColdMemory {
 public:
  explicit ColdMemory(std::size_t bytes) : bytes_(bytes, std::byte{1}) {}
  std::byte* next(std::size_t bytes) {
    if (used_ + bytes > bytes_.size()) used_ = 0;
    std::byte* const here = bytes_.data() + used_;
    used_ += bytes;
    return here;
  }

 private:
  std::vector<std::byte> bytes_;
  std::size_t used_ = 0;
};

std::size_t twice_the_caches() {
  const long bytes = ::sysconf(_SC_LEVEL3_CACHE_SIZE);  // 0 or less: the system does not say
  return std::max<std::size_t>(bytes > 0 ? 2 * static_cast<std::size_t>(bytes) : 0, 256'000'000);
}

double measure(Figures& figures, const RowBank& bank, std::size_t calls) {
  const ScratchDirectory directory;
  auto experiment = Experiment::create(directory.path(), "record_row",
                                       {.codec = Codec::blosc("lz4", 5), .durability = Durability::process});
  auto episode = experiment.start_episode();
  auto voltage = episode.neural_state<float>("membrane_potential", {bank.neurons()});
  ColdMemory cold(options().scale == Scale::tiny ? 8'000'000 : twice_the_caches());
  Latencies recorded(calls), copied(calls), clock(calls);
  std::vector<float> row(bank.neurons());
  std::mt19937 coin(static_cast<unsigned>(calls));

  const Stopwatch watch;
  std::int64_t t = 0;
  for (std::size_t i = 0; i < 2 * calls; ++i) {
    const auto source = bank.row(i);
    std::memcpy(row.data(), source.data(), bank.row_bytes());
    if ((coin() & 1) != 0) {
      recorded.time(1, [&] { voltage.record(t, row); });
      ++t;
    } else {
      std::byte* const to = cold.next(bank.row_bytes());
      copied.time(1, [&] {
        std::memcpy(to, row.data(), bank.row_bytes());
        benchmark::DoNotOptimize(to);
        benchmark::ClobberMemory();
      });
    }
    clock.time(1, [] {});
  }
  const double seconds = watch.seconds();

  if (experiment.stats().total.waits != 0) throw std::runtime_error("the ring was full: this measured the disk");
  episode.finish();
  experiment.close();
  recorded.report(figures);
  copied.report(figures, "memcpy_");
  clock.report(figures, "clock_");
  figures["x_memcpy"] = recorded.at(0.5) / copied.at(0.5);
  return seconds;
}

}  // namespace

void register_benchmarks() {
  for (const std::size_t neurons : {std::size_t{1'000}, std::size_t{10'000}, std::size_t{100'000}}) {
    const auto bank =
        std::make_shared<const RowBank>(neurons, options().pick<std::size_t>(2'000'000, 40'000'000, 40'000'000));
    // So many that the ring (500 MB) holds them all even if no worker ever ran.
    const std::size_t calls = options().pick<std::size_t>(4'000'000, 80'000'000, 200'000'000) / bank->row_bytes();
    add("record/" + std::to_string(neurons), [=](Figures& f) { return measure(f, *bank, calls); });
  }
}

}  // namespace neurotape::bench
