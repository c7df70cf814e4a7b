#include <chrono>
#include <cstdio>
#include <neurotape/maintenance.hpp>
#include <unistd.h>

#include "tools/commands.hpp"
#include "tools/subcommand.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

/// A line on the terminal that is written over; nothing where standard error is not a terminal.
class Progress {
 public:
  Progress() = default;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }

  void show(const Verified& so_far) {
    constexpr auto kBetween = std::chrono::milliseconds(100);
    const auto now = std::chrono::steady_clock::now();
    if (!is_terminal_ || now < next_) return;
    next_ = now + kBetween;
    shown_ = true;
    std::fprintf(stderr, "\r\x1b[K%llu episodes, %s", static_cast<unsigned long long>(so_far.episodes),
                 bytes_text(so_far.bytes).c_str());
  }

 private:
  const bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now();
};

Json describe(const Fault& fault) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  return {{"file", fault.file},
          {"episode", or_null(fault.episode)},
          {"stream", or_null(fault.stream)},
          {"column", or_null(fault.column)},
          {"chunk", fault.chunk ? Json(*fault.chunk) : Json()},
          {"first_timestep", fault.timesteps ? Json(fault.timesteps->first) : Json()},
          {"last_timestep", fault.timesteps ? Json(fault.timesteps->last) : Json()},
          {"what", fault.what}};
}

constexpr unsigned kMostJobs = 1024;
constexpr const char* kAbout = "Reads all of a run and tells what is not as it was written";
constexpr const char* kFooter =
    R"(Decodes every chunk behind its checksum, and checks lengths of columns, the order of
timesteps, gaps, commits, attributes, segments, network, and that the index names what is
there. Of an unfinished episode the committed rows are judged, as of a run that is being
recorded. Writes nothing; after a fault it goes on.

Examples:
  neurotape verify experiments/cartpole_20261120_101500
  neurotape verify experiments/cartpole_20261120_101500/episodes/episode_0003.h5
  neurotape verify --json RUN | jq -r '.faults[] | [.episode, .stream, .what] | @tsv'

Columns: chunk counts chunks of the column in order of their rows, from 0; timesteps are
those of the rows that the fault concerns. "-": does not apply, or cannot be told.
Exit status: 0 sound, 1 faults, 2 when it could not look.)";

struct Arguments : RunArguments {
  unsigned jobs = 0;
  int execute() const {
    const auto report = verify_run(path, jobs);
    const int status = answer(report, as_json, verification_text);
    return status == 0 && !report["sound"].get<bool>() ? kNo : status;
  }
};

}  // namespace

Json verify_run(const std::string& run, unsigned jobs) {
  VerifyReport report;
  {
    Progress progress;
    report = verify(
        run, {.jobs = jobs, .trust = Trust::none, .prober = kOwnProber, .on_progress = [&](const Verified& so_far) {
                progress.show(so_far);
              }});
  }
  Json faults = Json::array();
  for (const auto& fault : report.faults) faults.push_back(describe(fault));
  const auto& checked = report.checked;
  return {{"run", report.path.string()}, {"sound", report.faults.empty()}, {"being_recorded", report.being_recorded},
          {"files", checked.files},      {"episodes", checked.episodes},   {"unfinished", checked.unfinished},
          {"streams", checked.streams},  {"rows", checked.rows},           {"chunks", checked.chunks},
          {"bytes", checked.bytes},      {"faults", std::move(faults)},    {"left_behind", report.left_behind}};
}

std::string verification_text(const Json& report) {
  const auto faults = report["faults"].size();
  std::string text = plain(report["run"]) + ": " +
                     (faults == 0 ? colored(Color::good, "sound") : colored(Color::bad, count_text(faults, "fault"))) +
                     "\n";
  for (const char* what : {"file", "episode", "stream", "row", "chunk"})
    text += count_text(report[what + std::string("s")].get<std::uint64_t>(), what) + ", ";
  text += bytes_text(report["bytes"].get<std::uint64_t>()) + "\n";
  if (report["being_recorded"].get<bool>()) text += "being recorded: judged as of the last commits\n";
  if (const auto unfinished = report["unfinished"].get<std::uint64_t>(); unfinished != 0)
    text += std::to_string(unfinished) + " unfinished, judged as of the last commit\n";
  for (const auto& name : report["left_behind"])
    text += "left behind by a recorder that died (neurotape recover tidies): " + plain(name) + "\n";
  Table table({"file", "episode", "stream", "column", ">chunk", "timesteps", "fault"});
  for (const auto& fault : report["faults"])
    table.add({plain(fault["file"]), plain(fault["episode"]), plain(fault["stream"]), plain(fault["column"]),
               plain(fault["chunk"]), timesteps_text(fault), plain(fault["what"])});
  return report["faults"].empty() ? text : text + "\n" + table.to_string();
}

Subcommand add_verify(CLI::App& app) {
  return declare<Arguments>(app, "verify", kAbout, kFooter, [](CLI::App& command, Arguments& arguments) {
    arguments.add_run(command);
    arguments.add_json(command);
    command.add_option("--jobs", arguments.jobs, "Threads that decode; as many as the machine has if not given")
        ->check(CLI::Range(1U, kMostJobs));
  });
}

}  // namespace neurotape::tools
