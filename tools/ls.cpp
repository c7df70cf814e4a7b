#include <charconv>
#include <chrono>
#include <optional>

#include "tools/commands.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

constexpr std::size_t kReadAtOnceBytes = 4'000'000;

Json ends(const std::optional<Span>& span) {
  const bool known = span && !span->empty();
  return {{"first_timestep", known ? Json(span->first) : Json()}, {"last_timestep", known ? Json(span->last) : Json()}};
}

/// Totals as the index has them, where it has none.
Json totals_of(const EpisodeReader& episode) {
  std::optional<Span> span = Span{};
  std::uint64_t rows = 0, stored_bytes = 0;
  double sum_of_rewards = 0;
  for (const auto& stream : episode.streams()) {
    rows += stream.rows;
    stored_bytes += stream.stored_bytes;
    const auto one = span ? timesteps_of(episode, stream) : std::nullopt;
    one ? span->add(*one) : span.reset();
    if (stream.kind == StreamKind::rewards)
      for (const auto& part : episode.rewards().chunks(kReadAtOnceBytes))
        for (const double reward : part.values) sum_of_rewards += reward;
  }
  Json totals = ends(span);
  totals.update({{"rows", rows}, {"return", sum_of_rewards}, {"stored_bytes", stored_bytes}});
  return totals;
}

Json totals_of(const EpisodeTotals& totals) {
  Json told = ends(Span{totals.first_timestep, totals.last_timestep});
  told.update({{"rows", totals.rows}, {"return", totals.sum_of_rewards}, {"stored_bytes", totals.bytes_stored}});
  return told;
}

/// Seconds since 1970 of "2026-11-20T10:15:00.5Z".
std::optional<double> seconds_of(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%lf", &year, &month, &day, &hour, &minute, &second) != 6)
    return std::nullopt;
  const std::chrono::sys_days date = std::chrono::year(year) / month / day;
  return static_cast<double>(date.time_since_epoch().count()) * 86400 + hour * 3600 + minute * 60 + second;
}

Json wall_seconds(const EpisodeReader& episode) {
  const auto start = seconds_of(episode.started()), end = seconds_of(episode.ended());
  return start && end ? Json(*end - *start) : Json();
}

Json description_of(const EpisodeReader& episode) {
  const auto& ended = episode.ended();
  return {{"number", episode.number()},
          {"id", episode.id()},
          {"name", episode.name()},
          {"status", episode.status()},
          {"started", episode.started()},
          {"ended", ended.empty() ? Json() : Json(ended)},
          {"wall_seconds", wall_seconds(episode)},
          {"file", episode.file().string()},
          {"object", episode.object()},
          {"file_bytes", file_bytes(episode.file())}};
}

Json unreadable(const EpisodeSummary& line) {
  Json episode{{"number", line.number}, {"id", line.id}, {"status", "unreadable"}};
  for (const char* key : {"name", "started", "ended", "wall_seconds", "first_timestep", "last_timestep", "rows",
                          "return", "stored_bytes"})
    episode[key] = nullptr;
  episode["file"] = line.file.string();
  episode["object"] = line.object;
  episode["file_bytes"] = file_bytes(line.file);
  return episode;
}

std::string timesteps_text(const Json& from) {
  return from["first_timestep"].is_null() ? "" : plain(from["first_timestep"]) + ".." + plain(from["last_timestep"]);
}
std::string duration_text(const Json& seconds) {
  return seconds.is_null() ? "" : number_text("%.3f s", seconds.get<double>());
}

EpisodeReader open(const Run& run, std::string_view name) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = error == std::errc() && end == name.data() + name.size();
  return is_number ? run.episode(number) : run.episode(name);
}

}  // namespace

Json list_of_episodes(const Run& run) {
  Json list{{"path", run.path().string()}, {"name", run.name()}};
  list["episodes"] = Json::array();
  list["problems"] = Json::array();
  for (const auto& problem : run.problems()) list["problems"].push_back(problem.what());
  for (const auto& line : run.episodes()) {
    try {
      const auto episode = run.episode(line.number);
      Json row = description_of(episode);
      row.update(line.totals ? totals_of(*line.totals) : totals_of(episode));
      list["episodes"].push_back(std::move(row));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::not_found) continue;  // discarded since the list was made
      list["problems"].push_back(error.what());
      list["episodes"].push_back(unreadable(line));
    }
  }
  return list;
}

std::string episodes_text(const Json& list) {
  if (list["episodes"].empty()) return "no episodes\n";
  Table table(
      {">episode", "name", "status", "started", ">wall time", ">timesteps", ">rows", ">return", ">stored", ">file"});
  for (const auto& row : list["episodes"]) {
    const auto& sum = row["return"];
    table.add({plain(row["number"]), plain(row["name"]), plain(row["status"]), plain(row["started"]),
               duration_text(row["wall_seconds"]), timesteps_text(row), plain(row["rows"]),
               sum.is_null() ? "" : number_text("%.6g", sum.get<double>()), size_text(row["stored_bytes"]),
               size_text(row["file_bytes"])});
  }
  return table.to_string();
}

Json list_of_streams(const Run& run, std::string_view name) {
  const auto reader = open(run, name);
  Json episode = description_of(reader);
  const auto seed = reader.seed();
  episode["dt"] = reader.dt() > 0 ? Json(reader.dt()) : Json();
  episode["dt_unit"] = reader.dt_unit();
  episode["seed"] = seed ? Json(*seed) : Json();
  episode["attributes"] = reader.attributes();
  episode["streams"] = describe_streams(reader);
  for (auto& stream : episode["streams"]) stream["first_timestep"] = stream["last_timestep"] = nullptr;
  for (const auto& info : reader.streams())
    for (auto& stream : episode["streams"])
      if (stream["path"] == info.path) stream.update(ends(timesteps_of(reader, info)));
  episode["gaps"] = Json::array();
  for (const auto& gap : reader.gaps())
    episode["gaps"].push_back({{"stream", gap.stream},
                               {"first_timestep", gap.first_timestep},
                               {"last_timestep", gap.last_timestep},
                               {"rows", gap.rows},
                               {"cause", gap.cause}});
  return episode;
}

std::string streams_text(const Json& episode) {
  Table head({"", ""});
  for (const char* key : {"name", "status", "started", "ended"}) head.add({key, plain(episode[key])});
  head.add({"wall time", duration_text(episode["wall_seconds"])});
  head.add({"timestep", episode["dt"].is_null() ? "" : plain(episode["dt"]) + " " + plain(episode["dt_unit"])});
  head.add({"seed", plain(episode["seed"])});
  head.add({"file", plain(episode["file"]) + (episode["object"] == "/" ? "" : " " + plain(episode["object"]))});
  head.add({"file size", size_text(episode["file_bytes"])});

  auto titles = stream_titles();
  titles.emplace_back(">timesteps");
  Table streams(titles);
  for (const auto& stream : episode["streams"]) {
    auto cells = stream_cells(stream);
    cells.push_back(timesteps_text(stream));
    streams.add(cells);
  }
  Table gaps({"gap in", ">timesteps", ">rows lost", "cause"});
  for (const auto& gap : episode["gaps"])
    gaps.add({plain(gap["stream"]), timesteps_text(gap), plain(gap["rows"]), plain(gap["cause"])});
  return plain(episode["id"]) + "\n" + head.to_string() + members_text("attributes", episode["attributes"]) +
         (episode["streams"].empty() ? "\nno streams\n" : "\n" + streams.to_string()) +
         (episode["gaps"].empty() ? "" : "\n" + gaps.to_string());
}

}  // namespace neurotape::tools
