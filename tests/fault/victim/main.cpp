// Records values that a judge can compute, and tells through standard output what it knows to be safe. Dies, or meets
// errors, as it is told to.
//
//   fault_victim DIRECTORY [codec=blosc:lz4:5] [durability=process] [on_disk_error=stop] [streams=2] [width=16] [beats=6] [rows=40]
//                [small=3] [deed=kill] [at=17] [times=1] [errno=28] [call=pwrite] [recover=RUN]
//
// Lines: {"episode": N, "rows": {stream: rows}} what a flush has committed; {"finished": N} committed as a whole;
// {"error": text} what close() threw or on_error was told; {"calls": N} of all that changed files; {"closed": true}.

#include <cstdio>
#include <iostream>
#include <map>
#include <neurotape/neurotape.hpp>
#include <unistd.h>

#include "tests/fault/victim/faults.hpp"
#include "tests/fault/victim/operation_log.hpp"

namespace {

using namespace neurotape;
using nlohmann::json;

fault::OperationLog* operation_log = nullptr;

/// At once and whole, so that nothing is told that has not happened.
void tell(const json& line) {
  if (operation_log != nullptr) operation_log->note(line);
  const std::string text = line.dump() + "\n";
  if (::write(STDOUT_FILENO, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::_Exit(3);
}

std::map<std::string, std::string> options_of(int argc, char** argv) {
  std::map<std::string, std::string> options{{"codec", "blosc:lz4:5"},
                                             {"streams", "2"},
                                             {"width", "16"},
                                             {"beats", "6"},
                                             {"rows", "40"},
                                             {"small", "3"},
                                             {"deed", "none"},
                                             {"at", "0"},
                                             {"times", "1"},
                                             {"errno", "28"},
                                             {"call", ""},
                                             {"durability", "process"},
                                             {"on_disk_error", "stop"},
                                             {"recover", ""},
                                             {"log", ""}};
  for (int i = 2; i < argc; ++i) {
    const std::string text = argv[i];
    const auto equals = text.find('=');
    if (!options.contains(text.substr(0, equals))) throw std::invalid_argument("what is " + text);
    options[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return options;
}

fault::Plan plan_of(std::map<std::string, std::string>& options) {
  static const std::map<std::string, fault::Deed> deeds{{"none", fault::Deed::none}, {"count", fault::Deed::fail},
                                                        {"kill", fault::Deed::kill}, {"tear", fault::Deed::tear},
                                                        {"fail", fault::Deed::fail}, {"shorten", fault::Deed::shorten}};
  fault::Plan plan{deeds.at(options["deed"]), std::stoull(options["at"]), std::stoull(options["times"]),
                   std::stoi(options["errno"]), options["call"]};
  if (options["deed"] == "count") plan.at = UINT64_MAX;
  return plan;
}

/// One of everything: dense streams of 16 values, spikes, rewards, weight changes, events.
class Recording {
 public:
  Recording(Experiment& experiment, int streams, std::size_t width)
      : width_(width),
        experiment_(experiment),
        episode_(experiment.start_episode({.seed = 7, .attributes = {{"maze", "T"}}})) {
    for (int i = 0; i < streams; ++i) add_stream();
    spikes_.emplace(episode_.spikes("p"));
    rewards_.emplace(episode_.rewards());
    weights_.emplace(episode_.weight_changes());
  }

  void add_stream() {
    const auto name = "v" + std::to_string(dense_.size());
    dense_.push_back(episode_.neural_state<float>(name, {width_}, {.chunk_rows = 32}));
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
  Experiment& experiment_;
  Episode episode_;
  std::vector<DenseStream<float>> dense_;
  std::vector<std::int64_t> first_;
  std::optional<SpikeStream> spikes_;
  std::optional<RewardStream> rewards_;
  std::optional<WeightChangeStream<float>> weights_;
  std::int64_t t_ = 0;
};

void record_all(Experiment& experiment, int streams, std::size_t width, int beats, int rows, int small) {
  experiment.save_config({{"learning_rate", 0.25}});
  experiment.save_neurons({{"ids", std::vector<int>{1, 2, 3}}});
  Recording large(experiment, streams, width);
  for (int beat = 0; beat < beats; ++beat) {
    large.record(rows);
    if (beat % 3 == 2) large.add_stream();
    if (beat == 1) large.episode().set_attribute("late", beat);
    large.flush();
    for (int i = 0; beat % 2 == 1 && i < small; ++i) {
      Recording brief(experiment, 1, 16);
      brief.record(5);
      brief.finish();
      experiment.flush();
      tell({{"finished", brief.number()}, {"rows", 5}});
    }
  }
  large.finish();
  experiment.flush();
  tell({{"finished", large.number()}, {"rows", beats * rows}});
}

/// The tool's recovery, under the same faults.
void recover_it(const std::filesystem::path& run) {
  const auto report = recover(run);
  tell({{"recovered", report.recovered.size()}, {"unreadable", report.unreadable}, {"closed", true}});
}

ExperimentOptions experiment_options(std::map<std::string, std::string>& options) {
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

void record_it(const std::string& directory, std::map<std::string, std::string>& options) {
  auto experiment = Experiment::create(directory, "run", experiment_options(options));
  record_all(experiment, std::stoi(options["streams"]), std::stoul(options["width"]), std::stoi(options["beats"]),
             std::stoi(options["rows"]), std::stoi(options["small"]));
  experiment.close();
  tell({{"closed", true}});
}

int run(int argc, char** argv) {
  auto options = options_of(argc, argv);
  fault::Faults faults(plan_of(options));
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
  tell({{"calls", faults.calls()}});
  return status;
}

}  // namespace

int main(int argc, char** argv) try { return argc < 2 ? 2 : run(argc, argv); } catch (const std::exception& error) {
  std::cerr << "fault_victim: " << error.what() << "\n";
  return 2;
}
