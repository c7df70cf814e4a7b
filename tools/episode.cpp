#include <chrono>
#include <neurotape/analysis.hpp>
#include <optional>

#include "tools/commands.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {

std::optional<double> seconds_of_time(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%lf", &year, &month, &day, &hour, &minute, &second) != 6)
    return std::nullopt;
  const std::chrono::sys_days date = std::chrono::year(year) / month / day;
  return static_cast<double>(date.time_since_epoch().count()) * 86400 + hour * 3600 + minute * 60 + second;
}

namespace {

Json wall_seconds(const EpisodeReader& episode) {
  const auto start = seconds_of_time(episode.started()), end = seconds_of_time(episode.ended());
  return start && end ? Json(*end - *start) : Json();
}

}  // namespace

Json description_of(const EpisodeReader& episode) {
  const auto& ended = episode.ended();
  return {{"number", episode.number()},
          {"id", episode.id()},
          {"name", episode.name()},
          {"status", episode.status()},
          {"live", episode.is_live()},
          {"started", episode.started()},
          {"ended", ended.empty() ? Json() : Json(ended)},
          {"wall_seconds", wall_seconds(episode)},
          {"file", episode.file().string()},
          {"object", episode.object()},
          {"file_bytes", file_bytes(episode.file())}};
}

namespace {

Json ends(const std::optional<TimestepSpan>& span) {
  return {{"first_timestep", span ? Json(span->first) : Json()}, {"last_timestep", span ? Json(span->last) : Json()}};
}

}  // namespace

std::string timesteps_text(const Json& from) {
  return from["first_timestep"].is_null() ? "" : plain(from["first_timestep"]) + ".." + plain(from["last_timestep"]);
}
std::string duration_text(const Json& seconds) {
  return seconds.is_null() ? "" : number_text("%.3f s", seconds.get<double>());
}

Json list_of_streams(const EpisodeReader& reader) {
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
      if (stream["path"] == info.path) stream.update(ends(span_of(reader, info)));
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
  head.add({"name", plain(episode["name"])});
  const bool cut_off = episode["status"] == "recording" && !episode["live"].get<bool>();
  head.add({"status", plain(episode["status"]) + (cut_off ? ", was cut off; neurotape recover tidies it" : "")});
  for (const char* key : {"started", "ended"}) head.add({key, plain(episode[key])});
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
