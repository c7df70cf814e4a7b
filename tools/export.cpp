#include "exchange/export.hpp"

#include <neurotape/error.hpp>

#include "tools/commands.hpp"
#include "tools/subcommand.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

constexpr const char* kAbout = "A run in the formats of others: csv, npz, json, sonata, nwb, minari";
constexpr const char* kFooter =
    R"(OUT is a directory that is not there yet; it gets its name when all is in it.

  csv     episodes.csv, and episode_0003/spikes/excitatory.csv for each stream
  npz     episode_0003/spikes/excitatory.npz for each stream, for numpy.load
          both: network/neurons and network/connections, and run.json and episode_0003/episode.json,
          with what values do not say: configuration, types, units, dt, gaps; `import` reads them
  json    run.json, network/neurons.json, and episode_0003.json: each stream as `columns` and
          `data`, for pandas.DataFrame(s["data"], columns=s["columns"])
  sonata  episode_0003/spikes.h5, and a report episode_0003/NAME.h5 for each neural state
  nwb     episode_0003.nwb: units, acquisition, behavior, trials
  minari  data/main_data.hdf5 and data/metadata.json: needs --observations and --actions

What a format cannot take is said, with what was done.

Examples:
  neurotape export RUN --to csv -o csv
  neurotape export RUN --to nwb -o nwb --episodes 0-9
  neurotape export RUN --to minari -o ~/.minari/datasets/lab/cartpole-v0 \
      --dataset lab/cartpole-v0 --observations behavior/state --actions behavior/action

Exit status: 0, or 2 when it could not be exported: then OUT is not there.)";

struct Arguments : RunArguments {
  std::string format, episodes;
  exchange::ExportOptions options;
  const CLI::App* command = nullptr;

  int execute() const {
    refuse_unused();
    const auto run = open();
    if (episodes.empty()) require_all_listed(run);
    auto chosen = options;
    chosen.episodes = episodes.empty() ? run.numbers() : parse_indices(episodes, "--episodes").ids();
    const auto report = function()(run, chosen);
    Json told{{"output", options.output.string()}, {"files", report.files}, {"notes", report.notes}};
    return answer(told, as_json, text);
  }

 private:
  void refuse_unused() const {
    const auto only_for = [&](std::initializer_list<const char*> given, const std::string& formats) {
      const char* option = first_given(*command, given);
      if (option != nullptr && formats.find(format) == formats.npos)
        throw Error(ErrorCode::invalid_argument, std::string(option) + " is for " + formats + ", not for " + format);
    };
    only_for({"--dt-ms"}, "sonata and nwb");
    only_for({"--population"}, "sonata");
    only_for({"--observations", "--actions", "--dataset"}, "minari");
  }

  using Function = exchange::ExportReport (*)(const Run&, const exchange::ExportOptions&);
  Function function() const {
    if (format == "csv") return exchange::export_csv;
    if (format == "npz") return exchange::export_npz;
    if (format == "json") return exchange::export_json;
    if (format == "sonata") return exchange::export_sonata;
    if (format == "nwb") return exchange::export_nwb;
    return exchange::export_minari;
  }
  static std::string text(const Json& told) {
    return plain(told["output"]) + ": " + count_text(told["files"].size(), "file") + "\n" + notes_text(told["notes"]);
  }
};

}  // namespace

Subcommand add_export(CLI::App& app) {
  return declare<Arguments>(app, "export", kAbout, kFooter, [](CLI::App& command, Arguments& arguments) {
    auto& options = arguments.options;
    arguments.command = &command;
    arguments.add_run(command);
    command.add_option("--to", arguments.format, "Format")
        ->required()
        ->check(CLI::IsMember({"csv", "npz", "json", "sonata", "nwb", "minari"}));
    command.add_option("-o,--output", options.output, "Directory to be made")->required();
    command.add_option("--episodes", arguments.episodes, "Only these, as in 0-9,12");
    command.add_option("--dt-ms", options.dt_ms, "SONATA, NWB: milliseconds of a timestep, where the run does not say")
        ->check(above_zero());
    command.add_option("--population", options.population, "SONATA: whose the reports are");
    command.add_option("--observations", options.observations, "Minari: dense streams, as in behavior/state")
        ->delimiter(',');
    command.add_option("--actions", options.actions, "Minari: a dense stream");
    command.add_option("--dataset", options.dataset, "Minari: id of the dataset, namespace/name-v0");
    arguments.add_json(command);
  });
}

}  // namespace neurotape::tools
