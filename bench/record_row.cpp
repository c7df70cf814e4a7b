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

#include <cstring>
#include <memory>
#include <neurotape/neurotape.hpp>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/support/bench.hpp"
#include "bench/support/cold_memory.hpp"
#include "bench/support/latency.hpp"
#include "bench/support/population.hpp"

namespace neurotape::bench {
namespace {

double measure(Figures& figures, const RowBank& bank, std::size_t calls) {
  const ScratchDirectory directory;
  auto experiment = Experiment::create(directory.path(), "record_row",
                                       {.codec = Codec::blosc("lz4", 5), .durability = Durability::process});
  auto episode = experiment.start_episode();
  auto voltage = episode.neural_state<float>("membrane_potential", {bank.neurons()});
  ColdMemory cold;
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
      copied.time(1, [&] { cold.copy(std::as_bytes(std::span(row))); });
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
  figures["x_memcpy_p99.9"] = recorded.at(0.999) / copied.at(0.999);
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
