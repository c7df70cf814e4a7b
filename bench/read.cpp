// Question: how long does it take to load what was recorded: all of it, a slice of time, one neuron?
//
// loader/<what>/<codec>  neurotape: open the run, read        peer/h5py/<what>/<codec>  h5py: open the episode's file, read
//
//   dense, spikes              a whole stream into new arrays: first touches of their memory are a good part of it
//   dense_into, spikes_into    the same into arrays that were touched before
//   dense_slice, spikes_slice  the timesteps of one hundredth of the recording, in its middle
//   trace, neuron              all values of one neuron; all spikes of one neuron
//   trace_packed, neuron_packed   the same of the run packed with `--layout traces --by-neuron`; of the loader alone
//
// The streams are the potentials of *cortex* and the spikes of *spikes*. Both read the same file, that this program
// recorded, from the page cache; h5py is asked in a process of its own, in turn with the loader, and times itself. Read
// `ms` against h5py's, and MB_per_cpu_s. Both must find the same number of rows, which is checked.

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <neurotape/neurotape.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/peers/python_peer.hpp"
#include "bench/peers/writers.hpp"
#include "bench/support/process.hpp"
#include "bench/support/recorder_sink.hpp"

namespace neurotape::bench {
namespace {

constexpr std::uint64_t kTraced = 4'711;  ///< a neuron of cortex

struct Recording {
  ScratchDirectory directory;
  std::filesystem::path run, packed, file;
  std::uint64_t dense_steps = 0, spike_steps = 0;
  std::uint64_t spiking = 0;  ///< a neuron of spikes, one that fired
  // The caller's own memory.
  std::vector<std::int64_t> timesteps, spike_timesteps;
  std::vector<float> values;
  std::vector<std::uint32_t> ids;
};

/// A half-open range of timesteps: the hundredth in the middle of so many.
struct Slice {
  std::int64_t first = 0, end = 0;
  explicit Slice(std::uint64_t steps)
      : first(static_cast<std::int64_t>(steps / 2)),
        end(first + static_cast<std::int64_t>(std::max<std::uint64_t>(steps / 100, 1))) {}
};

std::shared_ptr<Recording> make_recording(const Job& dense, const Job& spikes, const Codec& codec) {
  auto recording = std::make_shared<Recording>();
  auto experiment =
      Experiment::create(recording->directory.path(), "read", {.codec = codec, .durability = Durability::process});
  auto episode = experiment.start_episode();
  for (const Job& job : {dense, spikes}) {
    RecordedStreams streams(episode, *job.workload);
    for (std::uint64_t t = 0; t < job.steps; ++t)
      streams.record(static_cast<std::int64_t>(t), t % job.workload->steps());
  }
  episode.finish();
  experiment.close();
  recording->run = experiment.path();
  recording->packed = recording->directory.path() / "packed.h5";
  pack(recording->run, recording->packed, {.layout = Layout::traces, .by_neuron = true});
  recording->file = Run(recording->run).episode(0).file();
  recording->dense_steps = dense.steps;
  recording->spike_steps = spikes.steps;
  recording->spiking = spikes.workload->series[0].values<std::uint32_t>(0, 0)[0];
  const auto spike_rows = Run(recording->run).episode(0).spikes("all").rows();
  recording->spike_timesteps.assign(spike_rows, 1);
  recording->ids.assign(spike_rows, 1);
  recording->timesteps.assign(dense.steps, 1);
  recording->values.assign(dense.steps * dense.workload->series[0].fields[0].width, 1.0F);
  return recording;
}

using Read = std::size_t (*)(const EpisodeReader&, Recording&);  ///< returns the rows it found

std::size_t read_trace(const EpisodeReader& e, Recording&) {
  return e.neural_state<float>("v").columns({kTraced}).all().timesteps.size();
}
std::size_t read_neuron(const EpisodeReader& e, Recording& r) {
  return e.spikes<std::uint32_t>("all").of({r.spiking}).all().timesteps.size();
}

const std::map<std::string, Read>& readers() {
  static const std::map<std::string, Read> all{
      {"dense", [](const EpisodeReader& e, Recording&) { return e.neural_state<float>("v").all().timesteps.size(); }},
      {"dense_into",
       [](const EpisodeReader& e, Recording& r) {
         const auto stream = e.neural_state<float>("v");
         stream.read_into({0, stream.rows()}, r.timesteps, r.values);
         return static_cast<std::size_t>(stream.rows());
       }},
      {"dense_slice",
       [](const EpisodeReader& e, Recording& r) {
         const Slice slice(r.dense_steps);
         return e.neural_state<float>("v").between(slice.first, slice.end).timesteps.size();
       }},
      {"trace", read_trace},
      {"trace_packed", read_trace},
      {"spikes",
       [](const EpisodeReader& e, Recording&) { return e.spikes<std::uint32_t>("all").all().timesteps.size(); }},
      {"spikes_into",
       [](const EpisodeReader& e, Recording& r) {
         const auto stream = e.spikes<std::uint32_t>("all");
         stream.read_into({0, stream.rows()}, r.spike_timesteps, r.ids);
         return static_cast<std::size_t>(stream.rows());
       }},
      {"spikes_slice",
       [](const EpisodeReader& e, Recording& r) {
         const Slice slice(r.spike_steps);
         return e.spikes<std::uint32_t>("all").between(slice.first, slice.end).timesteps.size();
       }},
      {"neuron", read_neuron},
      {"neuron_packed", read_neuron},
  };
  return all;
}

void report(Figures& figures, const Recording& recording, const std::string& what, std::size_t rows, double seconds,
            double processor) {
  const std::size_t values = recording.values.size() / recording.timesteps.size();
  const std::size_t row_bytes = sizeof(std::int64_t) + sizeof(float) * (what.starts_with("dense") ? values : 1);
  figures["ms"] = seconds * 1e3;
  figures["rows"] = static_cast<double>(rows);
  figures["MB_per_cpu_s"] = static_cast<double>(rows * row_bytes) / processor * 1e-6;
}

bool is_packed(const std::string& what) { return what.ends_with("_packed"); }

double load(Figures& figures, Recording& recording, const std::string& what) {
  const auto& path = is_packed(what) ? recording.packed : recording.run;
  const double processor = processor_seconds();
  const Stopwatch watch;
  const std::size_t rows = readers().at(what)(Run(path).episode(0), recording);
  const double seconds = watch.seconds();
  report(figures, recording, what, rows, seconds, processor_seconds() - processor);
  return seconds;
}

double ask(Figures& figures, PythonPeer& peer, Recording& recording, const std::string& what) {
  const Slice slice(what.starts_with("dense") ? recording.dense_steps : recording.spike_steps);
  const double seconds = peer.ask(figures, {{"file", recording.file},
                                            {"what", what},
                                            {"first", slice.first},
                                            {"end", slice.end},
                                            {"neuron", what == "trace" ? kTraced : recording.spiking}});
  const auto rows = readers().at(what)(Run(recording.run).episode(0), recording);
  if (figures["rows"] != static_cast<double>(rows))
    throw std::runtime_error("h5py and the loader found different rows");
  report(figures, recording, what, rows, seconds, figures["cpu_s"]);
  return seconds;
}

}  // namespace

void register_benchmarks() {
  const std::size_t steps = options().pick<std::size_t>(50, 1'000, 3'000);
  auto potentials = std::make_shared<Workload>(make_cortex(steps));
  potentials->series.erase(potentials->series.begin() + 1, potentials->series.end());
  const auto spikes = std::make_shared<const Workload>(make_spikes(options().pick<std::size_t>(20, 300, 2'000)));
  const Job dense{potentials, options().pick<std::uint64_t>(200, 2'000, 25'000)};
  const Job sparse{spikes, options().pick<std::uint64_t>(200, 5'000, 50'000)};
  const auto peer = std::make_shared<PythonPeer>("read.py", "h5py");
  if (!peer->missing().empty()) skipped("h5py", peer->missing());
  for (const char* codec : {"blosc:lz4:5", "gzip:1"}) {
    const auto recording = make_recording(dense, sparse, Codec::parse(codec));
    for (const auto& reader : readers()) {
      const std::string what = reader.first;
      add(fmt::format("loader/{}/{}", what, codec), [=](Figures& f) { return load(f, *recording, what); });
      if (peer->abilities().empty() || is_packed(what)) continue;
      add(fmt::format("peer/h5py/{}/{}", what, codec), [=](Figures& f) { return ask(f, *peer, *recording, what); });
    }
  }
}

}  // namespace neurotape::bench
