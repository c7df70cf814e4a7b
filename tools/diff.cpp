#include <algorithm>
#include <cmath>
#include <set>

#include "tools/commands.hpp"
#include "tools/diff_streams.hpp"
#include "tools/subcommand.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

constexpr const char* kAbout = "Whether two runs hold the same, and if not, where and by how much";
constexpr const char* kFooter =
    R"(Compares configuration, network columns, and of every episode its length of a timestep, seed,
attributes, status and streams: types, units, timesteps and values, bit by bit; NaN equals
NaN. When and where they were recorded or imported from, chunks, codecs and files may differ.
A difference of values is told with its first timestep, how many differ, and the largest.

Examples:
  neurotape diff RUN_A RUN_B
  neurotape diff RUN_A RUN_B --episodes 0-9 --tolerance 1e-6
  neurotape diff RUN RUN --episodes 3 --with 4      two episodes of a run

Exit status: 0 equal, 1 not, 2 when it could not look.)";

/// But for where an import found the episode.
Json own_attributes(const EpisodeReader& episode) {
  auto attributes = episode.attributes();
  attributes.erase("imported_from");
  return attributes;
}

class Comparison {
 public:
  Comparison(const Run& a, const Run& b, double tolerance) : a_(a), b_(b), tolerance_(tolerance) {}

  Json take() { return std::move(differences_); }

  void compare_setup() {
    if (a_.config() != b_.config()) note("", "config", "the configurations differ");
    compare_network("neurons", a_.neurons(), b_.neurons());
    compare_network("connections", a_.connections(), b_.connections());
  }

  void compare_episodes(const std::vector<std::uint64_t>& numbers) {
    for (const auto number : numbers) {
      const auto name = "episode " + std::to_string(number);
      const bool in_a = a_.contains(number), in_b = b_.contains(number);
      if (in_a && in_b)
        compare(a_.episode(number), b_.episode(number), name);
      else if (in_a != in_b)
        note(name, "", in_a ? "only in A" : "only in B");
      else
        throw Error(ErrorCode::not_found, "there is no " + name + " in either run", {.path = a_.path().string()});
    }
  }

  void compare(const EpisodeReader& a, const EpisodeReader& b, const std::string& name) {
    const auto differ = [&](const char* what, const Json& of_a, const Json& of_b) {
      if (of_a != of_b) note(name, what, plain(of_a) + " in A, " + plain(of_b) + " in B");
    };
    differ("status", a.status(), b.status());
    differ("dt", a.dt(), b.dt());
    differ("dt_unit", a.dt_unit(), b.dt_unit());
    differ("seed", a.seed() ? Json(*a.seed()) : Json(), b.seed() ? Json(*b.seed()) : Json());
    differ("attributes", own_attributes(a), own_attributes(b));
    std::map<std::string, StreamInfo> of_a, of_b;
    for (auto& stream : a.streams()) of_a[stream.path] = stream;
    for (auto& stream : b.streams()) of_b[stream.path] = stream;
    for (const auto& [path, stream] : of_a) {
      if (!of_b.contains(path)) note(name, path, "only in A");
    }
    for (const auto& [path, stream] : of_b) {
      if (of_a.contains(path))
        add(name, path, compare_streams(a, of_a[path], b, stream, tolerance_));
      else
        note(name, path, "only in B");
    }
  }

 private:
  void compare_network(const std::string& table, const NetworkTable& a, const NetworkTable& b) {
    if (a.names() != b.names() || a.rows() != b.rows())
      return note("", table, "other columns, or another number of rows");
    for (const auto& column : a.columns()) {
      const auto other = std::find_if(b.columns().begin(), b.columns().end(),
                                      [&](const StreamColumn& one) { return one.name == column.name; });
      if (other->dtype != column.dtype) {
        note("", table + "/" + column.name, "of another type");
      } else if (!visit_dtype(column.dtype, [&]<class T>(T) {
                   const auto of_a = a.column<T>(column.name), of_b = b.column<T>(column.name);
                   return std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(), is_same<T>);
                 })) {
        note("", table + "/" + column.name, "the values differ");
      }
    }
  }

  void note(const std::string& episode, const std::string& what, const std::string& how) {
    add(episode, what, {StreamDifference{.how = how}});
  }
  void add(const std::string& episode, const std::string& what, const std::vector<StreamDifference>& found) {
    for (const auto& one : found)
      differences_.push_back({{"episode", episode.empty() ? Json() : Json(episode)},
                              {"what", what},
                              {"difference", one.how},
                              {"first_timestep", one.timestep ? Json(*one.timestep) : Json()},
                              {"values", one.values != 0 ? Json(one.values) : Json()},
                              {"largest", one.values != 0 && one.largest > 0 ? Json(one.largest) : Json()}});
  }

  const Run& a_;
  const Run& b_;
  double tolerance_;
  Json differences_ = Json::array();
};

std::string diff_text(const Json& diff) {
  if (diff["equal"].get<bool>()) return colored(Color::good, "equal") + "\n";
  Table table({"episode", "what", "difference", ">first timestep", ">values", ">largest"});
  for (const auto& one : diff["differences"])
    table.add({plain(one["episode"]), plain(one["what"]), plain(one["difference"]), plain(one["first_timestep"]),
               plain(one["values"]),
               one["largest"].is_null() ? "" : number_text("%.6g", one["largest"].get<double>())});
  return table.to_string();
}

struct Arguments : RunArguments {
  std::string other, episodes, with;
  double tolerance = 0;

  int execute() const {
    const Run a = open(), b(other, {.trust = Trust::none, .prober = kOwnProber});
    Comparison comparison(a, b, tolerance);
    if (with.empty()) {
      if (episodes.empty()) {
        require_all_listed(a);
        require_all_listed(b);
      }
      comparison.compare_setup();
      comparison.compare_episodes(chosen(a, b));
    } else {
      comparison.compare(open_episode(a, episodes), open_episode(b, with), episodes + " and " + with);
    }
    auto differences = comparison.take();
    const bool equal = differences.empty();
    const int status = answer({{"a", path}, {"b", other}, {"equal", equal}, {"differences", std::move(differences)}},
                              as_json, diff_text);
    return status == 0 && !equal ? kNo : status;
  }

 private:
  std::vector<std::uint64_t> chosen(const Run& a, const Run& b) const {
    if (!episodes.empty()) return parse_indices(episodes, "--episodes").ids();
    const auto of_a = a.numbers(), of_b = b.numbers();
    std::set<std::uint64_t> numbers(of_a.begin(), of_a.end());
    numbers.insert(of_b.begin(), of_b.end());
    return {numbers.begin(), numbers.end()};
  }
};

}  // namespace

Subcommand add_diff(CLI::App& app) {
  return declare<Arguments>(app, "diff", kAbout, kFooter, [](CLI::App& command, Arguments& arguments) {
    command.add_option("A", arguments.path, "A run, in any form")->required();
    command.add_option("B", arguments.other, "Another one")->required();
    auto* episodes = command.add_option("--episodes", arguments.episodes, "Only these, as in 0-9,12");
    command.add_option("--with", arguments.with, "Compare the one episode of A with this one of B")->needs(episodes);
    command.add_option("--tolerance", arguments.tolerance, "Values that are this close are equal")
        ->check(zero_or_more());
    arguments.add_json(command);
  });
}

}  // namespace neurotape::tools
