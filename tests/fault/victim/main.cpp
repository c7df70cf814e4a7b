// Records values that a judge can compute, and tells through standard output what it knows to be safe. Dies, or meets
// errors, as it is told to.
//
//   fault_victim serve
//   fault_victim DIRECTORY [codec=blosc:lz4:5] [durability=process] [on_disk_error=stop] [streams=2] [lanes=6]
//                [width=16] [beats=6] [rows=40] [small=3] [open=0] [paced=no] [flushes=no] [interval=0] [late=1]
//                [chunk_rows=32] [threads=4] [deed=kill] [at=17] [times=1] [errno=28] [call=pwrite] [page=3]
//                [nan=0] [resume=RUN] [recover=RUN] [verify=RUN]
//
// beats=0: until standard input says something or ends. paced=yes: every beat waits for a line of it. open: episodes
// that are recorded beside the large one, all at once. interval: commits each so many milliseconds, and no flush before
// the end: committed_timestep() says what is safe. nan=7: every seventh row of the first stream has a NaN, and is rejected.
// resume: more episodes of a run that is there.
//
// Lines: {"episode": N, "rows": {stream: rows}} what a flush has committed; {"finished": N} committed as a whole;
// {"error": text} what close() threw or on_error was told; {"calls": N} of all that changed files; {"closed": true};
// {"faults": [text]} what verify() found; {"stats": {...}} at the end.

#include <chrono>
#include <cstdio>
#include <deque>
#include <iostream>
#include <map>
#include <neurotape/neurotape.hpp>
#include <poll.h>
#include <thread>
#include <unistd.h>

#include "tests/fault/served.hpp"
#include "tests/fault/victim/faults.hpp"
#include "tests/fault/victim/operation_log.hpp"
#include "tests/fault/victim/options.hpp"
#include "tests/fault/victim/recording.hpp"

namespace {

using namespace neurotape;

fault::OperationLog* operation_log = nullptr;

void tell(const nlohmann::json& line) {
  if (operation_log != nullptr) operation_log->note(line);
  fault::tell(line);
}

fault::Options options_of(int argc, char** argv) {
  return fault::options_of(argc, argv,
                           fault::with_no_fault({{"codec", "blosc:lz4:5"},
                                                 {"streams", "2"},
                                                 {"lanes", "1"},
                                                 {"width", "16"},
                                                 {"beats", "6"},
                                                 {"rows", "40"},
                                                 {"small", "3"},
                                                 {"flushes", "yes"},
                                                 {"paced", "no"},
                                                 {"late", "1"},
                                                 {"chunk_rows", "32"},
                                                 {"threads", "1"},
                                                 {"open", "0"},
                                                 {"interval", "0"},
                                                 {"nan", "0"},
                                                 {"resume", ""},
                                                 {"verify", ""},
                                                 {"durability", "process"},
                                                 {"on_disk_error", "stop"},
                                                 {"recover", ""},
                                                 {"log", ""}}));
}

struct Workload {
  explicit Workload(fault::Options& options)
      : streams(std::stoi(options["streams"])),
        lanes(std::stoi(options["lanes"])),
        width(std::stoul(options["width"])),
        chunk_rows(std::stoul(options["chunk_rows"])),
        beats(std::stoi(options["beats"])),
        rows(std::stoi(options["rows"])),
        small(std::stoi(options["small"])),
        late(std::stoi(options["late"])),
        open(std::stoi(options["open"])),
        nan(std::stoi(options["nan"])),
        is_timed(options["interval"] != "0"),
        flushes(options["flushes"] == "yes" && !is_timed),
        paced(options["paced"] == "yes") {}

  int streams;
  int lanes;  ///< of spikes and of the first dense stream, each with a thread
  std::size_t width;
  std::uint64_t chunk_rows;
  int beats;  ///< of the large episode: so many rows, then a flush
  int rows;
  int small;  ///< short episodes in every second beat
  int late;   ///< streams that are declared in every third beat
  int open;   ///< episodes beside the large one
  int nan;    ///< of so many rows of the large one's first stream
  bool is_timed;
  bool flushes;
  bool paced;
};

bool told_to_stop(bool paced) {
  if (std::string line; paced) return !std::getline(std::cin, line);
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, 0) != 0;
}

/// Rows one at a time, each commit told as it is seen; ends when all of them are committed.
void record_timed(Experiment& experiment, fault::Recording& recording, int rows) {
  auto told = recording.committed();
  const auto look = [&] {
    if (auto committed = recording.committed(); committed != told) tell(told = std::move(committed));
  };
  for (int i = 0; i < rows; ++i) {
    recording.record(1);
    look();
  }
  experiment.flush();
  look();
}

/// Finishes it, and tells when that is committed.
void finish(Experiment& experiment, fault::Recording& recording, int rows) {
  recording.finish();
  experiment.flush();
  tell({{"finished", recording.number()}, {"rows", rows}, {"attributes", recording.attributes()}});
}

