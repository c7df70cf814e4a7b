// Question: how fast, how small, and with how much memory are attention maps saved and loaded, and rows of metrics?
//
// maps/save/<level>  500 maps of 22 x 15000 in batches of 50, one worker       peer/numpy/save  numpy.savez_compressed
// maps/load          one after the other, by one thread, written at `fast`     peer/numpy/load  numpy.load of the same files
// metrics/<how>      rows of 8 numbers: flushed once a second's worth of rows ("batched"), each written ("process"), each
//                    on the disk ("power")
//
// Maps are smooth, of 0 to 1, as attention is: noise smoothed over some hundred samples, 16 of them in turn. numpy works in a process
// of its own, in turn with us, on the same maps, and times itself; neither waits for the disk (`Durability::process`).
// `ratio` is raw bytes a stored byte; `peak_MiB` what the process grew by at most while it saved, beyond a batch.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <neurotape/artifacts.hpp>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

#include "bench/peers/python_peer.hpp"
#include "bench/support/bench.hpp"
#include "bench/support/process.hpp"

namespace neurotape::bench {
namespace {

constexpr std::size_t kChannels = 22, kSamples = 15'000, kValues = kChannels * kSamples;
constexpr std::size_t kDistinct = 16, kBatch = 50, kWidth = 400;
constexpr double kMapBytes = kValues * sizeof(float);

/// The mean of the last `kWidth` samples.
void smooth(std::vector<double>& samples) {
  std::vector<double> sums(samples.size() + 1, 0);
  std::partial_sum(samples.begin(), samples.end(), sums.begin() + 1);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = (sums[i + 1] - sums[i + 1 - std::min(i + 1, kWidth)]) / kWidth;
}

std::vector<float> make_map(unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise;
  std::vector<float> map;
  for (std::size_t c = 0; c < kChannels; ++c) {
    std::vector<double> samples(kSamples);
    for (auto& value : samples) value = noise(random);
    for (int pass = 0; pass < 3; ++pass) smooth(samples);
    map.insert(map.end(), samples.begin(), samples.end());
  }
  const auto [lowest, highest] = std::minmax_element(map.begin(), map.end());
  const float low = *lowest, span = *highest - low;
  for (auto& value : map) value = (value - low) / span;
  return map;
}

struct Bank {
  ScratchDirectory directory;
  std::vector<std::vector<float>> maps;
  std::filesystem::path file() const { return directory.path() / "bank.npy"; }
};

std::shared_ptr<const Bank> make_bank() {
  auto bank = std::make_shared<Bank>();
  std::vector<float> all;
  for (unsigned i = 0; i < kDistinct; ++i) {
    bank->maps.push_back(make_map(i));
    all.insert(all.end(), bank->maps.back().begin(), bank->maps.back().end());
  }
  write_npy(bank->file(), {all, {kDistinct, kChannels, kSamples}}, Durability::process);
  return bank;
}

void save(const Bank& bank, const std::filesystem::path& directory, NpzCompression compression, std::size_t count) {
  AttentionMapOptions options;
  options.compression = compression;
  AttentionMapWriter writer(directory, options, {.durability = Durability::process, .n_workers = 1});
  for (std::size_t done = 0; done < count; done += kBatch) {
    std::vector<NpzValue> maps;
    std::vector<std::string> ids;
    for (std::size_t i = done; i < std::min(count, done + kBatch); ++i) {
      maps.emplace_back(bank.maps[i % kDistinct]);
      ids.push_back("map_" + std::to_string(i));
    }
    writer.save_batch(maps, ids);
  }
}

double maps_bytes(const std::filesystem::path& directory) {
  double bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.path().extension() == ".npz") bytes += static_cast<double>(entry.file_size());
  return bytes;
}

double report(Figures& figures, double seconds, double raw, double stored) {
  figures["MB_per_s"] = raw / seconds * 1e-6;
  if (stored != 0) figures["ratio"] = raw / stored;
  return seconds;
}

double save_ours(Figures& figures, const Bank& bank, NpzCompression compression, std::size_t count) {
  const ScratchDirectory directory;
  reset_peak_memory();
  const double before = status_bytes("VmRSS");
  const Stopwatch watch;
  save(bank, directory.path(), compression, count);
  const double seconds = watch.seconds();
  figures["peak_MiB"] = (status_bytes("VmHWM") - before) / (1 << 20);
  return report(figures, seconds, kMapBytes * static_cast<double>(count), maps_bytes(directory.path()));
}

double save_numpy(Figures& figures, PythonPeer& peer, const Bank& bank, std::size_t count) {
  const ScratchDirectory directory;
  return peer.ask(figures,
                  {{"save", bank.file().string()}, {"directory", directory.path().string()}, {"count", count}});
}

double load_ours(Figures& figures, const std::filesystem::path& directory) {
  const Stopwatch watch;
  double bytes = 0;
  for (const auto& map : AttentionMapReader(directory)) bytes += static_cast<double>(map.values.bytes().size());
  return report(figures, watch.seconds(), bytes, 0);
}

double load_numpy(Figures& figures, PythonPeer& peer, const std::filesystem::path& directory) {
  const double seconds = peer.ask(figures, {{"load", directory.string()}});
  if (figures["raw_bytes"] != kMapBytes * static_cast<double>(AttentionMapReader(directory).size()))
    throw std::runtime_error("numpy and the reader read different numbers of bytes");
  return seconds;
}

double append_rows(Figures& figures, std::int64_t rows, std::uint64_t flush_rows, Durability durability) {
  const ScratchDirectory directory;
  MetricsTable table(directory.path() / "rows.csv", {.flush_rows = flush_rows}, {.durability = durability});
  std::mt19937_64 random(1);
  std::vector<double> values(4096);
  for (auto& value : values) value = static_cast<double>(random()) * 1e-19;
  const Stopwatch watch;
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto at = [&](std::int64_t k) { return values[static_cast<std::size_t>(8 * i + k) % values.size()]; };
    table.append({{"epoch", i},
                  {"train_loss", at(1)},
                  {"val_loss", at(2)},
                  {"train_accuracy", at(3)},
                  {"val_accuracy", at(4)},
                  {"learning_rate", at(5)},
                  {"norm", at(6)},
                  {"seconds", at(7)}});
  }
  table.flush();
  const double seconds = watch.seconds();
  figures["rows_per_s"] = static_cast<double>(rows) / seconds;
  return seconds;
}

