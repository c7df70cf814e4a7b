// Records values that a judge can compute, and tells through standard output what it knows to be safe. Dies, or meets
// errors, as it is told to.
//
//   fault_victim DIRECTORY [codec=blosc:lz4:5] [durability=process] [on_disk_error=stop] [streams=2] [width=16] [beats=6] [rows=40]
//                [small=3] [paced=no] [flushes=no] [late=1] [chunk_rows=32] [threads=4] [deed=kill] [at=17] [times=1] [errno=28] [call=pwrite] [page=3] [recover=RUN]
//
// beats=0: until standard input says something or ends. paced=yes: every beat waits for a line of it.
//
// Lines: {"episode": N, "rows": {stream: rows}} what a flush has committed; {"finished": N} committed as a whole;
// {"error": text} what close() threw or on_error was told; {"calls": N} of all that changed files; {"closed": true}.

#include <cstdio>
#include <iostream>
#include <map>
#include <neurotape/neurotape.hpp>
#include <poll.h>
#include <thread>
#include <unistd.h>

#include "tests/fault/victim/faults.hpp"
#include "tests/fault/victim/operation_log.hpp"
#include "tests/fault/victim/options.hpp"

namespace {

using namespace neurotape;
using nlohmann::json;

fault::OperationLog* operation_log = nullptr;

void tell(const json& line) {
  if (operation_log != nullptr) operation_log->note(line);
  fault::tell(line);
}

fault::Options options_of(int argc, char** argv) {
  return fault::options_of(argc, argv,
                           fault::with_no_fault({{"codec", "blosc:lz4:5"},
                                                 {"streams", "2"},
                                                 {"width", "16"},
                                                 {"beats", "6"},
                                                 {"rows", "40"},
                                                 {"small", "3"},
                                                 {"flushes", "yes"},
                                                 {"paced", "no"},
                                                 {"late", "1"},
                                                 {"chunk_rows", "32"},
                                                 {"threads", "1"},
                                                 {"durability", "process"},
                                                 {"on_disk_error", "stop"},
                                                 {"recover", ""},
                                                 {"log", ""}}));
}

struct Workload {
  explicit Workload(fault::Options& options)
      : streams(std::stoi(options["streams"])),
        width(std::stoul(options["width"])),
        chunk_rows(std::stoul(options["chunk_rows"])),
        beats(std::stoi(options["beats"])),
        rows(std::stoi(options["rows"])),
        small(std::stoi(options["small"])),
        late(std::stoi(options["late"])),
        flushes(options["flushes"] == "yes"),
        paced(options["paced"] == "yes") {}

  int streams;
  std::size_t width;
  std::uint64_t chunk_rows;
  int beats;  ///< of the large episode: so many rows, then a flush
  int rows;
  int small;  ///< short episodes in every second beat
  int late;   ///< streams that are declared in every third beat
  bool flushes;
  bool paced;
};

/// One of everything: dense streams, spikes, rewards, weight changes, events.
class Recording {
 public:
  Recording(Experiment& experiment, int streams, std::size_t width, std::uint64_t chunk_rows)
      : width_(width),
        chunk_rows_(chunk_rows),
        experiment_(experiment),
        episode_(experiment.start_episode({.seed = 7, .attributes = {{"maze", "T"}}})) {
    for (int i = 0; i < streams; ++i) add_stream();
    spikes_.emplace(episode_.spikes("p"));
    rewards_.emplace(episode_.rewards());
    weights_.emplace(episode_.weight_changes());
  }

  void add_stream() {
    const auto name = "v" + std::to_string(dense_.size());
    dense_.push_back(episode_.neural_state<float>(name, {width_}, {.chunk_rows = chunk_rows_}));
    first_.push_back(t_);
  }

  void record(std::int64_t rows) {
    for (std::int64_t i = 0; i < rows; ++i, ++t_) {
      std::vector<float> row(width_);
      for (std::size_t s = 0; s < dense_.size(); ++s) {
        for (std::size_t c = 0; c < row.size(); ++c)
          row[c] = static_cast<float>(t_ * 31 + static_cast<std::int64_t>(c + s));
        dense_[s].record(t_, row);
      }
      spikes_->record(t_,
                      std::vector<std::uint32_t>{static_cast<std::uint32_t>(t_), static_cast<std::uint32_t>(t_ + 1)});
      rewards_->record(t_, static_cast<double>(t_) / 4);
      weights_->record(t_, static_cast<std::uint64_t>(t_), static_cast<float>(t_), static_cast<float>(t_) / 2);
      if (t_ % 8 == 0) episode_.log_event("mark", t_, {{"t", t_}});
    }
  }

