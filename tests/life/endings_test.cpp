// Programs that end in every way in which a program can: what was recorded is in the file as far as the way allows, and
// nothing crashes. tests/life/endings is what ends.

#include <csignal>
#include <sstream>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

struct Ending {
  std::string way;
  bool complete = true;  ///< all rows are in the file, else those of the flush
  int status = 0;        ///< of the program; -1: ended by a signal of its own making
  std::string episode = "complete";
};

void PrintTo(const Ending& ending, std::ostream* out) { *out << ending.way; }

class Endings : public JudgedTest, public ::testing::WithParamInterface<Ending> {
 protected:
  struct Told {
    int recorded = 0;
    int safe = 0;
  };
  Told end(const std::string& way, int status) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "life_endings";
    const auto finished =
        run_command("ulimit -c 0; exec timeout 30 '" + program.string() + "' '" + directory().string() + "' " + way);
    EXPECT_EQ(finished.status, status) << finished.output;
    Told told;
    std::istringstream lines(finished.output);
    for (std::string word; lines >> word;) {
      if (word == "recorded") lines >> told.recorded;
      if (word == "safe") lines >> told.safe;
    }
    EXPECT_GT(told.safe, 0) << finished.output;
    return told;
  }
  std::filesystem::path run() const { return std::filesystem::directory_iterator(directory())->path(); }
};

TEST_P(Endings, KeepWhatWasRecorded) {
  const Ending& ending = GetParam();
  const Told told = end(ending.way, ending.status);
  json seen = describe(run());
  json& episode = seen["episodes"]["episode_0000"];
  if (!ending.complete && episode.is_null()) {  // the index does not know it yet
    EXPECT_EQ(Run(run()).episode(0).rewards().rows(), static_cast<std::uint64_t>(told.safe));
    return;
  }
  EXPECT_EQ(episode["attributes"]["status"], ending.episode);
  json& values = episode["datasets"]["rewards/values"]["values"];
  const int rows = ending.complete ? told.recorded : told.safe;
  ASSERT_GE(static_cast<int>(values.size()), rows);
  EXPECT_TRUE(!ending.complete || static_cast<int>(values.size()) == rows) << values.size();
  for (int t = 0; t < rows; ++t) ASSERT_EQ(values[static_cast<std::size_t>(t)], t / 4.0);
}

INSTANTIATE_TEST_SUITE_P(
    All, Endings,
    ::testing::Values(Ending{"local"}, Ending{"static"}, Ending{"local_static"}, Ending{"static_of_static"},
                      Ending{"static_of_later_static"}, Ending{"thread_local"}, Ending{"thread_local_of_a_thread"},
                      Ending{"atexit"}, Ending{"atexit_goes_on"}, Ending{"exit_inside"}, Ending{"dlclose"},
                      Ending{"quick_exit", false, 0, "recording"}, Ending{"quick_exit_handler"},
                      Ending{"immediate_exit", false, 0, "recording"}, Ending{"exception", false, -1, "recording"},
                      Ending{"caught_exception", true, 0, "aborted"}, Ending{"abort", false, -1, "recording"}),
    [](const auto& ending) { return ending.param.way; });

using EndingsOfThreads = Endings;

TEST_F(EndingsOfThreads, ExitWhileAnotherThreadRecordsHarmsNothing) {
  for (int round = 0; round < 20; ++round) {
    end("exit_of_another_thread", 0);
    const auto path = run();
    json seen = describe(path)["episodes"]["episode_0000"]["datasets"];
    EXPECT_EQ(seen["rewards/values"]["shape"], json::array({30}));
    std::filesystem::remove_all(path);
  }
}

}  // namespace
}  // namespace neurotape::outside
