#include "exchange/import/import.hpp"

#include <neurotape/error.hpp>

#include "exchange/export.hpp"
#include "tools/apart.hpp"
#include "tools/commands.hpp"
#include "tools/subcommand.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

constexpr const char* kAbout = "A run made of what others wrote: csv, npz, sonata, minari";
constexpr const char* kFooter =
    R"(RUN is a directory that is not there yet; it gets its name when all is in it. The same formats
as of `export`, the other way: what it wrote comes back with the same values, to the bit. Gaps come
back in the attribute imported_from of their episode.

  csv     a directory of `export --to csv`; or a file with a header, whose first column has
          timesteps, or times where --dt is given: one dense stream behavior/NAME-OF-FILE
  npz     a directory of `export --to npz`; or a file of arrays whose first axis is time: a
          stream behavior/NAME-OF-ARRAY each; `timesteps` and `rewards` are what they say
  sonata  a file of spikes or reports; or a directory of some, which are one episode; or one
          with episode_0000/, episode_0001/ ... of them. Spikes alone need --dt. Exact times of
          spikes are kept. A report becomes neural_states/NAME-OF-FILE
  minari  a dataset's directory, or its main_data.hdf5: behavior/observation, behavior/action,
          behavior/terminated, behavior/truncated, rewards, of each episode. Parts of nested
          spaces are streams of their own: behavior/observation.camera.left

Every episode has an attribute imported_from. What cannot be taken as it is, is said, with what
was done. Memory is bounded: files are read in parts, but for an array of NPZ at a time. A file
that HDF5 dies of is refused, like any other that is damaged.

Examples:
  neurotape import --from sonata output/spikes.h5 --dt 0.1 -o experiments/cortex
  neurotape import --from minari ~/.minari/datasets/lab/cartpole-v0 -o experiments/cartpole
  neurotape import --from csv joint_angles.csv --dt 0.01 --dt-unit s -o experiments/arm
  neurotape import --from csv v.csv --stream neural_states/v -o experiments/cell
  neurotape import --from npz exported -o experiments/maze && neurotape info experiments/maze

Exit status: 0, or 2 when it could not be imported: then RUN is not there.)";

struct Arguments {
  std::string format;
  exchange::ImportOptions options;
  bool as_json = false;

  int execute() const {
    refuse_unused();
    // HDF5 itself dies of some files.
    return run_apart(
        [this] { return import(); },
        [this](pid_t child, const std::string& how) {
          exchange::NewDirectory::remove_rest(options.output, child);
          return fail("the process that read it ended " + how + " (path '" + options.source.string() + "')");
        });
  }

 private:
  int import() const {
    const auto report = function()(options);
    std::uint64_t rows = 0;
    for (const auto& [path, count] : report.rows) rows += count;
    return answer({{"run", options.output.string()},
                   {"name", report.name},
                   {"from", format},
                   {"source", options.source.string()},
                   {"episodes", report.episodes},
                   {"rows", rows},
                   {"streams", report.rows},
                   {"notes", report.notes}},
                  as_json, text);
  }

  void refuse_unused() const {
    if (!options.stream.empty() && format != "csv" && format != "npz")
      throw Error(ErrorCode::invalid_argument, "--stream is for csv and npz, not for " + format);
    if (!options.stream.empty() && std::filesystem::is_directory(options.source))
      throw Error(ErrorCode::invalid_argument, "--stream is for a single file; in a directory, their paths tell",
                  {.path = options.source.string()});
    if (!options.dt_unit.empty() && options.dt == 0)
      throw Error(ErrorCode::invalid_argument, "--dt-unit goes with --dt");
  }

  using Function = exchange::ImportReport (*)(const exchange::ImportOptions&);
  Function function() const {
    if (format == "csv") return exchange::import_csv;
    if (format == "npz") return exchange::import_npz;
    if (format == "sonata") return exchange::import_sonata;
    return exchange::import_minari;
  }

  static std::string text(const Json& told) {
    std::string text = plain(told["run"]) + ": " + count_text(told["episodes"].get<std::uint64_t>(), "episode") + ", " +
                       count_text(told["rows"].get<std::uint64_t>(), "row") + "\n";
    Table table({"stream", ">rows"});
    for (const auto& [path, rows] : told["streams"].items()) table.add({path, plain(rows)});
    if (!told["streams"].empty()) text += "\n" + table.to_string();
    text += notes_text(told["notes"]);
    return text;
  }
};

}  // namespace

Subcommand add_import(CLI::App& app) {
  return declare<Arguments>(app, "import", kAbout, kFooter, [](CLI::App& command, Arguments& arguments) {
    auto& options = arguments.options;
    command.add_option("SRC", options.source, "File or directory to be imported")->required();
    command.add_option("--from", arguments.format, "Format")
        ->required()
        ->check(CLI::IsMember({"csv", "npz", "sonata", "minari"}));
    command.add_option("-o,--output", options.output, "Run directory to be made")->required();
    command.add_option("--dt", options.dt, "Length of a timestep, where the source does not say")->check(above_zero());
    command.add_option("--dt-unit", options.dt_unit, "Of --dt, as in s; else as the source says, or ms");
    command.add_option("--stream", options.stream, "csv, npz: what a single file holds, as in neural_states/v");
    command.add_option("--name", options.name, "Of the experiment; else as the source says, or is called");
    command.add_flag("--json", arguments.as_json, "The same as one JSON object");
  });
}

}  // namespace neurotape::tools
