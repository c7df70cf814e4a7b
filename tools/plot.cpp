#include "exchange/plot.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/commands.hpp"
#include "tools/subcommand.hpp"

namespace neurotape::tools {
namespace {

constexpr const char* kAbout = "One figure of an episode: raster, traces, behavior, rewards, events, learning curve";
constexpr const char* kFooter =
    R"(Drawn by gnuplot (Debian: gnuplot-nox). A panel for each population, dense stream and the
rewards, and the return of every episode of the run; events are dashed lines, with their
types in the first panel where they are no more than 20. At most 100 neurons of a population
and 5 columns of a dense stream are drawn; of long ones, the least and the largest
value of each of 1,000 pieces.

Examples:
  neurotape plot RUN 3 -o episode.pdf
  neurotape plot RUN 3 -o start.png --from 0 --to 1000
  neurotape plot RUN 3 --term

Exit status: 0, or 2 when it could not be drawn.)";

struct Arguments : RunArguments {
  std::string episode, output;
  exchange::PlotOptions options;
  bool on_terminal = false;

  int execute() const {
    if (on_terminal == !output.empty()) return fail("plot needs either -o FILE.png, .svg or .pdf, or --term");
    auto chosen = options;
    chosen.format = on_terminal ? "text" : format_of(output);
    winsize size = {};
    if (on_terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 40 && size.ws_row > 20) {
      chosen.columns = size.ws_col;
      chosen.rows = size.ws_row - 2U;
    }
    if (options.from && options.to && *options.to < *options.from)
      return fail("--to: expected " + std::to_string(*options.from) + " or more, got " + std::to_string(*options.to));
    const auto run = open();
    const auto drawn = exchange::plot(run, open_episode(run, episode), chosen);
    if (on_terminal) return print(drawn.picture);
    write(drawn.picture);
    return answer({{"output", output},
                   {"panels", drawn.panels},
                   {"spikes", drawn.spikes},
                   {"points", drawn.points},
                   {"events", drawn.events}},
                  as_json, text);
  }

 private:
  static std::string format_of(const std::string& output) {
    const auto extension = std::filesystem::path(output).extension().string();
    for (const char* known : {"png", "svg", "pdf"})
      if (extension == std::string(".") + known) return known;
    throw Error(ErrorCode::invalid_argument, "pictures are .png, .svg or .pdf", {.path = output});
  }
  void write(const std::string& picture) const {
    std::ofstream file(output, std::ios::binary);
    file << picture;
    if (!file.flush()) throw Error(ErrorCode::io, "cannot write the picture", {.path = output});
  }
  static std::string text(const Json& told) {
    return plain(told["output"]) + ": panels " + plain(told["panels"]) + ", spikes " + plain(told["spikes"]) +
           ", points " + plain(told["points"]) + ", events " + plain(told["events"]) + "\n";
  }
};

}  // namespace

Subcommand add_plot(CLI::App& app) {
  return declare<Arguments>(app, "plot", kAbout, kFooter, [](CLI::App& command, Arguments& arguments) {
    arguments.add_run(command);
    command.add_option("EPISODE", arguments.episode, "Number or id of an episode: 3, episode_0003")->required();
    command.add_option("-o,--output", arguments.output, "File to be written: .png, .svg or .pdf");
    command.add_flag("--term", arguments.on_terminal, "Draw on the terminal, in characters");
    command.add_option("--from", arguments.options.from, "First timestep");
    command.add_option("--to", arguments.options.to, "Timestep behind the last one");
    arguments.add_json(command);
  });
}

}  // namespace neurotape::tools
