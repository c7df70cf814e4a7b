// Question: what do commits cost, the thread that records and the thread that writes?
//
// commit/<durability>  10,000 float32 values a row, 10,000 rows a second (400 MB/s), one commit a second
// peer/no_commits      the same, with the only commit at the end
//
// Read p99.9_ns against the peer's: a commit must not be felt where rows are recorded. `writer_percent` is what commits
// take of the thread that writes: its calls of HDF5 and, with `power`, its waits for the disk. The recording thread
// computes (spins) between two rows, as a simulation does.

#include <memory>
#include <neurotape/neurotape.hpp>
#include <stdexcept>
#include <vector>

#include "bench/support/bench.hpp"
#include "bench/support/latency.hpp"
#include "bench/support/population.hpp"

namespace neurotape::bench {
namespace {

constexpr std::size_t kNeurons = 10'000;
constexpr double kRowsPerSecond = 10'000;

double record(Figures& figures, const RowBank& bank, Durability durability, std::chrono::nanoseconds interval) {
  const ScratchDirectory directory;
  auto experiment =
      Experiment::create(directory.path(), "commit",
                         {.codec = Codec::blosc("lz4", 5), .commit_interval = interval, .durability = durability});
  auto episode = experiment.start_episode();
  auto voltage = episode.neural_state<float>("membrane_potential", {kNeurons});
  const auto rows = static_cast<std::size_t>(kRowsPerSecond * options().pick(0.2, 1.5, 6.5));
  Latencies recorded(rows);
  std::vector<float> row(kNeurons);
  const Stopwatch watch;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto source = bank.row(i);
    row.assign(source.begin(), source.end());
    while (watch.seconds() < static_cast<double>(i) / kRowsPerSecond) {
    }
    recorded.time(1, [&] { voltage.record(static_cast<std::int64_t>(i), row); });
  }
  const double seconds = watch.seconds();
  const Stats stats = experiment.stats();
  episode.finish();
  experiment.close();
  if (stats.total.waits != 0) throw std::runtime_error("the ring was full: this measured the disk");
  recorded.report(figures);
  figures["writer_percent"] = std::chrono::duration<double>(stats.commit_work).count() / seconds * 100;
  figures["longest_ms"] = std::chrono::duration<double, std::milli>(stats.longest_commit_time).count();
  figures["commits"] = static_cast<double>(stats.commits);
  return seconds;
}

}  // namespace

void register_benchmarks() {
  const auto bank = std::make_shared<const RowBank>(kNeurons, 40'000'000);
  using std::chrono::hours, std::chrono::seconds;
  add("commit/power", [=](Figures& f) { return record(f, *bank, Durability::power, seconds(1)); });
  add("commit/process", [=](Figures& f) { return record(f, *bank, Durability::process, seconds(1)); });
  add("peer/no_commits", [=](Figures& f) { return record(f, *bank, Durability::process, hours(1)); });
}

}  // namespace neurotape::bench
