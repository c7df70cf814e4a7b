#include <algorithm>
#include <chrono>
#include <functional>
#include <poll.h>
#include <unistd.h>

#include "tools/subcommand.hpp"
#include "tools/terminal.hpp"
#include "tools/watch_look.hpp"
#include "tools/watch_text.hpp"

namespace neurotape::tools {
namespace {

using namespace std::chrono_literals;
using Event = Terminal::Event;
using Milliseconds = std::chrono::milliseconds;

constexpr const char* kAbout = "A run while it is recorded, look by look: rates, ratio, ring, losses, last values";
constexpr const char* kFooter =
    R"(On a terminal a screen, until `q` or Ctrl-C; elsewhere a line for each stream and look, or
with --json an object a line. Ends by itself when the run is finished or its recorder died,
and says which. Only reads files: the recorder does not notice it. What it shows is as of
the last commit, of which there is one a second by default.

  rows/s, raw/s   rows and bytes before compression that came since the look before
  stored, ratio   bytes in the files, and how many raw ones are in each of them
  ring            how full the memory between simulation and disk was as the last commit
                  began, and the most since the recorder began
  lost            rows that the recorder had to drop, as far as they were committed
  last            of a dense stream its last value, or the mean of its last row; the last
                  reward; the weight that changed last; spikes a timestep since the look
                  before. Behind it a spark line of this in the last looks (of events: of
                  their rate), from the smallest to the largest value that is shown

All episodes are added up, of the last values those of the newest that is being recorded are
shown. Of many finished ones the index tells the rows, and some are looked into for the rest.

Examples:
  neurotape watch RUN
  neurotape watch RUN --every 10 | tee -a progress.txt
  neurotape watch RUN --json --looks 1 | jq '.streams[] | {path, rows_per_second}'
  neurotape watch RUN/episodes/episode_0003.h5        one episode

Exit status: 0, or 2 when something could not be read.)";

/// While the reader of standard output is there.
Event wait_beside_output(Milliseconds longest) {
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::poll(&output, 1, static_cast<int>(longest.count())) > 0 ? Event::quit : Event::none;
}

class Watch {
 public:
  using Wait = std::function<Event(Milliseconds)>;

  Watch(Run run, double every_seconds, std::uint64_t most_looks)
      : looks_(FollowedRun(std::move(run))),
        every_(static_cast<Milliseconds::rep>(every_seconds * 1000)),
        left_(most_looks) {}

  /// Looks until there is nothing more to come, or enough was seen.
  /// \param show the last look; \returns whether anybody wants more
  void run(const std::function<bool(const Json&)>& show, const Wait& wait) {
    for (;;) {
      last_ = looks_.next();
      const bool wanted = show(last_);
      if (has_ended() || --left_ == 0 || !wanted || !wait_for_next(wait)) return;
    }
  }
  /// The last look.
  const Json& last() const noexcept { return last_; }
  bool has_ended() const { return !last_["ended"].is_null(); }
  /// Says what could not be read in it. \returns the exit status
  int tell_problems() const {
    int status = 0;
    for (const auto& problem : last_["problems"]) status = fail(problem.get<std::string>());
    return status;
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// At the next commit, but not before the time; where none comes, after twice that time. So looks go with commits where
  /// both come as often, and the rates do not jump.
  bool wait_for_next(const Wait& wait) {
    constexpr Milliseconds kForCommit = 50ms, kForEnd = 500ms;
    const auto began = Clock::now();
    for (;;) {
      const auto passed = std::chrono::duration_cast<Milliseconds>(Clock::now() - began);
      const bool is_time = passed >= every_;
      if (passed >= 2 * every_ || (is_time && looks_.has_news()) || !looks_.is_recorded()) return true;
      const auto left = is_time ? std::min(kForCommit, 2 * every_ - passed) : std::min(kForEnd, every_ - passed);
      if (wait(left) == Event::quit) return false;
    }
  }

  Looks looks_;
  const Milliseconds every_;
  std::uint64_t left_;
  Json last_;
};

struct Arguments : RunArguments {
  double every_seconds = 1;
  std::uint64_t looks = 0;  ///< 0: until the end

  int execute() const { return !as_json && Terminal::is_there() ? on_screen() : in_lines(); }

 private:
  int on_screen() const {
    Terminal terminal;
    Watch watch(open(), every_seconds, looks);
    WatchScreen screen;
    const auto lines = [&] { return screen.lines(terminal.columns(), terminal.rows(), terminal.charset()); };
    const auto show = [&](const Json& look) {
      screen.add(look);
      terminal.draw(lines());
      return true;
    };
    const auto wait = [&](Milliseconds longest) {
      const auto event = terminal.wait(longest);
      if (event == Event::resized) terminal.draw(lines());
      return event;
    };
    watch.run(show, wait);
    terminal.leave();
    if (!watch.has_ended()) return watch.tell_problems();
    // The last screen stays: nobody saw it go.
    std::string text;
    for (const auto& line : lines()) text += terminal.shown(line) + "\n";
    return std::max(print(text + end_text(watch.last())), watch.tell_problems());
  }

  int in_lines() const {
    Watch watch(open(), every_seconds, looks);
    WatchLines lines;
    Output output;
    const auto show = [&](const Json& look) {
      if (as_json) return output.write(look.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
      return output.write(lines.of(look) + (look["ended"].is_null() ? "" : end_text(look)));
    };
    watch.run(show, wait_beside_output);
    return std::max(output.status(), watch.tell_problems());
  }
};

}  // namespace

Subcommand add_watch(CLI::App& app) {
  return declare<Arguments>(app, "watch", kAbout, kFooter, [](CLI::App& command, Arguments& arguments) {
    constexpr double kLeastSeconds = 0.01, kMostSeconds = 86'400;
    arguments.add_run(command);
    command
        .add_option("--every", arguments.every_seconds, "Seconds from look to look, and then to the next commit (1)")
        ->check(CLI::Range(kLeastSeconds, kMostSeconds));
    command.add_option("--looks", arguments.looks, "Ends after so many looks")->check(above_zero());
    command.add_flag("--json", arguments.as_json, "A JSON object a look, in a line");
  });
}

}  // namespace neurotape::tools
