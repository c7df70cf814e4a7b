#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <unistd.h>

#include "tools/commands.hpp"

namespace neurotape::tools {
namespace {

constexpr int kCannot = 2;

constexpr const char* kAbout =
    "Looks into what neurotape recorded, and tidies what was cut off. Only `recover` writes.";
constexpr const char* kFooter = R"(RUN is a run directory, an episode file, a segment or a packed file. One that is
still being written is shown as of its last commit; nothing disturbs the recorder.

Examples:
  neurotape info experiments/cartpole_20261120_101500
  neurotape ls experiments/cartpole_20261120_101500
  neurotape ls experiments/cartpole_20261120_101500 3
  neurotape recover experiments/cartpole_20261120_101500
  neurotape ls --json RUN | jq '.episodes[] | select(.status != "complete")'

Exit status: 0, or 2 when something could not be read, with the reason on standard error.)";
constexpr const char* kInfoAbout =
    "What a run holds: configuration, network, episodes by status, every stream with its\n"
    "type, rows, sizes and gaps over all episodes, and where the run comes from";
constexpr const char* kInfoFooter =
    R"(Columns of the streams: raw and stored are bytes before and after compression, ratio is
raw / stored, gaps and rows lost are what the recorder had to drop, episodes is how many
have the stream. files is the size of all files of the run, as `ls -l` gives it.
"varies": not the same in all episodes; "-": none, or not stated.)";
constexpr const char* kListAbout = "The episodes of a run, a line each; or the streams of one episode";
constexpr const char* kListFooter =
    R"(wall time is from start to end of the recording, timesteps the first and the last that
any stream has, return the sum of the rewards, stored the bytes of all streams, file the
size of the file that the episode is in: small episodes share one.
"-": not known (yet), as the wall time of an episode that is being recorded.)";

constexpr const char* kRecoverAbout = "Tidies a run whose recording process died";
constexpr const char* kRecoverFooter =
    R"(Repeats the commit that was cut off, gives back reserved space, marks unfinished episodes
as "recovered", removes files that no commit names, and writes the index anew. No reader
needs it: a run can be read as it is. It can be repeated, also after it was killed itself.

rows kept are those that were committed; uncommitted ones are in the file behind them, and
are not shown by the loader. Exit status: 0, or 2 when something could not be recovered.)";

int fail(const std::string& reason) {
  std::cerr << "neurotape: " << reason << '\n';
  return kCannot;
}

/// A reader that has seen enough (`| head`) is no error.
int print(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      return 0;
    } else if (errno != EINTR) {
      return fail(std::string("cannot write the answer: ") + std::strerror(errno));
    }
  }
  return 0;
}

int answer(const Json& found, bool as_json, std::string (*text)(const Json&)) {
  int status = print(as_json ? found.dump(2, ' ', false, Json::error_handler_t::replace) + "\n" : text(found));
  if (const auto problems = found.find("problems"); problems != found.end())
    for (const auto& problem : *problems) status = fail(problem.get<std::string>());
  return status;
}

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
  std::string path, episode, copy_to;
  bool as_json = false;
  const auto command = [&](const char* name, const char* about, const char* footer) {
    auto* added = app.add_subcommand(name, about);
    added->footer(footer);
    added->add_option("RUN", path, "Run directory, episode file, segment or packed file")->required();
    added->add_flag("--json", as_json, "The same as one JSON object");
    return added;
  };
  const auto* info = command("info", kInfoAbout, kInfoFooter);
  auto* list = command("ls", kListAbout, kListFooter);
  list->add_option("EPISODE", episode, "Number or id of an episode: 3, episode_0003");
  auto* recovery = command("recover", kRecoverAbout, kRecoverFooter);
  recovery->add_option("--copy", copy_to, "Copy the run to this new directory, and tidy the copy");
  app.set_version_flag("--version", "neurotape " NEUROTAPE_VERSION, "Print the version and exit");
  if (const auto wrong = wrong_start(app, argc > 1 ? argv[1] : ""); !wrong.empty()) return fail(wrong);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return print(app.help());
  } catch (const CLI::CallForVersion& version) {
    return print(std::string(version.what()) + "\n");
  } catch (const CLI::ParseError& error) {
    return fail(std::string(error.what()) + " (neurotape --help tells the usage)");
  }
  if (recovery->parsed()) return answer(recover_run(path, copy_to), as_json, recovery_text);
  const Run opened(path);
  if (info->parsed()) return answer(info_of_run(opened), as_json, info_text);
  if (list->count("EPISODE") == 0) return answer(list_of_episodes(opened), as_json, episodes_text);
  return answer(list_of_streams(opened, episode), as_json, streams_text);
}

}  // namespace
}  // namespace neurotape::tools

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return neurotape::tools::run(argc, argv);
  } catch (const std::exception& error) {
    return neurotape::tools::fail(error.what());
  }
}