  /// All that was recorded is committed now; tells so.
  void flush() {
    experiment_.flush();
    json rows = json::object();
    for (std::size_t s = 0; s < dense_.size(); ++s) rows["neural_states/v" + std::to_string(s)] = t_ - first_[s];
    rows["spikes/p"] = 2 * t_;
    rows["rewards"] = rows["weight_changes"] = t_;
    rows["events"] = (t_ + 7) / 8;
    tell({{"episode", episode_.number()}, {"rows", rows}, {"first", first_}});
  }

  void finish() { episode_.finish(); }
  std::uint64_t number() const { return episode_.number(); }
  Episode& episode() { return episode_; }

 private:
  std::size_t width_;
  std::uint64_t chunk_rows_;
  Experiment& experiment_;
  Episode episode_;
  std::vector<DenseStream<float>> dense_;
  std::vector<std::int64_t> first_;
  std::optional<SpikeStream> spikes_;
  std::optional<RewardStream> rewards_;
  std::optional<WeightChangeStream<float>> weights_;
  std::int64_t t_ = 0;
};

bool told_to_stop(bool paced) {
  if (std::string line; paced) return !std::getline(std::cin, line);
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, 0) != 0;
}

void record_all(Experiment& experiment, const Workload& work) {
  constexpr int kBeatsWithNewStreams = 12;
  Recording large(experiment, work.streams, work.width, work.chunk_rows);
  int beat = 0;
  for (; work.beats == 0 ? !told_to_stop(work.paced) : beat < work.beats; ++beat) {
    large.record(work.rows);
    const bool is_for_long = work.beats == 0 && beat >= kBeatsWithNewStreams;
    for (int i = 0; beat % 3 == 2 && !is_for_long && i < work.late; ++i) large.add_stream();
    if (beat == 1) large.episode().set_attribute("late", beat);
    if (work.flushes) large.flush();
    for (int i = 0; beat % 2 == 1 && i < work.small; ++i) {
      Recording brief(experiment, 1, 16, 32);
      brief.record(5);
      brief.finish();
      experiment.flush();
      tell({{"finished", brief.number()}, {"rows", 5}});
    }
  }
  large.finish();
  experiment.flush();
  tell({{"finished", large.number()}, {"rows", beat * work.rows}});
}

/// The tool's recovery, under the same faults.
void recover_it(const std::filesystem::path& run) {
  const auto report = recover(run);
  tell({{"recovered", report.recovered.size()}, {"unreadable", report.unreadable}, {"closed", true}});
}

ExperimentOptions experiment_options(fault::Options& options) {
  static const std::map<std::string, OnDiskError> policies{
      {"stop", OnDiskError::stop}, {"wait", OnDiskError::wait}, {"drop", OnDiskError::drop}};
  return {.n_workers = 1,
          .codec = Codec::parse(options["codec"]),
          .commit_interval = std::chrono::hours(1),
          .durability = options["durability"] == "power" ? Durability::power : Durability::process,
          .on_disk_error = policies.at(options["on_disk_error"]),
          .on_error = [](const Error& error) {
            tell({{"error", error.what()}});
          }};
}

void record_it(const std::string& directory, fault::Options& options) {
  auto experiment = Experiment::create(directory, "run", experiment_options(options));
  experiment.save_config({{"learning_rate", 0.25}});
  experiment.save_neurons({{"ids", std::vector<int>{1, 2, 3}}});
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < std::stoi(options["threads"]); ++i)
      others.emplace_back([&] { record_all(experiment, Workload(options)); });
    record_all(experiment, Workload(options));
  }
  experiment.close();
  tell({{"closed", true}});
}

int run(int argc, char** argv) {
  auto options = options_of(argc, argv);
  fault::Faults faults(fault::plan_of(options));
  std::optional<fault::OperationLog> log;
  if (!options["log"].empty()) operation_log = &log.emplace(options["log"]);
  const io::Replaced replaced(log ? static_cast<io::Operations&>(*log) : faults);
  int status = 0;
  try {
    if (options["recover"].empty()) {
      record_it(argv[1], options);
    } else {
      recover_it(options["recover"]);
    }
  } catch (const Error& error) {
    tell({{"error", error.what()}, {"thrown", true}});
    status = 1;
  }
  tell(faults.counted());
  return status;
}

}  // namespace

int main(int argc, char** argv) try { return argc < 2 ? 2 : run(argc, argv); } catch (const std::exception& error) {
  std::cerr << "fault_victim: " << error.what() << "\n";
  return 2;
}
