#include <neurotape/maintenance.hpp>

#include "tools/commands.hpp"
#include "tools/subcommand.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

constexpr const char* kPackAbout = "One file of a run: configuration, network and episodes";
constexpr const char* kPackFooter =
    R"(Chunks are copied as they are, without decoding, unless --codec, --level or --layout asks for
others. --layout traces is for reading single neurons of dense streams: chunks have few values
of many timesteps; --layout rows is the way back. --by-neuron adds the spikes once more, sorted
by neuron, so that those of one neuron are found without reading the others.
FILE is written beside its name and renamed when it is whole. All commands, the loader and
any HDF5 program read it; `unpack` makes a run directory of it again. Attention maps, tables
and other files beside the episodes are not in it, which is said.

Examples:
  neurotape pack RUN -o cartpole.h5
  neurotape pack RUN -o first.h5 --episodes 0-99
  neurotape pack RUN -o small.h5 --codec blosc:zstd --level 9
  neurotape pack RUN -o by_neuron.h5 --layout traces --by-neuron

Codecs: none, gzip, lzf, blosc:lz4, blosc:zstd, ...; a level with --level, or as in gzip:9.)";
constexpr const char* kUnpackAbout = "A run directory of a packed file";
constexpr const char* kUnpackFooter =
    R"(The values, their types and their chunks are those of FILE, bit by bit. DIRECTORY is written
beside its name and renamed when it is whole.

Example:
  neurotape unpack cartpole.h5 -o experiments/cartpole)";
constexpr const char* kMergeAbout = "One run of the episodes of several runs of an experiment";
constexpr const char* kMergeFooter =
    R"(Episodes are numbered from 0 on, run by run. Configuration and network are those of the first
run: where another run has another network, that is said. Each episode gets an attribute
merged_from: its run and number, where that run came from, and its configuration where it differs.

Example:
  neurotape merge cartpole_20261120_101500 cartpole_20261121_090000 -o cartpole_all)";

Json described(const CopyReport& report) {
  return {{"path", report.path.string()},
          {"episodes", report.episodes},
          {"bytes_before", report.bytes_before},
          {"bytes_after", report.bytes_after},
          {"notes", report.notes}};
}

std::string copy_text(const Json& report) {
  return plain(report["path"]) + ": " + count_text(report["episodes"].get<std::uint64_t>(), "episode") + ", " +
         size_text(report["bytes_before"]) + " in " + size_text(report["bytes_after"]) + "\n" +
         notes_text(report["notes"]);
}

struct PackArguments : RunArguments {
  std::string output, episodes, codec, layout;
  int level = 0;
  bool by_neuron = false;

  int execute() const {
    PackOptions options{.by_neuron = by_neuron, .trust = Trust::none, .prober = kOwnProber};
    if (!layout.empty()) options.layout = layout == "traces" ? Layout::traces : Layout::rows;
    if (!episodes.empty()) options.episodes = parse_indices(episodes, "--episodes").ids();
    if (!codec.empty() || level != 0)
      options.codec = Codec::parse((codec.empty() ? "gzip" : codec) + (level == 0 ? "" : ":" + std::to_string(level)));
    return answer(described(pack(path, output, options)), as_json, copy_text);
  }
};

struct UnpackArguments : RunArguments {
  std::string output;
  int execute() const {
    const auto report = unpack(path, output, {.trust = Trust::none, .prober = kOwnProber});
    return answer(described(report), as_json, copy_text);
  }
};

struct MergeArguments : RunArguments {
  std::vector<std::filesystem::path> runs;
  std::string output;
  int execute() const {
    const auto report = merge(runs, output, {.trust = Trust::none, .prober = kOwnProber});
    return answer(described(report), as_json, copy_text);
  }
};

}  // namespace

Subcommand add_pack(CLI::App& app) {
  return declare<PackArguments>(app, "pack", kPackAbout, kPackFooter, [](CLI::App& command, PackArguments& arguments) {
    arguments.add_run(command);
    command.add_option("-o,--output", arguments.output, "File to be made")->required();
    command.add_option("--episodes", arguments.episodes, "Only these, as in 0-99,120");
    command.add_option("--codec", arguments.codec, "Encode all chunks anew");
    command.add_option("--level", arguments.level, "Of the codec, or of gzip")->check(CLI::Range(1, 9));
    command.add_option("--layout", arguments.layout, "Of dense streams: rows or traces")
        ->check(CLI::IsMember({"rows", "traces"}));
    command.add_flag("--by-neuron", arguments.by_neuron, "Add an index of the spikes by neuron");
    arguments.add_json(command);
  });
}

Subcommand add_unpack(CLI::App& app) {
  return declare<UnpackArguments>(
      app, "unpack", kUnpackAbout, kUnpackFooter, [](CLI::App& command, UnpackArguments& arguments) {
        command.add_option("FILE", arguments.path, "Packed file")->required();
        command.add_option("-o,--output", arguments.output, "Directory to be made")->required();
        arguments.add_json(command);
      });
}

Subcommand add_merge(CLI::App& app) {
  return declare<MergeArguments>(
      app, "merge", kMergeAbout, kMergeFooter, [](CLI::App& command, MergeArguments& arguments) {
        command.add_option("RUN", arguments.runs, "Runs, in any form")->required();
        command.add_option("-o,--output", arguments.output, "Directory to be made")->required();
        arguments.add_json(command);
      });
}

}  // namespace neurotape::tools
