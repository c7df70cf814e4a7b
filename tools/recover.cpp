#include <neurotape/maintenance.hpp>
#include <utility>

#include "tools/commands.hpp"
#include "tools/subcommand.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

Json describe(const RecoveredEpisode& episode) {
  Json streams = Json::object();
  for (const auto& [path, rows] : episode.streams)
    streams[path] = {{"rows", rows.kept}, {"uncommitted_rows", rows.uncommitted}, {"missing_rows", rows.missing}};
  return {{"episode", episode.id},
          {"file", episode.file},
          {"commit_repeated", episode.commit_repeated},
          {"bytes_freed", episode.bytes_freed},
          {"streams", std::move(streams)}};
}

constexpr const char* kAbout = "Tidies a run whose recording process died";
constexpr const char* kFooter =
    R"(Repeats the commit that was cut off, gives back reserved space, marks unfinished episodes
as "recovered", removes files that no commit names, and writes the index anew. No reader
needs it: a run can be read as it is. It can be repeated, also after it was killed itself.

rows kept are those that were committed; uncommitted ones are in the file behind them, and
are not shown by the loader. missing ones were committed, and the file does not have them any
more: the loader refuses such a stream, and other HDF5 programs read the rows kept.
Exit status: 0, or 2 when rows are missing or something could not be recovered.)";

struct Arguments : RunArguments {
  std::string copy_to;
  int execute() const { return answer(recover_run(path, copy_to), as_json, recovery_text); }
};

}  // namespace

Json recover_run(const std::string& run, const std::string& copy_to) {
  if (const auto fatal = probe_files(run, kOwnProber); !fatal.empty())
    throw Error(ErrorCode::damaged,
                std::string(fatal.front().what()) + "; nothing was changed: move the file away first");
  const auto report = recover(run, copy_to);
  Json episodes = Json::array();
  for (const auto& episode : report.recovered) episodes.push_back(describe(episode));
  Json problems = report.unreadable;
  for (const auto& error : report.missing) problems.push_back(error.what());
  return {{"run", report.run.string()},
          {"episodes", report.episodes},
          {"recovered", std::move(episodes)},
          {"removed", report.removed},
          {"problems", std::move(problems)}};
}

std::string recovery_text(const Json& report) {
  std::string text = plain(report["run"]) + ": " + count_text(report["episodes"].get<std::uint64_t>(), "episode") +
                     ", " + std::to_string(report["recovered"].size()) + " of them had been cut off\n";
  Table table({"episode", "stream", ">rows kept", ">uncommitted", ">missing", "commit repeated", ">freed"});
  for (const auto& episode : report["recovered"]) {
    bool first = true;
    for (const auto& [path, rows] : episode["streams"].items()) {
      const bool once = std::exchange(first, false);
      const auto repeated = episode["commit_repeated"].get<bool>() ? "yes" : "no";
      table.add({once ? plain(episode["episode"]) : " ", path, plain(rows["rows"]), plain(rows["uncommitted_rows"]),
                 plain(rows["missing_rows"]), once ? repeated : " ",
                 once ? bytes_text(episode["bytes_freed"].get<std::uint64_t>()) : " "});
    }
  }
  if (!report["recovered"].empty()) text += "\n" + table.to_string();
  for (const auto& name : report["removed"]) text += "removed, for no commit names it: " + plain(name) + "\n";
  return text;
}

Subcommand add_recover(CLI::App& app) {
  return declare<Arguments>(app, "recover", kAbout, kFooter, [](CLI::App& command, Arguments& arguments) {
    arguments.add_run(command);
    arguments.add_json(command);
    command.add_option("--copy", arguments.copy_to, "Copy the run to this new directory, and tidy the copy");
  });
}

}  // namespace neurotape::tools
