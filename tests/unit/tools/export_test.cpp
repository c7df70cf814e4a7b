#include <neurotape/npz.hpp>

#include "small_run.hpp"

namespace neurotape::tool {
namespace {

using testing::HasSubstr;

class ExportTest : public SmallRunTest {
 protected:
  void SetUp() override {
    if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py to judge the files";
  }
  std::filesystem::path out() const { return directory() / "out"; }
  /// Exports the small run and has it judged. \returns what the command says
  json judged(const std::string& format, std::vector<std::string> more = {}) const {
    const auto run = small_run();
    std::vector<std::string> arguments{"export", run, "--to", format, "-o", out()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto report = parsed(arguments);
    const auto verdict = support::run_python("unit/tools/export_judge.py", {format, run.string(), out().string()});
    EXPECT_EQ(verdict.status, 0) << verdict.output;
    EXPECT_EQ(verdict.output, "as it should be\n");
    return report;
  }
};

TEST_F(ExportTest, CsvIsWhatPandasReads) {
  const auto report = judged("csv");
  EXPECT_EQ(report["notes"], json::array());
  EXPECT_EQ(report["files"].size(), 1u + 3 * 6);
}

TEST_F(ExportTest, NpzIsWhatNumpyReads) {
  judged("npz");
  EXPECT_EQ(NpzFile(out() / "episode_0000/neural_states/v.npz").read("values").shape(), Shape(4, 3));
}

TEST_F(ExportTest, JsonIsWhatPandasReads) { judged("json"); }

TEST_F(ExportTest, SonataFollowsTheRulesOfItsReaders) {
  const auto report = judged("sonata", {"--population", "cortex"});
  EXPECT_THAT(report["notes"].dump(), HasSubstr("rewards was left out: SONATA has no place for it (episodes: 3)"));
}

TEST_F(ExportTest, NwbFollowsTheRulesOfItsReaders) { judged("nwb"); }

TEST_F(ExportTest, MinariFollowsTheRulesOfItsReader) {
  const auto report = judged(
      "minari", {"--observations", "neural_states/v", "--actions", "behavior/position", "--dataset", "lab/small-v1"});
  EXPECT_THAT(report["notes"].dump(), HasSubstr("no observation after its last action"));
}

TEST_F(ExportTest, OnlyTheChosenEpisodes) {
  EXPECT_EQ(text({"export", small_run(), "--to", "json", "-o", out(), "--episodes", "1"}),
            out().string() + ": 2 files\n");
  EXPECT_TRUE(std::filesystem::exists(out() / "episode_0001.json"));
  EXPECT_FALSE(std::filesystem::exists(out() / "episode_0000.json"));
}

TEST_F(ExportTest, WhatFailsLeavesNothing) {
  const auto run = small_run();
  expect_refused({"export", run, "--to", "csv", "-o", out(), "--episodes", "0,7"}, {"no episode 7"});
  expect_refused({"export", run, "--to", "minari", "-o", out()}, {"--observations", "--actions"});
  expect_refused({"export", run, "--to", "minari", "-o", out(), "--observations", "rewards", "--actions", "rewards"},
                 {"dense streams"});
  expect_refused({"export", run, "--to", "xlsx", "-o", out()}, {"--to", "csv"});
  auto experiment = Experiment::create(directory(), "timeless");
  experiment.start_episode().spikes("s").record(0, std::vector<int>{1});
  experiment.close();
  expect_refused({"export", experiment.path(), "--to", "nwb", "-o", out()}, {"how long a timestep is", "--dt-ms"});
  for (const auto& entry : std::filesystem::directory_iterator(directory()))
    EXPECT_THAT(entry.path().filename().string(), testing::Not(HasSubstr("out."))) << "left behind";
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(ExportTest, AnOutputThatIsThereIsNotTouched) {
  std::filesystem::create_directory(out());
  std::ofstream(out() / "mine") << "precious";
  expect_refused({"export", small_run(), "--to", "csv", "-o", out()}, {"there already", "out"});
  EXPECT_TRUE(std::filesystem::exists(out() / "mine"));
}

}  // namespace
}  // namespace neurotape::tool
