#include <neurotape/analysis.hpp>

#include "exchange/export.hpp"
#include "tools/commands.hpp"
#include "tools/subcommand.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

constexpr const char* kAbout = "What the numbers of a run are: returns, values of dense streams, firing of populations";
constexpr const char* kFooter =
    R"(rows/s is by the time that was simulated, and "-" where the length of a timestep is not stated.
mean, std, min and max are over all values of a stream in an episode; NaN are left out and
counted. A firing rate is over all neurons of a population whose size was stated, else over
those that fired; ISI CV is the mean, over neurons with at least 3 spikes, of the standard
deviation of their intervals over the mean.

Examples:
  neurotape stats RUN
  neurotape stats RUN --episodes 0-9
  neurotape stats RUN --json | jq -r '.episodes[] | [.number, .return] | @csv'

Exit status: 0, or 2 when something could not be read.)";

/// JSON has no NaN: nothing there is null.
Json number(double value) { return value == value ? Json(value) : Json(); }

Json describe(const ValueStatistics& values) {
  return {{"values", values.values},       {"nans", values.nans},
          {"mean", number(values.mean)},   {"std", number(values.standard_deviation)},
          {"min", number(values.minimum)}, {"max", number(values.maximum)}};
}

Json describe(const PopulationStatistics& population) {
  return {{"neurons", population.neurons},
          {"fired", population.fired},
          {"rate", number(population.mean_rate)},
          {"rate_unit", population.rate_unit},
          {"isi_cv", number(population.isi_cv)}};
}

/// Seconds that the timesteps of an episode last; nothing where that is not stated.
std::optional<double> seconds_of(const EpisodeReader& episode, std::uint64_t length) {
  const double seconds = exchange::milliseconds_of_unit(episode) / 1e3 * episode.dt() * static_cast<double>(length);
  return seconds > 0 ? std::optional(seconds) : std::nullopt;
}

Json stats_of_episode(const EpisodeReader& reader) {
  const auto outcome = outcome_of(reader);
  const auto seconds = seconds_of(reader, outcome.length);
  Json episode{{"number", outcome.number},
               {"status", outcome.status},
               {"return", outcome.sum_of_rewards},
               {"length", outcome.length},
               {"seconds", seconds ? Json(*seconds) : Json()},
               {"streams", Json::array()}};
  for (const auto& stream : reader.streams()) {
    Json line{{"path", stream.path},
              {"rows", stream.rows},
              {"rows_per_second", seconds ? Json(static_cast<double>(stream.rows) / *seconds) : Json()},
              {"unit", stream.unit}};
    if (stream.kind == StreamKind::spikes) line.update(describe(population_statistics(reader, stream)));
    if (stream.is_dense() || stream.kind == StreamKind::rewards)
      line.update(describe(value_statistics(reader, stream)));
    episode["streams"].push_back(std::move(line));
  }
  return episode;
}

Json stats_of_run(const Run& run, const std::optional<Indices>& wanted) {
  Json stats{{"path", run.path().string()}, {"name", run.name()}, {"episodes", Json::array()}};
  stats["problems"] = Json::array();
  if (!wanted)
    for (const auto& problem : run.problems()) stats["problems"].push_back(problem.what());
  for (const auto number : wanted ? wanted->ids() : run.numbers()) {
    try {
      stats["episodes"].push_back(stats_of_episode(run.episode(number)));
    } catch (const Error& error) {
      stats["problems"].push_back(error.what());
    }
  }
  return stats;
}

std::string short_number(const Json& value) {
  return value.is_null() ? std::string() : number_text("%.5g", value.get<double>());
}

std::string stats_text(const Json& stats) {
  Table episodes({">episode", "status", ">length", ">return"});
  Table values({">episode", "values of", ">rows", ">rows/s", ">mean", ">std", ">min", ">max", ">NaN", "unit"});
  Table spikes({">episode", "spikes of", ">spikes", ">rows/s", ">neurons", ">fired", ">rate", "unit", ">ISI CV"});
  bool has_values = false, has_spikes = false;
  for (const auto& episode : stats["episodes"]) {
    const auto number = plain(episode["number"]);
    episodes.add({number, plain(episode["status"]), plain(episode["length"]), short_number(episode["return"])});
    for (const auto& stream : episode["streams"]) {
      std::vector<std::string> cells{number, plain(stream["path"]), plain(stream["rows"]),
                                     short_number(stream["rows_per_second"])};
      if (stream.contains("mean")) {
        for (const char* key : {"mean", "std", "min", "max"}) cells.push_back(short_number(stream[key]));
        cells.push_back(stream["nans"] == 0 ? "" : plain(stream["nans"]));
        cells.push_back(plain(stream["unit"]));
        values.add(cells);
        has_values = true;
      } else if (stream.contains("isi_cv")) {
        cells.insert(cells.end(), {plain(stream["neurons"]), plain(stream["fired"]), short_number(stream["rate"]),
                                   plain(stream["rate_unit"]), short_number(stream["isi_cv"])});
        spikes.add(cells);
        has_spikes = true;
      }
    }
  }
  if (stats["episodes"].empty()) return "no episodes\n";
  return episodes.to_string() + (has_values ? "\n" + values.to_string() : "") +
         (has_spikes ? "\n" + spikes.to_string() : "");
}

struct Arguments : RunArguments {
  std::string episodes;

  int execute() const {
    const auto wanted = episodes.empty() ? std::nullopt : std::optional(parse_indices(episodes, "--episodes"));
    return answer(stats_of_run(open(), wanted), as_json, stats_text);
  }
};

}  // namespace

Subcommand add_stats(CLI::App& app) {
  return declare<Arguments>(app, "stats", kAbout, kFooter, [](CLI::App& command, Arguments& arguments) {
    arguments.add_run(command);
    command.add_option("--episodes", arguments.episodes, "Only these, as in 0-9,12");
    arguments.add_json(command);
  });
}

}  // namespace neurotape::tools