void register_maps() {
  const auto count = options().pick<std::size_t>(4, 40, 500);
  const auto bank = make_bank();
  const auto peer = std::make_shared<PythonPeer>("npz.py", "numpy");
  for (const auto& [name, level] : {std::pair{"fast", NpzCompression::fast}, {"small", NpzCompression::small}})
    add(fmt::format("maps/save/{}", name),
        [=, level = level](Figures& f) { return save_ours(f, *bank, level, count); });
  const auto saved = std::make_shared<ScratchDirectory>();
  save(*bank, saved->path(), NpzCompression::fast, count);
  add("maps/load", [=](Figures& f) { return load_ours(f, saved->path()); });
  if (!peer->missing().empty()) {
    std::fprintf(stderr, "maps have no peer in this run: %s\n", peer->missing().c_str());
    return;
  }
  add("peer/numpy/save", [=](Figures& f) { return save_numpy(f, *peer, *bank, count); });
  add("peer/numpy/load", [=](Figures& f) { return load_numpy(f, *peer, saved->path()); });
}

}  // namespace

void register_benchmarks() {
  register_maps();
  const auto rows = options().pick<std::int64_t>(100, 200'000, 2'000'000);
  add("metrics/batched", [=](Figures& f) { return append_rows(f, rows, 1'000'000, Durability::process); });
  add("metrics/process", [=](Figures& f) { return append_rows(f, rows / 10, 1, Durability::process); });
  add("metrics/power",
      [=](Figures& f) { return append_rows(f, std::max<std::int64_t>(rows / 1000, 10), 1, Durability::power); });
}

}  // namespace neurotape::bench
