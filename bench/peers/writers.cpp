#include "bench/peers/writers.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <thread>

#include "bench/peers/hdf5_calls.hpp"
#include "bench/peers/python_peer.hpp"

namespace neurotape::bench {
namespace {

// zlib is slow enough to be known from a part of the steps.
constexpr std::uint64_t kSlow = 10;
constexpr std::uint64_t kSlowPaced = 4;

// A process a package, for the whole program.
std::shared_ptr<PythonPeer> python(const std::string& package) {
  static std::map<std::string, std::shared_ptr<PythonPeer>> running;
  auto& peer = running[package];
  if (peer == nullptr) {
    peer = std::make_shared<PythonPeer>("write.py", package);
    if (!peer->missing().empty()) skipped(package, peer->missing());
  }
  return peer;
}

}  // namespace

void skipped(const std::string& what, const std::string& why) {
  std::fprintf(stderr, "%s is left out: %s\n", what.c_str(), why.c_str());
  benchmark::AddCustomContext("skipped " + what, why);
}

Writers::Writers(std::shared_ptr<const Workload> workload, std::uint64_t steps, std::chrono::nanoseconds interval)
    : job_{std::move(workload), steps}, interval_(interval) {}

void Writers::also_per_second(const std::string& unit, std::uint64_t steps) {
  unit_ = unit + "_per_s";
  unit_steps_ = static_cast<double>(steps);
}

void Writers::add_measured(const std::string& name, const Job& job, std::function<double(Figures&)> measure) const {
  bench::add(name, [=, measure = std::move(measure), unit = unit_, unit_steps = unit_steps_](Figures& figures) {
    const double seconds = measure(figures);
    if (!unit.empty()) figures[unit] = static_cast<double>(job.steps) / unit_steps / seconds;
    return seconds;
  });
}

void Writers::add(const std::string& name, const MakeSink& make, std::uint64_t divisor) const {
  const Job job = job_.part(interval_.count() == 0 ? divisor : std::min(divisor, kSlowPaced));
  add_measured(name, job, [=, interval = interval_](Figures& figures) {
    return interval.count() == 0 ? measure(figures, job, make) : measure_paced(figures, job, interval, make);
  });
}

void Writers::add_limits(const std::string& codec) const {
  const MakeSink loop = batched(chunk_store(Codec::parse(codec)));
  add(fmt::format("limit/{}/1", codec), loop);
  const unsigned threads = std::max(std::thread::hardware_concurrency(), 2U);
  bench::add(fmt::format("limit/{}/all", codec),
             [=, job = job_](Figures& figures) { return measure_parallel(figures, job, threads, loop); });
}

void Writers::add_c_peers() const {
  add("peer/hdf5_c/gzip:4", batched(hdf5_store("gzip:4")), kSlow);
  add("peer/fwrite", raw_files());
  if (hdf5_has(hdf5_filters("blosc"))) {
    add("peer/hdf5_c/blosc", batched(hdf5_store("blosc")));
    add("peer/own_thread/blosc", batched(own_thread(hdf5_store("blosc"))));
    add("peer/packet_table/blosc", packet_table("blosc"));
  } else {
    skipped("HDF5 C with Blosc", "HDF5 finds no Blosc plug-in");
  }
}

void Writers::add_python_peers() {
  add_python("h5py", "gzip:4", "batched", kSlow);
  add_python("h5py", "lzf", "batched", kSlowPaced);
  add_python("h5py", "blosc", "batched");
  add_python("h5py", "blosc", "rows", kSlowPaced);
  add_python("tables", "blosc", "batched");
  add_python("zarr", "blosc", "batched", kSlowPaced);
}

void Writers::add_python(const std::string& package, const std::string& filters, const std::string& way,
                         std::uint64_t divisor) {
  const auto peer = python(package);
  const auto& able = peer->abilities();
  if (std::find(able.begin(), able.end(), filters) == able.end()) return;
  if (saved_ == nullptr) {
    saved_ = std::make_shared<ScratchDirectory>();
    job_.workload->save(saved_->path());
  }
  const Job job = job_.part(divisor);
  const auto name = fmt::format("peer/{}{}/{}", package, way == "rows" ? "_rows" : "", filters);
  add_measured(name, job, [=, interval = interval_, saved = saved_](Figures& figures) {
    const ScratchDirectory directory;
    return peer->ask(figures, {{"workload", saved->path()},
                               {"directory", directory.path()},
                               {"steps", job.steps},
                               {"filters", filters},
                               {"way", way},
                               {"interval_ns", interval.count()}});
  });
}

}  // namespace neurotape::bench
