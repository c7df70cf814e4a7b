#include <CLI/CLI.hpp>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "tools/manual.hpp"
#include "tools/subcommand.hpp"

namespace neurotape::tools {
namespace {

constexpr const char* kAbout =
    "Looks into what neurotape recorded, checks it, copies it, brings it into the formats of\n"
    "others and back, and tidies what was cut off. No run is changed but by `recover`.";
constexpr const char* kFooter = R"(RUN is a run directory, an episode file, a segment or a packed file. One that is
still being written is shown as of its last commit; nothing disturbs the recorder. It is said
whether a process records the run now, or was cut off.

Examples:
  neurotape info experiments/cartpole_20261120_101500
  neurotape ls experiments/cartpole_20261120_101500
  neurotape ls experiments/cartpole_20261120_101500 3
  neurotape show experiments/cartpole_20261120_101500 3 spikes/excitatory --to 100
  neurotape stats experiments/cartpole_20261120_101500
  neurotape watch experiments/cartpole_20261120_101500
  neurotape plot experiments/cartpole_20261120_101500 3 -o episode.png
  neurotape export experiments/cartpole_20261120_101500 --to nwb -o nwb
  neurotape import --from sonata spikes.h5 --dt 0.1 -o experiments/cortex
  neurotape diff experiments/cartpole_20261120_101500 experiments/cartpole_20261121_090000
  neurotape pack experiments/cartpole_20261120_101500 -o cartpole.h5
  neurotape verify experiments/cartpole_20261120_101500
  neurotape recover experiments/cartpole_20261120_101500
  neurotape ls --json RUN | jq '.episodes[] | select(.status != "complete")'

Files may come from anywhere: a second process reads each of them first, within 4 seconds
and 1 GiB of memory, and what it does not survive is reported as damaged and left alone.

Exit status: 0, or 2 when something could not be read, with the reason on standard error;
1 when the answer is no: `verify` found faults, `diff` or `attention diff` differences.)";

/// What is wrong with the first word, for that is where a command must be; empty: nothing that is seen here.
std::string wrong_start(const CLI::App& app, const std::string& word) {
  std::string names;
  for (const auto* command : app.get_subcommands({})) {
    if (command->get_name() == word) return {};
    names += (names.empty() ? "" : ", ") + command->get_name();
    if (word.starts_with('-') && command->get_option_no_throw(word) != nullptr &&
        app.get_option_no_throw(word) == nullptr)
      return word + " goes after the command: neurotape " + command->get_name() + " " + word + " RUN";
  }
  if (word.empty()) return "a command is missing (" + names + "); neurotape --help tells the usage";
  return word.starts_with('-') ? std::string() : "there is no command '" + word + "' (" + names + ")";
}

int run(int argc, const char* const* argv) {
  CLI::App app(kAbout, "neurotape");
  app.footer(kFooter);
  app.require_subcommand(1);
  bool page_wanted = false;  // the first word tells, before all else
  app.add_flag("--manual", page_wanted, "Print the man page and exit");
  app.add_flag("--completion", page_wanted, "Print the completion of bash and exit: source <(neurotape --completion)");
  app.set_version_flag("--version", "neurotape " NEUROTAPE_VERSION, "Print the version and exit");
  const std::vector<Subcommand> subcommands = {add_info(app),   add_ls(app),      add_show(app),      add_stats(app),
                                               add_verify(app), add_export(app),  add_import(app),    add_pack(app),
                                               add_unpack(app), add_merge(app),   add_diff(app),      add_estimate(app),
                                               add_plot(app),   add_recover(app), add_attention(app), add_watch(app)};
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "--manual") return print(manual(app, NEUROTAPE_VERSION));
  if (first == "--completion") return print(completion(app));
  if (const auto wrong = wrong_start(app, first); !wrong.empty()) return fail(wrong);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return print(app.help());
  } catch (const CLI::CallForVersion& version) {
    return print(std::string(version.what()) + "\n");
  } catch (const CLI::ParseError& error) {
    return fail(std::string(error.what()) + " (neurotape --help tells the usage)");
  }
  for (const auto& subcommand : subcommands)
    if (subcommand.app->parsed()) return subcommand.run();
  return kCannot;
}

}  // namespace
}  // namespace neurotape::tools

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == neurotape::detail::kServeProbes)
    return neurotape::detail::serve_probes();
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return neurotape::tools::run(argc, argv);
  } catch (const std::exception& error) {
    return neurotape::tools::fail(error.what());
  }
}
