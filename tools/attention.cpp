#include <cmath>
#include <neurotape/attention_maps.hpp>

#include "tools/commands.hpp"
#include "tools/subcommand.hpp"
#include "tools/table.hpp"

namespace neurotape::tools {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAbout = "Attention maps: compares two sets, packs a set into one HDF5 file, and unpacks it";
constexpr const char* kFooter =
    R"(A set is a directory of <file id>_attention.npz, a run that has one in attention_maps/, or a
packed file.

Examples:
  neurotape attention diff experiments/eeg_20261120_101500 experiments/eeg_20261121_090000
  neurotape attention diff --json A B | jq -r '.maps[] | select(.correlation < 0.9) | .file_id'
  neurotape attention pack experiments/eeg_20261120_101500 maps.h5
  neurotape attention unpack maps.h5 attention_maps)";
constexpr const char* kDiffAbout = "How the maps of two sets differ, map by map and over all";
constexpr const char* kDiffFooter = R"(equal: bit for bit. largest and mean: of the absolute differences of the values.
correlation: Pearson's; "-" where a map is constant. overlap: of the largest values of both
maps (--top, 1 % if not given), the share that is at the same places.
Exit status: 0 all maps equal, 1 they differ, or one set has maps that the other lacks,
2 when it could not compare.)";
constexpr const char* kPackAbout = "Packs thousands of NPZ files into one HDF5 file, which h5py reads";
constexpr const char* kPackFooter =
    R"(The file has attention_maps [maps, shape...], file_ids, sources, values_clipped, and arrays/
with what else the maps hold. It is written beside and renamed; the set stays as it is.)";
constexpr const char* kUnpackAbout = "Unpacks a packed file into NPZ files, manifest.json and metadata.json";
constexpr const char* kUnpackFooter =
    R"(Maps that are in the directory already are refused. Every array comes back as it was.)";

RunOptions untrusted() { return {.trust = Trust::none, .prober = kOwnProber}; }

Json describe(const MapDifference& map) {
  return {{"file_id", map.file_id},         {"equal", map.equal},
          {"largest", map.largest},         {"mean", map.mean},
          {"correlation", map.correlation}, {"top_overlap", map.top_overlap}};
}

Json differences(const fs::path& a, const fs::path& b, std::size_t top) {
  const auto found = compare_attention_maps(a, b, top, untrusted());
  Json maps = Json::array();
  for (const auto& map : found.maps) maps.push_back(describe(map));
  return {{"a", a.string()},
          {"b", b.string()},
          {"equal", found.equal},
          {"largest", found.largest},
          {"mean", found.mean},
          {"correlation", found.correlation},
          {"top_overlap", found.top_overlap},
          {"maps", std::move(maps)},
          {"only_in_a", found.only_in_a},
          {"only_in_b", found.only_in_b}};
}

std::string number(const Json& value) {
  if (!value.is_number() || std::isnan(value.get<double>())) return {};
  return number_text("%.6g", value.get<double>());
}

std::string difference_text(const Json& found) {
  std::size_t equal = 0;
  Table table({"file id", "equal", ">largest", ">mean", ">correlation", ">overlap"});
  for (const auto& map : found["maps"]) {
    equal += map["equal"].get<bool>() ? 1 : 0;
    table.add({plain(map["file_id"]), map["equal"].get<bool>() ? "yes" : "no", number(map["largest"]),
               number(map["mean"]), number(map["correlation"]), number(map["top_overlap"])});
  }
  table.add({"all", found["equal"].get<bool>() ? "yes" : "no", number(found["largest"]), number(found["mean"]),
             number(found["correlation"]), number(found["top_overlap"])});
  std::string text = count_text(found["maps"].size(), "map") + " in both, " + std::to_string(equal) + " equal\n";
  for (const char* side : {"a", "b"}) {
    const auto& alone = found[std::string("only_in_") + side];
    if (alone.empty()) continue;
    text += "only in " + plain(found[side]) + ":";
    for (const auto& id : alone) text += " " + plain(id);
    text += "\n";
  }
  return text + "\n" + table.to_string();
}

std::string copied_text(const Json& found) {
  return count_text(found["maps"].get<std::uint64_t>(), "map") + " of " + plain(found["from"]) + " in " +
         plain(found["to"]) + "\n";
}

/// The subcommands of the subcommand: each takes from somewhere to somewhere.
struct Arguments {
  CLI::App* diff = nullptr;
  CLI::App* pack = nullptr;
  std::string from, to;
  std::size_t top = 0;
  bool as_json = false;

  CLI::App* add(CLI::App& app, const char* name, const char* about, const char* footer) {
    auto* added = app.add_subcommand(name, about);
    added->footer(footer);
    added->add_flag("--json", as_json, "The same as one JSON object");
    return added;
  }
  void add_places(CLI::App& app, const char* first, const char* about_first, const char* second,
                  const char* about_second) {
    app.add_option(first, from, about_first)->required();
    app.add_option(second, to, about_second)->required();
  }

  int execute() const {
    if (diff->parsed()) {
      const auto found = differences(from, to, top);
      const int status = answer(found, as_json, difference_text);
      return status == 0 && !found["equal"].get<bool>() ? kNo : status;
    }
    const auto maps =
        pack->parsed()
            ? pack_attention_maps(from, to)
            : unpack_attention_maps(from, to, {.out_of_range = OutOfRange::off, .refuse_nan = false}, untrusted());
    return answer({{"maps", maps}, {"from", from}, {"to", to}}, as_json, copied_text);
  }
};

}  // namespace

Subcommand add_attention(CLI::App& app) {
  return declare<Arguments>(app, "attention", kAbout, kFooter, [](CLI::App& command, Arguments& arguments) {
    command.require_subcommand(1);
    arguments.diff = arguments.add(command, "diff", kDiffAbout, kDiffFooter);
    arguments.add_places(*arguments.diff, "A", "A set of attention maps", "B", "Another one");
    arguments.diff->add_option("--top", arguments.top, "How many of the largest values count for the overlap");
    arguments.pack = arguments.add(command, "pack", kPackAbout, kPackFooter);
    arguments.add_places(*arguments.pack, "SET", "A set of attention maps", "FILE", "What to make of it: maps.h5");
    auto* const unpack = arguments.add(command, "unpack", kUnpackAbout, kUnpackFooter);
    arguments.add_places(*unpack, "FILE", "A packed file", "DIRECTORY", "Where the NPZ files go");
  });
}

}  // namespace neurotape::tools
