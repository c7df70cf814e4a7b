#include <map>
#include <neurotape/analysis.hpp>

#include "tools/commands.hpp"
#include "tools/subcommand.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

constexpr const char* kAbout = "The episodes of a run, a line each; or the streams of one episode";
constexpr const char* kFooter =
    R"(timesteps are the first and the last that any stream has, return is the sum of the rewards,
stored the bytes of all streams, file the size of the file that the episode is in: small
episodes share one. All this is in the index of the run, so that no episode has to be opened.
--long opens them: name, start, and wall time, from start to end of the recording.
"-": not known (yet), as the wall time of an episode that is being recorded.

Examples:
  neurotape ls RUN                  one line an episode
  neurotape ls --long RUN
  neurotape ls RUN 3                the streams of episode 3
  neurotape ls RUN --json | jq '.episodes[] | select(.return > 100) | .number')";

/// Sizes of files, each looked up once: small episodes share them.
class FileSizes {
 public:
  const Json& of(const std::filesystem::path& file) {
    const auto [found, is_new] = sizes_.try_emplace(file);
    if (is_new) found->second = file_bytes(file);
    return found->second;
  }

 private:
  std::map<std::filesystem::path, Json> sizes_;
};

Json line_of(const EpisodeSummary& summary, FileSizes& sizes) {
  return {{"number", summary.number},      {"id", summary.id},         {"status", summary.status},
          {"file", summary.file.string()}, {"object", summary.object}, {"file_bytes", sizes.of(summary.file)}};
}

void add_outcome(Json& line, const EpisodeOutcome& outcome) {
  const auto& span = outcome.timesteps;
  line.update({{"first_timestep", span ? Json(span->first) : Json()},
               {"last_timestep", span ? Json(span->last) : Json()},
               {"rows", outcome.rows},
               {"return", outcome.sum_of_rewards},
               {"stored_bytes", outcome.stored_bytes}});
}

/// Opens the episode where the index does not tell, or more is wanted.
Json describe(const Run& run, const EpisodeSummary& summary, bool in_full, FileSizes& sizes, Json& list) {
  Json line = line_of(summary, sizes);
  if (summary.totals && !in_full) {
    add_outcome(line, outcome_of(run, summary));
    line["live"] = false;
    return line;
  }
  const auto episode = run.episode(summary.number);
  if (in_full) line = description_of(episode);
  line["status"] = episode.status();
  line["live"] = episode.is_live();
  add_outcome(line, summary.totals ? outcome_of(run, summary) : outcome_of(episode));
  if (was_cut_off(episode)) list["cut_off"] = list["cut_off"].get<int>() + 1;
  return line;
}

Json unreadable(const EpisodeSummary& summary, bool in_full, FileSizes& sizes) {
  Json line = line_of(summary, sizes);
  line["status"] = "unreadable";
  line["live"] = false;
  for (const char* key : {"first_timestep", "last_timestep", "rows", "return", "stored_bytes"}) line[key] = nullptr;
  if (in_full)
    for (const char* key : {"name", "started", "ended", "wall_seconds"}) line[key] = nullptr;
  return line;
}

std::string return_text(const Json& sum) { return sum.is_null() ? "" : number_text("%.6g", sum.get<double>()); }

struct Arguments : RunArguments {
  std::string episode;
  bool in_full = false;

  int execute() const {
    const auto run = open();
    if (episode.empty()) return answer(list_of_episodes(run, in_full), as_json, episodes_text);
    if (in_full) return fail("--long is for the list of episodes, not for the streams of one");
    return answer(list_of_streams(open_episode(run, episode)), as_json, streams_text);
  }
};

}  // namespace

Json list_of_episodes(const Run& run, bool in_full) {
  Json list{{"path", run.path().string()},
            {"name", run.name()},
            {"live", run.is_live()},
            {"cut_off", 0},
            {"closed", was_closed(run)}};
  list["episodes"] = Json::array();
  list["problems"] = Json::array();
  for (const auto& problem : run.problems()) list["problems"].push_back(problem.what());
  FileSizes sizes;
  for (const auto& summary : run.episodes()) {
    try {
      list["episodes"].push_back(describe(run, summary, in_full, sizes, list));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::not_found) continue;  // discarded since the list was made
      list["problems"].push_back(error.what());
      list["episodes"].push_back(unreadable(summary, in_full, sizes));
    }
  }
  return list;
}

std::string episodes_text(const Json& list) {
  const auto recorder = recorder_text(list);
  const auto last_line = recorder.empty() ? recorder : recorder + "\n";
  if (list["episodes"].empty()) return "no episodes\n" + last_line;
  const bool in_full = list["episodes"][0].contains("wall_seconds");
  std::vector<std::string> titles{">episode", "status", ">timesteps", ">rows", ">return", ">stored", ">file"};
  if (in_full) titles.insert(titles.end(), {">wall time", "started", "name"});
  Table table(titles);
  for (const auto& row : list["episodes"]) {
    std::vector<std::string> cells{
        plain(row["number"]),       plain(row["status"]),           timesteps_text(row),         plain(row["rows"]),
        return_text(row["return"]), size_text(row["stored_bytes"]), size_text(row["file_bytes"])};
    if (in_full)
      cells.insert(cells.end(), {duration_text(row["wall_seconds"]), plain(row["started"]), plain(row["name"])});
    table.add(cells);
  }
  return table.to_string() + last_line;
}

Subcommand add_ls(CLI::App& app) {
  return declare<Arguments>(app, "ls", kAbout, kFooter, [](CLI::App& command, Arguments& arguments) {
    arguments.add_run(command);
    command.add_option("EPISODE", arguments.episode, "Number or id of an episode: 3, episode_0003");
    command.add_flag("-l,--long", arguments.in_full, "Also what only the episodes themselves tell");
    arguments.add_json(command);
  });
}

}  // namespace neurotape::tools
