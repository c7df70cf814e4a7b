#include <map>
#include <neurotape/analysis.hpp>
#include <optional>
#include <utility>

#include "exchange/export.hpp"
#include "tools/commands.hpp"
#include "tools/subcommand.hpp"
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

/// Rows of a stream, as the index counts them.
struct IndexedRows {
  std::uint64_t rows = 0;
  std::uint64_t episodes = 0;
};

/// How long the episodes of a run are: from their first timestep to their last, and by the clock on the wall.
class Lengths {
 public:
  /// \param seconds_of_step 0: it is not stated
  void add(const TimestepSpan& span, double seconds_of_step) {
    const auto length = static_cast<std::uint64_t>(span.last - span.first) + 1;
    shortest_ = timesteps_ == 0 ? length : std::min(shortest_, length);
    longest_ = std::max(longest_, length);
    timesteps_ += length;
    simulated_ += seconds_of_step * static_cast<double>(length);
    is_stated_ = is_stated_ && seconds_of_step > 0;
  }
  void add_wall_time(const EpisodeReader& episode) {
    const auto start = seconds_of_time(episode.started()), end = seconds_of_time(episode.ended());
    if (start && end) wall_ = wall_.value_or(0) + (*end - *start);
  }

  std::optional<double> simulated_seconds() const {
    return is_stated_ && timesteps_ != 0 ? std::optional(simulated_) : std::nullopt;
  }
  /// \param all_opened else wall times are not known
  Json take(bool all_opened) const {
    const auto seconds = simulated_seconds();
    return {{"timesteps", timesteps_},
            {"shortest", timesteps_ == 0 ? Json() : Json(shortest_)},
            {"longest", timesteps_ == 0 ? Json() : Json(longest_)},
            {"simulated_seconds", seconds ? Json(*seconds) : Json()},
            {"wall_seconds", all_opened && wall_ ? Json(*wall_) : Json()}};
  }

 private:
  std::uint64_t timesteps_ = 0, shortest_ = 0, longest_ = 0;
  double simulated_ = 0;
  bool is_stated_ = true;
  std::optional<double> wall_;
};

std::string length_text(const Json& length) {
  if (length["timesteps"] == 0) return {};
  auto text = plain(length["timesteps"]) + " timesteps";
  if (length["shortest"] != length["timesteps"])
    text += ", " + plain(length["shortest"]) + " to " + plain(length["longest"]) + " an episode";
  if (!length["simulated_seconds"].is_null()) text += "; " + duration_text(length["simulated_seconds"]);
  return text;
}

/// Adds up the episodes of a run: opens them, or, of many, believes the index and opens some of them for what it lacks.
class EpisodeSum {
 public:
  EpisodeSum(const Run& run, bool in_full, Json& info)
      : run_(run), info_(info), lines_(run.episodes()), by_index_(!in_full && lines_.size() > kFewEpisodes) {}

  void add_all() {
    for (std::size_t i = 0; i < lines_.size(); ++i) add(lines_[i], i < kLookedAt || i + kLookedAt >= lines_.size());
    // Of those that the index tells, the ones that were opened say how long a timestep is.
    const double seconds = info_["dt"] == "varies" ? 0 : seconds_of_step_;
    for (const auto& span : spans_) lengths_.add(span, seconds);
    for (const auto& [path, indexed] : indexed_) {
      auto& stream = streams_[path];
      if (stream.is_null()) {
        stream = describe_unread_stream(path);
        stream.erase("columns");
        stream["episodes"] = 0;
      }
      stream["rows"] = stream["rows"].get<std::uint64_t>() + indexed.rows;
      stream["episodes"] = stream["episodes"].get<std::uint64_t>() + indexed.episodes;
    }
    for (auto& [path, stream] : streams_) finish(stream);
    info_["length"] = lengths_.take(!any_indexed_);
    auto& totals = info_["totals"];
    if (any_indexed_) forget(totals, {"raw_bytes", "gaps", "rows_lost"});
    if (any_indexed_) totals["rows"] = rows_;
    totals["ratio"] = totals["raw_bytes"].is_null() ? Json() : ratio_of(totals);
    info_["episodes"]["looked_into"] = looked_into_;
  }

