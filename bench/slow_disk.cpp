// Question: how much memory does a recorder take when the disk is slower than the simulation?
//
// record/<streams>  so many streams (dense rows, spikes, changes of weights) on 8 threads, a memory cap of 64 MB,
//                   and a disk that takes 60 MB a second: every lane waits, the ring is full all the time
//
// Read peak_MiB and end_MiB (growth of the resident memory of the process, threads, HDF5 and codecs included,
// since before `create`) against limit_MiB: the cap and 64 MiB. The disk is made slow where it is reached: this
// program has its own pwrite. Each measurement is a process of its own, as memory that was freed may stay resident.

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <neurotape/neurotape.hpp>
#include <stdexcept>
#include <string>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "bench/support/bench.hpp"
#include "bench/support/child.hpp"
#include "bench/support/population.hpp"
#include "bench/support/process.hpp"

namespace {

constexpr double kDiskBytesPerSecond = 60e6;

/// One disk, whoever writes to it.
class SlowDisk {
 public:
  void switch_on() { on_ = true; }
  double bytes() const { return static_cast<double>(bytes_.load()); }

  void take(ssize_t bytes) {
    if (!on_ || bytes <= 0) return;
    bytes_ += bytes;
    const std::lock_guard lock(mutex_);
    std::this_thread::sleep_for(std::chrono::duration<double>(static_cast<double>(bytes) / kDiskBytesPerSecond));
  }

 private:
  std::atomic<bool> on_{false};
  std::atomic<ssize_t> bytes_{0};
  std::mutex mutex_;
};
SlowDisk disk;

ssize_t slow_pwrite(int file, const void* bytes, std::size_t count, off_t offset) {
  const auto written = static_cast<ssize_t>(::syscall(SYS_pwrite64, file, bytes, count, offset));
  disk.take(written);
  return written;
}

}  // namespace

// These take the place of the C library's, for HDF5 too.
extern "C" {
ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset) {
  return slow_pwrite(file, bytes, count, offset);
}
ssize_t pwrite64(int file, const void* bytes, std::size_t count, off_t offset) {
  return slow_pwrite(file, bytes, count, offset);
}
}

namespace neurotape::bench {
namespace {

constexpr std::size_t kCap = 64'000'000;
constexpr std::size_t kNeurons = 1'000;
constexpr int kThreads = 8;

struct Result {
  double seconds = 0, peak = 0, end = 0, waits = 0;
};

/// What one thread records: of each group of four streams two are dense, one is sparse, one has four columns.
void simulate(Episode& episode, const RowBank& bank, int thread, int streams, std::int64_t steps) {
  std::vector<DenseStream<float>> dense;
  std::vector<SpikeStream> spikes;
  for (int i = 0; i < streams; ++i) {
    const auto name = std::to_string(thread) + "_" + std::to_string(i);
    if (i % 4 == 3) {
      spikes.push_back(episode.spikes(name));
    } else {
      dense.push_back(episode.neural_state<float>(name, {kNeurons}));
    }
  }
  for (std::int64_t t = 0; t < steps; ++t) {
    const auto row = static_cast<std::uint64_t>(t);
    for (auto& stream : dense) stream.record(t, bank.row(row));
    for (auto& stream : spikes) stream.record(t, bank.fired(row));
  }
}

Result record(const RowBank& bank, int streams, std::int64_t steps) {
  const ScratchDirectory directory;
  const double before = status_bytes("VmRSS");
  if (!reset_peak_memory()) throw std::runtime_error("the peak of memory cannot be told here");
  disk.switch_on();
  const Stopwatch watch;
  auto experiment =
      Experiment::create(directory.path(), "slow_disk",
                         {.memory_cap = kCap, .codec = Codec::blosc("lz4", 5), .durability = Durability::process});
  auto episode = experiment.start_episode();
  {
    std::vector<std::jthread> pool;
    pool.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i)
      pool.emplace_back([&, i] { simulate(episode, bank, i, streams / kThreads, steps); });
  }
  const double end = status_bytes("VmRSS") - before;
  const auto total = experiment.stats().total;
  episode.finish();
  experiment.close();
  const double peak = status_bytes("VmHWM") - before;
  if (total.rows_dropped != 0) throw std::runtime_error("rows were dropped");
  if (disk.bytes() < directory.bytes() / 2) throw std::runtime_error("the writes did not come through the slow disk");
  return {watch.seconds(), peak, end, static_cast<double>(total.waits)};
}

double measure(Figures& figures, const RowBank& bank, int streams, std::int64_t steps) {
  constexpr double kMiB = 1024 * 1024;
  const Result result = in_a_process<Result>([&] { return record(bank, streams, steps); });
  if (options().scale != Scale::tiny && result.waits == 0)
    throw std::runtime_error("no lane waited: the disk was not slow");
  figures["peak_MiB"] = result.peak / kMiB;
  figures["end_MiB"] = result.end / kMiB;
  figures["limit_MiB"] = static_cast<double>(kCap) / kMiB + 64;
  figures["waits"] = result.waits;
  return result.seconds;
}

}  // namespace

void register_benchmarks() {
  const auto bank =
      std::make_shared<const RowBank>(kNeurons, options().pick<std::size_t>(400'000, 8'000'000, 8'000'000));
  for (const int streams : {8, 64}) {
    const std::int64_t bytes = options().pick<std::int64_t>(4'000'000, 160'000'000, 500'000'000);
    const std::int64_t steps = bytes / (streams * static_cast<std::int64_t>(bank->row_bytes()));
    add("record/" + std::to_string(streams), [=](Figures& f) { return measure(f, *bank, streams, steps); });
  }
}

}  // namespace neurotape::bench
