// Question: how long does it take to load a dense stream whole, one per cent of it, and all spikes?
//
// loader/<what>/<codec>  neurotape: open the run, read        peer/h5py/<what>/<codec>  h5py: open the episode's file, read
//
// Both read the same file, that this program recorded, from the page cache; h5py is asked in a process of its own,
// in turn with the loader, and times itself. Read `ms` against h5py's. `whole` and `spikes` also have GB_per_s of
// the arrays that come out; both put out the same bytes, which is checked. Every read ends with new arrays: first
// touches of their memory are a good part of it on either side.

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <neurotape/neurotape.hpp>
#include <stdexcept>
#include <string>

#include "bench/support/bench.hpp"
#include "bench/support/python_peer.hpp"
#include "bench/support/workload.hpp"

namespace neurotape::bench {
namespace {

constexpr std::size_t kNeurons = 10'000;

struct Recording {
  ScratchDirectory directory;
  std::filesystem::path run;
  std::filesystem::path file;
  std::int64_t steps = 0;
  // The hundredth in the middle of it.
  std::int64_t from() const { return steps / 2; }
  std::int64_t to() const { return from() + std::max<std::int64_t>(steps / 100, 1); }
};

std::shared_ptr<const Recording> make_recording(const RowBank& bank, std::int64_t steps, const Codec& codec) {
  auto recording = std::make_shared<Recording>();
  recording->steps = steps;
  auto experiment =
      Experiment::create(recording->directory.path(), "read", {.codec = codec, .durability = Durability::process});
  auto episode = experiment.start_episode();
  auto voltage = episode.neural_state<float>("membrane_potential", {kNeurons});
  auto spikes = episode.spikes("all");
  for (std::int64_t t = 0; t < steps; ++t) {
    voltage.record(t, bank.row(static_cast<std::uint64_t>(t)));
    // Twenty populations' worth, so that spikes are not read in no time.
    for (std::uint64_t k = 0; k < 20; ++k) spikes.record(t, bank.fired(static_cast<std::uint64_t>(t) + k));
  }
  episode.finish();
  experiment.close();
  recording->run = experiment.path();
  recording->file = Run(recording->run).episode(0).file();
  return recording;
}

template <class... Arrays>
double bytes_of(const Arrays&... arrays) {
  return (static_cast<double>(arrays.size() * sizeof(*arrays.data())) + ...);
}

double load(const Recording& recording, const std::string& what) {
  const auto episode = Run(recording.run).episode(0);
  if (what == "spikes") {
    const auto spikes = episode.spikes<std::uint32_t>("all").all();
    return bytes_of(spikes.timesteps, spikes.neuron_ids);
  }
  const auto stream = episode.neural_state<float>("membrane_potential");
  const auto rows = what == "whole" ? stream.all() : stream.between(recording.from(), recording.to());
  return bytes_of(rows.timesteps, rows.values);
}

double report(Figures& figures, double seconds, double bytes) {
  figures["ms"] = seconds * 1e3;
  figures["GB_per_s"] = bytes / seconds * 1e-9;
  figures["MB"] = bytes * 1e-6;
  return seconds;
}

double ours(Figures& figures, const Recording& recording, const std::string& what) {
  const Stopwatch watch;
  const double bytes = load(recording, what);
  return report(figures, watch.seconds(), bytes);
}

double h5py(Figures& figures, PythonPeer& peer, const Recording& recording, const std::string& what) {
  const auto line = fmt::format("{} {} {} {}", recording.file.string(), what, recording.from(), recording.to());
  const auto answer = peer.ask(line);
  if (answer.bytes != load(recording, what))
    throw std::runtime_error("h5py and the loader read different numbers of bytes");
  return report(figures, answer.seconds, answer.bytes);
}

}  // namespace

void register_benchmarks() {
  const RowBank bank(kNeurons, options().pick<std::size_t>(4'000'000, 80'000'000, 200'000'000));
  const std::int64_t steps = options().pick(200, 4'000, 25'000);
  const auto peer = PythonPeer::available() ? std::make_shared<PythonPeer>("read_h5py.py") : nullptr;
  for (const char* codec : {"blosc:lz4:5", "gzip:1"}) {
    const auto recording = make_recording(bank, steps, Codec::parse(codec));
    for (const char* what : {"whole", "slice", "spikes"}) {
      add(fmt::format("loader/{}/{}", what, codec), [=](Figures& f) { return ours(f, *recording, what); });
      if (peer == nullptr) continue;
      add(fmt::format("peer/h5py/{}/{}", what, codec), [=](Figures& f) { return h5py(f, *peer, *recording, what); });
    }
  }
  if (peer == nullptr) std::fprintf(stderr, "no python3 with h5py: the loader has no peer in this run\n");
}

}  // namespace neurotape::bench