 private:
  static constexpr std::size_t kFewEpisodes = 64;
  static constexpr std::size_t kLookedAt = 4;  ///< at the beginning, and at the end

  void add(const EpisodeSummary& line, bool look_into) {
    const bool indexed = by_index_ && line.totals;
    std::string status = line.status;
    if (indexed) {
      add_indexed(*line.totals);
      if (line.totals->last_timestep >= line.totals->first_timestep)
        spans_.push_back({line.totals->first_timestep, line.totals->last_timestep});
    }
    if (!indexed || look_into) {
      try {
        status = open(line.number, indexed);
      } catch (const Error& error) {
        if (error.code() == ErrorCode::not_found) return;  // discarded since the list was made
        info_["problems"].push_back(error.what());
        status = "unreadable";
      }
    }
    auto& by_status = info_["episodes"]["by_status"];
    by_status[status] = by_status.value(status, 0) + 1;
    info_["episodes"]["count"] = info_["episodes"]["count"].get<int>() + 1;
  }

  void add_indexed(const EpisodeTotals& totals) {
    auto& sum = info_["totals"];
    any_indexed_ = true;
    rows_ += totals.rows;
    sum["stored_bytes"] = sum["stored_bytes"].get<std::uint64_t>() + totals.bytes_stored;
    const auto rows = nlohmann::json::parse(totals.rows_by_stream, nullptr, false);
    are_streams_known_ = are_streams_known_ && rows.is_object();
    if (!rows.is_object()) return;  // of so many streams that the index has no room for them
    for (const auto& [path, count] : rows.items()) {
      auto& stream = indexed_[path];
      if (count.is_number_unsigned()) stream.rows += count.get<std::uint64_t>();
      ++stream.episodes;
    }
  }

  std::string open(std::uint64_t number, bool counted) {
    const auto episode = run_.episode(number);
    for (auto& stream : describe_streams(episode)) {
      if (counted) stream["rows"] = 0;
      auto& total = streams_[stream["path"]];
      merge(total, stream);
      if (counted) total["episodes"] = total["episodes"].get<int>() - 1;
      rows_ += stream["rows"].get<std::uint64_t>();
    }
    merge_dt(info_, episode, looked_into_++ == 0);
    seconds_of_step_ = exchange::milliseconds_of_unit(episode) / 1e3 * episode.dt();
    lengths_.add_wall_time(episode);
    if (!counted) add_length(episode);
    if (was_cut_off(episode)) info_["cut_off"] = info_["cut_off"].get<int>() + 1;
    return episode.status();
  }

  /// Which reads timesteps: where they are damaged, the rest of the episode is told all the same.
  void add_length(const EpisodeReader& episode) {
    try {
      if (const auto span = span_of(episode)) lengths_.add(*span, seconds_of_step_);
    } catch (const Error& error) {
      info_["problems"].push_back(error.what());
    }
  }

  static void forget(Json& sums, std::initializer_list<const char*> keys) {
    for (const char* key : keys) sums[key] = nullptr;
  }

  /// Of a stream that all episodes have, over the time that was simulated.
  Json rate_of(const Json& stream) const {
    const auto seconds = lengths_.simulated_seconds();
    const bool is_everywhere = stream["episodes"] == info_["episodes"]["count"];
    return seconds && is_everywhere ? Json(stream["rows"].get<double>() / *seconds) : Json();
  }

  void finish(Json& stream) {
    stream["rows_per_second"] = rate_of(stream);
    if (any_indexed_) {
      forget(stream, {"raw_bytes", "stored_bytes", "ratio", "gaps", "rows_lost"});
      if (!are_streams_known_) forget(stream, {"rows", "episodes", "rows_per_second"});
    } else {
      sum_up(info_["totals"], stream);
    }
    info_["streams"].push_back(std::move(stream));
  }

