#include <map>
#include <utility>

#include "tools/commands.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

constexpr const char* kSums[] = {"rows", "raw_bytes", "stored_bytes", "gaps", "rows_lost"};

void sum_up(Json& total, const Json& one) {
  for (const char* key : kSums) total[key] = total[key].get<std::uint64_t>() + one[key].get<std::uint64_t>();
}

/// Adds a stream of one episode to what the run has under this path. What differs between episodes becomes "varies".
void merge(Json& total, Json stream) {
  stream.erase("columns");  // their chunks differ with the episode's length
  if (total.is_null()) {
    total = std::move(stream);
    total["episodes"] = 1;
    return;
  }
  total["episodes"] = total["episodes"].get<std::uint64_t>() + 1;
  sum_up(total, stream);
  total["ratio"] = ratio_of(total);
  const bool nothing_there = stream["dtype"] == "", first_there = total["dtype"] == "";
  for (const char* key : {"shape", "dtype", "unit", "every", "population_size", "codec", "sorted"}) {
    if (nothing_there || total[key] == stream[key]) continue;
    total[key] = first_there ? stream[key] : Json("varies");
  }
}

Json describe(const NetworkTable& table) {
  Json columns = Json::object();
  for (const auto& column : table.columns()) columns[column.name] = dtype_name(column.dtype);
  return {{"rows", table.rows()}, {"columns", columns}};
}

/// What the episodes say of the length of their timesteps, where they agree; the run's own word is a default for them.
void merge_dt(Json& info, const EpisodeReader& episode, bool first) {
  const Json dt = episode.dt() > 0 ? Json(episode.dt()) : Json(), unit = episode.dt_unit();
  if (first) {
    info["dt"] = dt;
    info["dt_unit"] = unit;
  } else if (info["dt"] != dt || info["dt_unit"] != unit) {
    info["dt"] = info["dt_unit"] = "varies";
  }
}

std::string dt_text(const Json& info) {
  const auto& dt = info["dt"];
  return dt.is_number() ? plain(dt) + " " + plain(info["dt_unit"]) : plain(dt);
}

void add_episodes(const Run& run, Json& info) {
  bool first = true;
  std::map<std::string, Json> streams;
  Json& by_status = info["episodes"]["by_status"];
  for (const auto& line : run.episodes()) {
    std::string status = "unreadable";
    try {
      const auto episode = run.episode(line.number);
      for (const auto& stream : describe_streams(episode)) merge(streams[stream["path"]], stream);
      merge_dt(info, episode, std::exchange(first, false));
      status = episode.status();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::not_found) continue;  // discarded since the list was made
      info["problems"].push_back(error.what());
    }
    by_status[status] = by_status.value(status, 0) + 1;
    info["episodes"]["count"] = info["episodes"]["count"].get<int>() + 1;
  }
  for (auto& [path, stream] : streams) {
    sum_up(info["totals"], stream);
    info["streams"].push_back(std::move(stream));
  }
  info["totals"]["ratio"] = ratio_of(info["totals"]);
}

std::string episodes_line(const Json& episodes) {
  std::string text = plain(episodes["count"]);
  const char* separator = ": ";
  for (const auto& [status, count] : episodes["by_status"].items()) {
    text += separator + plain(count) + " " + status;
    separator = ", ";
  }
  return text;
}

std::string network_text(const Json& network) {
  Table table({"network", ">rows", "columns"});
  bool any = false;
  for (const auto& [name, part] : network.items()) {
    std::string columns;
    for (const auto& [column, dtype] : part["columns"].items())
      columns += (columns.empty() ? "" : ", ") + column + " (" + plain(dtype) + ")";
    if (!columns.empty()) table.add({name, plain(part["rows"]), columns});
    any = any || !columns.empty();
  }
  return any ? "\n" + table.to_string() : std::string();
}

}  // namespace

Json info_of_run(const Run& run) {
  Json provenance = run.attributes();
  const auto take = [&](const char* name) {
    Json value = provenance.contains(name) ? provenance[name] : Json();
    provenance.erase(name);
    return value;
  };
  const Json dt = take("dt");
  Json info{{"path", run.path().string()},
            {"name", run.name()},
            {"created", take("created")},
            {"dt", dt == 0 ? Json() : dt},
            {"dt_unit", take("dt_unit")},
            {"config", run.config()},
            {"network", {{"neurons", describe(run.neurons())}, {"connections", describe(run.connections())}}},
            {"episodes", {{"count", 0}, {"by_status", Json::object()}}},
            {"totals",
             {{"rows", 0},
              {"raw_bytes", 0},
              {"stored_bytes", 0},
              {"file_bytes", file_bytes(run.path())},
              {"gaps", 0},
              {"rows_lost", 0}}},
            {"streams", Json::array()},
            {"problems", Json::array()}};
  for (const auto& problem : run.problems()) info["problems"].push_back(problem.what());
  add_episodes(run, info);
  provenance.erase("experiment_name");
  info["provenance"] = std::move(provenance);
  return info;
}

std::string info_text(const Json& info) {
  const auto& totals = info["totals"];
  Table head({"", ""});
  head.add({"path", plain(info["path"])});
  head.add({"created", plain(info["created"])});
  head.add({"timestep", dt_text(info)});
  head.add({"episodes", episodes_line(info["episodes"])});
  head.add({"rows", plain(totals["rows"]) + (totals["rows_lost"] == 0 ? "" : ", lost " + plain(totals["rows_lost"]))});
  head.add({"bytes", size_text(totals["raw_bytes"]) + " in " + size_text(totals["stored_bytes"])});
  head.add({"files", size_text(totals["file_bytes"])});

  auto titles = stream_titles();
  titles.emplace_back(">episodes");
  Table streams(titles);
  for (const auto& stream : info["streams"]) {
    auto cells = stream_cells(stream);
    cells.push_back(plain(stream["episodes"]));
    streams.add(cells);
  }
  return plain(info["name"]) + "\n" + head.to_string() + members_text("config", info["config"]) +
         network_text(info["network"]) + (info["streams"].empty() ? "" : "\n" + streams.to_string()) +
         members_text("provenance", info["provenance"]);
}

}  // namespace neurotape::tools
