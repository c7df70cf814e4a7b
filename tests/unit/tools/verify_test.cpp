#include "tool.hpp"

namespace neurotape::tool {
namespace {

using testing::HasSubstr;
using testing::Not;

class VerifyToolTest : public ToolTest {
 protected:
  /// A run in whose only segment a byte of some chunk is another one.
  std::filesystem::path damaged() const {
    const auto run = recorded();
    const auto segment = file_of(run, "segment_");
    const auto found =
        support::run_python("unit/verify/damage.py", {"flip_chunks", run.string(), segment.string(), "1"});
    EXPECT_EQ(found.status, 0) << found.output;
    return run;
  }
};

TEST_F(VerifyToolTest, ASoundRunEndsWithZero) {
  const auto run = recorded();
  EXPECT_THAT(text({"verify", run}),
              testing::AllOf(HasSubstr(run.string() + ": sound"), HasSubstr("2 episodes"), Not(HasSubstr("fault"))));
  const auto report = parsed({"verify", run});
  EXPECT_EQ(report["sound"], true);
  EXPECT_EQ(report["faults"], json::array());
  EXPECT_EQ(report["left_behind"], json::array());
  EXPECT_EQ(report["being_recorded"], false);
  EXPECT_EQ(report["episodes"], 2);
  EXPECT_EQ(report["unfinished"], 0);
  EXPECT_EQ(report["rows"], 98 + 30 + 2 + 5);
}

TEST_F(VerifyToolTest, FaultsEndWithOneAndAreListed) {
  if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py to damage files";
  const auto run = damaged();
  const auto finished = ToolTest::run({"verify", run});
  EXPECT_EQ(finished.status, 1);
  EXPECT_EQ(finished.errors, "");
  EXPECT_THAT(finished.output, testing::AllOf(HasSubstr(": 1 fault\n"), HasSubstr("episodes/segment_0000.h5"),
                                              HasSubstr("episode_0000"), HasSubstr("timesteps")));
  const auto as_json = ToolTest::run({"verify", "--json", run});
  EXPECT_EQ(as_json.status, 1);
  const auto report = json::parse(as_json.output);
  EXPECT_EQ(report["sound"], false);
  ASSERT_EQ(report["faults"].size(), 1U);
  const auto& fault = report["faults"][0];
  EXPECT_EQ(fault["file"], "episodes/segment_0000.h5");
  EXPECT_EQ(fault["episode"], "episode_0000");
  EXPECT_EQ(fault["chunk"], 0);
  EXPECT_TRUE(fault["stream"].is_string() && fault["column"].is_string() && fault["what"].is_string());
}

TEST_F(VerifyToolTest, ARunThatIsBeingRecordedIsSaidToBe) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  episode.rewards().record(1, 0.5);
  experiment.flush();
  EXPECT_THAT(text({"verify", experiment.path()}),
              testing::AllOf(HasSubstr("sound"), HasSubstr("being recorded"), HasSubstr("1 unfinished")));
  EXPECT_EQ(parsed({"verify", experiment.path()})["being_recorded"], true);
  EXPECT_EQ(parsed({"verify", experiment.path() / "episodes" / "episode_0000.h5"})["unfinished"], 1);
}

TEST_F(VerifyToolTest, WhatADeadRecorderLeftIsListed) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  episode.rewards().record(1, 0.5);
  experiment.flush();
  std::filesystem::copy(experiment.path(), directory() / "dead", std::filesystem::copy_options::recursive);
  EXPECT_THAT(text({"verify", directory() / "dead"}),
              testing::AllOf(HasSubstr("sound"), HasSubstr("neurotape recover tidies"), HasSubstr(".lock")));
  EXPECT_THAT(parsed({"verify", directory() / "dead"})["left_behind"], testing::Contains(".lock"));
}

TEST_F(VerifyToolTest, TheNumberOfThreadsChangesNothing) {
  const auto run = recorded();
  const auto report = parsed({"verify", run, "--jobs", "1"});
  EXPECT_EQ(parsed({"verify", run, "--jobs", "16"}), report);
}

TEST_F(VerifyToolTest, WhatCannotBeJudgedEndsWithTwo) {
  expect_refused({"verify", directory() / "nowhere"}, {"there is no such run", "nowhere"});
  expect_refused({"verify", directory()}, {"not a run"});
  std::ofstream(directory() / "notes.txt") << "not HDF5";
  expect_refused({"verify", directory() / "notes.txt"}, {"not an HDF5 file", "notes.txt"});
  for (const char* jobs : {"0", "-1", "many", "1.5"})
    expect_refused({"verify", directory(), "--jobs", jobs}, {"--jobs", "--help"});
  expect_refused({"verify"}, {"RUN", "--help"});
  expect_refused({"--jobs", "2", "verify", "a"}, {"--jobs goes after the command"});
}

TEST_F(VerifyToolTest, HelpSaysWhatTheExitStatusMeans) {
  for (const char* word : {"RUN", "--jobs", "--json", "Examples:", "neurotape verify", "0 sound, 1 faults"})
    EXPECT_THAT(text({"verify", "--help"}), HasSubstr(word));
  EXPECT_THAT(text({"--help"}), HasSubstr("verify"));
}

}  // namespace
}  // namespace neurotape::tool
