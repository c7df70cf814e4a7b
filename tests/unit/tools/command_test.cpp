#include "tool.hpp"

namespace neurotape::tool {
namespace {

using CommandTest = ToolTest;
using testing::HasSubstr;

TEST_F(CommandTest, HelpTeaches) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"--help"}, {"-h"}}) {
    const auto help = text(arguments);
    for (const char* word : {"info", "ls", "RUN", "Examples:", "neurotape ls", "Exit status: 0", "last commit",
                             "export", "plot", "diff", "watch"})
      EXPECT_THAT(help, HasSubstr(word));
  }
  for (const char* word : {"RUN", "--json", "rows lost", "\"varies\""})
    EXPECT_THAT(text({"info", "--help"}), HasSubstr(word));
  for (const char* word : {"EPISODE", "--json", "episode_0003", "return"})
    EXPECT_THAT(text({"ls", "--help"}), HasSubstr(word));
}

TEST_F(CommandTest, TheManPageHasEveryCommandAndCanBeRead) {
  const auto page = text({"--manual"});
  std::ofstream(directory() / "neurotape.1") << page;
  for (const char* command :
       {"info", "ls", "show", "stats", "export", "import", "pack", "merge", "diff", "estimate", "plot", "watch"})
    EXPECT_THAT(page, HasSubstr(std::string(".SS neurotape ") + command + " "));
  for (const char* word : {".SS neurotape attention diff A B", ".SS neurotape attention unpack ", "\\-\\-top",
                           "\\-\\-neurons", "Exit status: 0", "TH NEUROTAPE 1"})
    EXPECT_THAT(page, HasSubstr(word));
  if (support::run_command("man --version").status != 0) GTEST_SKIP() << "no man to read it with";
  const auto read =
      support::run_command("man --warnings -E UTF-8 -l " + (directory() / "neurotape.1").string() + " 2>&1 >/dev/null");
  EXPECT_EQ(read.output, "") << "what man complains of";
}

TEST_F(CommandTest, BashCompletesCommandsAndOptions) {
  std::ofstream(directory() / "completion") << text({"--completion"});
  const auto completed = [&](const std::string& words) {
    return support::run_command("bash -c 'source " + (directory() / "completion").string() + "; COMP_WORDS=(" + words +
                                "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _neurotape; echo \"${COMPREPLY[*]}\"'")
        .output;
  };
  EXPECT_EQ(completed("neurotape ex"), "export\n");
  EXPECT_EQ(completed("neurotape show RUN 0 rewards --n"), "--neurons\n");
  EXPECT_EQ(completed("neurotape pack --co"), "--codec\n");
  EXPECT_EQ(completed("neurotape im"), "import\n");
  EXPECT_EQ(completed("neurotape import SRC --dt-"), "--dt-unit\n");
  EXPECT_EQ(completed("neurotape attention u"), "unpack\n");
  EXPECT_EQ(completed("neurotape attention diff --t"), "--top\n");
}

TEST_F(CommandTest, TellsItsVersion) { EXPECT_EQ(text({"--version"}), "neurotape " NEUROTAPE_VERSION "\n"); }

TEST_F(CommandTest, WhatIsNotThereIsSaidInOneLine) {
  const auto path = recorded();
  const auto missing = (directory() / "nowhere").string();
  for (const char* command : {"info", "ls"}) {
    expect_refused({command, missing}, {"there is no such run", missing});
    expect_refused({command, missing, "--json"}, {missing});
  }
  expect_refused({"ls", path, "17"}, {"there is no episode 17", "from 0 to 1"});
  expect_refused({"ls", path, "first"}, {"'first' is no episode", "episode_0003"});
  expect_refused({"ls", path, "99999999999999999999"}, {"'99999999999999999999'"});
}

TEST_F(CommandTest, WhatIsNoRunIsSaidInOneLine) {
  const auto file = directory() / "notes.txt";
  std::ofstream(file) << "not HDF5";
  expect_refused({"info", file}, {"not an HDF5 file", "notes.txt"});
  std::filesystem::create_directory(directory() / "empty");
  expect_refused({"ls", directory() / "empty"}, {"not a run", "empty"});
}

TEST_F(CommandTest, AWrongCommandLineIsSaidInOneLine) {
  expect_refused({}, {"a command is missing (info, ls, show, stats, verify, export, import, pack, unpack, merge, "
                      "diff, estimate, plot, recover, attention, watch)",
                      "--help"});
  expect_refused({"info"}, {"RUN", "--help"});
  expect_refused({"frobnicate"}, {"there is no command 'frobnicate' (info, ls, show, stats, verify, export, import, "
                                  "pack, unpack, merge, diff, estimate, plot, recover, attention, watch)"});
  expect_refused({"Info", "a"}, {"there is no command 'Info' (info, ls, show, stats, verify, export, import, pack, "
                                 "unpack, merge, diff, estimate, plot, recover, attention, watch)"});
  expect_refused({"--json", "info", "a"}, {"--json goes after the command: neurotape info --json RUN"});
  expect_refused({"--frobnicate", "info", "a"}, {"--frobnicate", "--help"});
  expect_refused({"ls", "a", "0", "more"}, {"more", "--help"});
  expect_refused({"show", "a", "0", "rewards", "--limit", "0"}, {"--limit: expected a number above 0, got 0"});
  expect_refused({"diff", "a", "b", "--tolerance", "-1"}, {"--tolerance: expected 0 or a number above, got -1"});
  expect_refused({"estimate", "--speed", "fast"}, {"--speed", "fast"});
}

TEST_F(CommandTest, AnOptionThatWouldDoNothingIsRefused) {
  const auto path = recorded();
  for (const char* option : {"--dt-ms", "--every", "--rate-hz", "--speed"})
    expect_refused({"estimate", path, option, "1"}, {option, "goes with --neurons"});
  expect_refused({"estimate", path, "--codec", "lzf"}, {"--codec goes with --neurons"});
  const auto refused = [&](const char* format, const char* option, const char* value, const char* formats) {
    expect_refused({"export", path, "--to", format, "-o", directory() / "out", option, value},
                   {option, std::string("is for ") + formats + ", not for " + format});
  };
  refused("csv", "--dt-ms", "1", "sonata and nwb");
  refused("minari", "--dt-ms", "1", "sonata and nwb");
  refused("nwb", "--population", "p", "sonata");
  refused("json", "--observations", "neural_states/v", "minari");
  refused("npz", "--actions", "neural_states/v", "minari");
  refused("sonata", "--dataset", "a/b-v0", "minari");
  expect_refused({"ls", "--long", path, "0"}, {"--long is for the list of episodes"});
}

TEST_F(CommandTest, AReaderThatHasGoneIsNoError) {
  const auto path = recorded();
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"info", path}, {"ls", path}, {"--help"}}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    const auto finished = run(arguments, ends[1]);
    EXPECT_EQ(finished.status, 0);
    EXPECT_EQ(finished.errors, "");
  }
}

TEST_F(CommandTest, AnAnswerThatCannotBeWrittenIsAnError) {
  const auto finished = run({"info", recorded()}, ::open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(finished.status, 2);
  EXPECT_THAT(finished.errors, HasSubstr("No space left"));
}

}  // namespace
}  // namespace neurotape::tool
