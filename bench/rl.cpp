// Question: how many reinforcement learning episodes a second does a run take, and what do they leave on the disk?
//
// record/<threads>    the recorder: an episode each, recorded step by step by so many threads at once, `close` included
// peer/hdf5_groups    HDF5's C library in one thread: arrays kept in memory, written as a group when an episode ends,
//                     contiguous and without filters or attributes: it can do nothing less for an episode
// peer/hdf5_files     the same with a file an episode
// peer/hdf5_c/gzip:4  everything flattened by hand into one table a stream; no episodes in the file
// peer/<package>/...  Python: a group an episode
//
// The workload is *rl*: 2,000 episodes of 200 steps, 17 observations, 6 actions, a reward. Read episodes_per_s; `files`
// that are left; and `ratio`, raw bytes a stored byte: below 1 the episodes' overhead is larger than what is saved.

#include <exception>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "bench/peers/hdf5_calls.hpp"
#include "bench/peers/writers.hpp"
#include "bench/support/recorder_sink.hpp"

namespace neurotape::bench {
namespace {

void play(Experiment& experiment, const Workload& workload, std::size_t number) {
  auto episode = experiment.start_episode();
  RecordedStreams streams(episode, workload);
  for (std::size_t t = 0; t < kRlSteps; ++t) streams.record(static_cast<std::int64_t>(t), number * kRlSteps + t);
  episode.finish();
}

double record(Figures& figures, const Job& job, std::size_t threads) {
  const ScratchDirectory directory;
  const std::size_t episodes = job.steps / kRlSteps;
  std::vector<std::exception_ptr> errors(threads);
  const Costs costs;
  const Stopwatch watch;
  auto experiment = Experiment::create(directory.path(), "rl", {.durability = Durability::process});
  {
    std::vector<std::jthread> pool;
    for (std::size_t i = 0; i < threads; ++i) {
      pool.emplace_back([&, i] {
        try {
          for (std::size_t number = i; number < episodes; number += threads) play(experiment, *job.workload, number);
        } catch (...) {
          errors[i] = std::current_exception();
        }
      });
    }
  }
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
  experiment.close();
  const double seconds = watch.seconds();
  check_all_recorded(experiment);
  costs.report(figures, job, seconds, directory);
  figures["episodes_per_s"] = static_cast<double>(episodes) / seconds;
  return seconds;
}

/// Keeps an episode in memory and writes it when it ends: a group of one file, or a file.
class Hdf5Episodes : public Sink {
 public:
  Hdf5Episodes(const Job& job, std::filesystem::path directory, bool groups)
      : columns_(columns_of(job)), values_(columns_.size()), workload_(job.workload), directory_(std::move(directory)) {
    if (groups) file_ = std::make_unique<Hdf5Id>(create_hdf5(directory_ / "peer.h5"));
  }

  void record(std::int64_t t, std::size_t step) override {
    const auto within = t % static_cast<std::int64_t>(kRlSteps);
    for_each_piece(*workload_, within, step, timesteps_, [this](std::size_t column, auto bytes) {
      values_[column].insert(values_[column].end(), bytes.begin(), bytes.end());
    });
    if (within + 1 == kRlSteps) write(fmt::format("episode_{:04}", number_++));
  }
  void close() override { file_.reset(); }

 private:
  void write(const std::string& name) {
    const Hdf5Id place = file_ ? create_group(*file_, name) : create_hdf5(directory_ / (name + ".h5"));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      auto path = columns_[i].name;
      std::replace(path.begin(), path.end(), '/', ':');  // all in one group: one call less
      std::vector<hsize_t> extent{kRlSteps};
      if (columns_[i].width > 1) extent.push_back(columns_[i].width);
      write_hdf5(place, path.c_str(), hdf5_type(columns_[i].dtype), extent, values_[i].data());
      values_[i].clear();
    }
  }

  std::vector<Column> columns_;
  std::vector<std::vector<std::byte>> values_;
  std::shared_ptr<const Workload> workload_;
  std::filesystem::path directory_;
  std::unique_ptr<Hdf5Id> file_;
  std::vector<std::int64_t> timesteps_;
  std::size_t number_ = 0;
};

MakeSink hdf5_episodes(bool groups) {
  return [groups](const Job& job, const std::filesystem::path& directory) {
    return std::make_unique<Hdf5Episodes>(job, directory, groups);
  };
}

}  // namespace

void register_benchmarks() {
  constexpr std::uint64_t kSlow = 5;
  const std::size_t episodes = options().pick<std::size_t>(20, 500, 2'000);
  const auto rl = std::make_shared<const Workload>(make_rl(episodes));
  Writers writers(rl, episodes * kRlSteps);
  writers.also_per_second("episodes", kRlSteps);
  for (const std::size_t threads : {1, 8})
    add(fmt::format("record/{}", threads), [=, job = writers.job()](Figures& f) { return record(f, job, threads); });
  writers.add("peer/hdf5_groups", hdf5_episodes(true));
  writers.add("peer/hdf5_files", hdf5_episodes(false));
  writers.add("peer/hdf5_c/gzip:4", batched(hdf5_store("gzip:4")));
  writers.add_python("h5py", "gzip:4", "episodes", kSlow);
  writers.add_python("h5py", "none", "episodes", kSlow);
  writers.add_python("tables", "blosc", "episodes", kSlow);
  writers.add_python("zarr", "blosc", "episodes", kSlow * 2);
}

}  // namespace neurotape::bench