  const Run& run_;
  Json& info_;
  std::vector<EpisodeSummary> lines_;
  const bool by_index_;
  int looked_into_ = 0;
  bool any_indexed_ = false, are_streams_known_ = true;
  std::uint64_t rows_ = 0;  ///< as the index counts them, and those of episodes that it does not know
  Lengths lengths_;
  std::vector<TimestepSpan> spans_;  ///< of those that the index tells
  double seconds_of_step_ = 0;       ///< of the one that was opened last
  std::map<std::string, Json> streams_;
  std::map<std::string, IndexedRows> indexed_;
};

std::string episodes_line(const Json& episodes) {
  std::string text = plain(episodes["count"]);
  const char* separator = ": ";
  for (const auto& [status, count] : episodes["by_status"].items()) {
    text += separator + plain(count) + " " + status;
    separator = ", ";
  }
  return text;
}

std::string looked_into_text(const Json& episodes) {
  if (episodes["looked_into"] == episodes["count"]) return {};
  return "\nThe index counts the rows; types are those of " + plain(episodes["looked_into"]) + " of the " +
         plain(episodes["count"]) +
         " episodes. Raw bytes, gaps and lost rows are not counted (info --all looks into all episodes).\n";
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

constexpr const char* kAbout =
    "What a run holds: configuration, network, episodes by status, every stream with its\n"
    "type, rows, sizes and gaps over all episodes, and where the run comes from";
constexpr const char* kFooter =
    R"(Columns of the streams: raw and stored are bytes before and after compression, ratio is
raw / stored, gaps and rows lost are what the recorder had to drop, episodes is how many
have the stream; rows/s is by the time that was simulated, of streams that all episodes have.
length is from the first timestep of an episode to its last. files is the size of all files of the run, as `ls -l` gives it.
"varies": not the same in all episodes; "-": none, or not stated.
Of more than 64 episodes the index tells rows and stored bytes, and the first and last four
tell the types of the streams; with --all each is looked into, for raw bytes and gaps.)";

struct Arguments : RunArguments {
  bool in_full = false;
  int execute() const { return answer(info_of_run(open(), in_full), as_json, info_text); }
};

}  // namespace

void require_all_listed(const Run& run) {
  if (const auto problems = run.problems(); !problems.empty()) throw problems.front();
}

Json info_of_run(const Run& run, bool in_full) {
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
            {"live", run.is_live()},
            {"cut_off", 0},
            {"closed", was_closed(run)},
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
  EpisodeSum(run, in_full, info).add_all();
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
  head.add({"length", length_text(info["length"])});
  head.add({"wall time", duration_text(info["length"]["wall_seconds"])});
  if (const auto recorder = recorder_text(info); !recorder.empty()) head.add({"recorder", recorder});
  const bool partial = totals["raw_bytes"].is_null();
  const auto& lost = totals["rows_lost"];
  head.add({"rows", plain(totals["rows"]) + (partial || lost == 0 ? "" : ", lost " + plain(lost))});
  head.add({"bytes", partial ? size_text(totals["stored_bytes"]) + " stored"
                             : size_text(totals["raw_bytes"]) + " in " + size_text(totals["stored_bytes"])});
  head.add({"files", size_text(totals["file_bytes"])});

  auto titles = stream_titles();
  titles.insert(titles.end(), {">rows/s", ">episodes"});
  Table streams(titles);
  for (const auto& stream : info["streams"]) {
    auto cells = stream_cells(stream);
    const auto& rate = stream["rows_per_second"];
    cells.push_back(rate.is_null() ? "" : number_text("%.5g", rate.get<double>()));
    cells.push_back(plain(stream["episodes"]));
    streams.add(cells);
  }
  return plain(info["name"]) + "\n" + head.to_string() + members_text("config", info["config"]) +
         network_text(info["network"]) + looked_into_text(info["episodes"]) +
         (info["streams"].empty() ? "" : "\n" + streams.to_string()) + members_text("provenance", info["provenance"]);
}

Subcommand add_info(CLI::App& app) {
  return declare<Arguments>(app, "info", kAbout, kFooter, [](CLI::App& command, Arguments& arguments) {
    arguments.add_run(command);
    command.add_flag("--all", arguments.in_full, "Looks into each episode, however many there are");
    arguments.add_json(command);
  });
}

}  // namespace neurotape::tools