void record_all(Experiment& experiment, const Workload& work) {
  constexpr int kBeatsWithNewStreams = 12;
  fault::Recording large(experiment, {work.streams, work.lanes, work.width, work.chunk_rows, work.nan});
  std::deque<fault::Recording> others;  // they do not move
  for (int i = 0; i < work.open; ++i)
    others.emplace_back(experiment, fault::Recording::Shape{.streams = 1, .chunk_rows = work.chunk_rows});
  int beat = 0;
  tell({{"lanes", work.lanes}, {"nan", work.nan}});
  for (; work.beats == 0 ? !told_to_stop(work.paced) : beat < work.beats; ++beat) {
    if (work.is_timed) {
      record_timed(experiment, large, work.rows);
    } else {
      large.record(work.rows);
    }
    for (auto& other : others) other.record(work.rows);
    const bool is_for_long = work.beats == 0 && beat >= kBeatsWithNewStreams;
    for (int i = 0; beat % 3 == 2 && !is_for_long && i < work.late; ++i) large.add_stream();
    if (beat == 1) large.set_attribute("late", beat);
    if (work.flushes) {
      experiment.flush();
      tell(large.rows());
      for (const auto& other : others) tell(other.rows());
    }
    for (int i = 0; beat % 2 == 1 && i < work.small; ++i) {
      fault::Recording brief(experiment, {.streams = 1});
      brief.record(5);
      finish(experiment, brief, 5);
    }
  }
  for (auto& other : others) finish(experiment, other, beat * work.rows);
  finish(experiment, large, beat * work.rows);
}

/// The tool's recovery, under the same faults.
void recover_it(const std::filesystem::path& run) {
  const auto report = recover(run);
  tell({{"recovered", report.recovered.size()}, {"unreadable", report.unreadable}, {"closed", true}});
}

void verify_it(const std::filesystem::path& run) {
  auto faults = nlohmann::json::array();
  for (const auto& fault : verify(run, {.jobs = 1}).faults)
    faults.push_back(fault.file + " " + fault.stream + "/" + fault.column + ": " + fault.what);
  tell({{"faults", faults}, {"closed", true}});
}

ExperimentOptions experiment_options(fault::Options& options) {
  static const std::map<std::string, OnDiskError> policies{
      {"stop", OnDiskError::stop}, {"wait", OnDiskError::wait}, {"drop", OnDiskError::drop}};
  const std::chrono::milliseconds interval(std::stol(options["interval"]));
  return {.n_workers = 1,
          .codec = Codec::parse(options["codec"]),
          .commit_interval = interval.count() == 0 ? std::chrono::hours(1) : interval,
          .durability = options["durability"] == "power" ? Durability::power : Durability::process,
          .validate = NanPolicy::reject,
          .on_disk_error = policies.at(options["on_disk_error"]),
          .on_error = [](const Error& error) {
            tell({{"error", error.what()}});
          }};
}

void tell_stats(const Stats& stats) {
  tell({{"stats",
         {{"offered", stats.total.rows_offered},
          {"recorded", stats.total.rows_recorded},
          {"dropped", stats.total.rows_dropped},
          {"committed", stats.total.rows_committed},
          {"last_error", stats.last_error}}}});
}

void record_it(const std::string& directory, fault::Options& options) {
  const bool resumes = !options["resume"].empty();
  auto experiment = resumes ? Experiment::open(options["resume"], experiment_options(options))
                            : Experiment::create(directory, "run", experiment_options(options));
  if (!resumes) {
    experiment.save_config({{"learning_rate", 0.25}});
    experiment.save_neurons({{"ids", std::vector<int>{1, 2, 3}}});
  }
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < std::stoi(options["threads"]); ++i)
      others.emplace_back([&] { record_all(experiment, Workload(options)); });
    record_all(experiment, Workload(options));
  }
  try {
    experiment.close();
  } catch (const Error&) {
    tell_stats(experiment.stats());
    throw;
  }
  tell_stats(experiment.stats());
  tell({{"closed", true}});
}

int run(int argc, char** argv) {
  auto options = options_of(argc, argv);
  fault::Faults faults(fault::plan_of(options));
  std::optional<fault::OperationLog> log;
  if (!options["log"].empty()) operation_log = &log.emplace(options["log"], faults);
  const io::Replaced replaced(log ? static_cast<io::Operations&>(*log) : faults);
  int status = 0;
  try {
    if (!options["verify"].empty()) {
      verify_it(options["verify"]);
    } else if (!options["recover"].empty()) {
      recover_it(options["recover"]);
    } else {
      record_it(argv[1], options);
    }
  } catch (const Error& error) {
    tell({{"error", error.what()}, {"thrown", true}});
    status = 1;
  }
  tell(faults.counted());
  return status;
}

int program(int argc, char** argv) try { return argc < 2 ? 2 : run(argc, argv); } catch (const std::exception& error) {
  std::cerr << "fault_victim: " << error.what() << "\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) { return neurotape::fault::run_or_serve(argc, argv, program); }
