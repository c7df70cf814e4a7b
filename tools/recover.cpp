#include <neurotape/maintenance.hpp>
#include <utility>

#include "tools/commands.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

Json describe(const RecoveredEpisode& episode) {
  Json streams = Json::object();
  for (const auto& [path, rows] : episode.streams)
    streams[path] = {{"rows", rows.kept}, {"uncommitted_rows", rows.uncommitted}};
  return {{"episode", episode.id},
          {"file", episode.file},
          {"commit_repeated", episode.commit_repeated},
          {"bytes_freed", episode.bytes_freed},
          {"streams", std::move(streams)}};
}

}  // namespace

Json recover_run(const std::string& run, const std::string& copy_to) {
  const auto report = recover(run, copy_to);
  Json episodes = Json::array();
  for (const auto& episode : report.recovered) episodes.push_back(describe(episode));
  return {{"run", report.run.string()},
          {"episodes", report.episodes},
          {"recovered", std::move(episodes)},
          {"removed", report.removed},
          {"problems", report.unreadable}};
}

std::string recovery_text(const Json& report) {
  std::string text = plain(report["run"]) + ": " + plain(report["episodes"]) + " episodes, " +
                     std::to_string(report["recovered"].size()) + " of them had been cut off\n";
  Table table({"episode", "stream", ">rows kept", ">uncommitted", "commit repeated", ">freed"});
  for (const auto& episode : report["recovered"]) {
    bool first = true;
    for (const auto& [path, rows] : episode["streams"].items()) {
      const bool once = std::exchange(first, false);
      const auto repeated = episode["commit_repeated"].get<bool>() ? "yes" : "no";
      table.add({once ? plain(episode["episode"]) : " ", path, plain(rows["rows"]), plain(rows["uncommitted_rows"]),
                 once ? repeated : " ", once ? bytes_text(episode["bytes_freed"].get<std::uint64_t>()) : " "});
    }
  }
  if (!report["recovered"].empty()) text += "\n" + table.to_string();
  for (const auto& name : report["removed"]) text += "removed, for no commit names it: " + plain(name) + "\n";
  return text;
}

}  // namespace neurotape::tools
