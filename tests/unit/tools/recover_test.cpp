#include "tool.hpp"

namespace neurotape::tool {
namespace {

using testing::HasSubstr;

class RecoverTest : public ToolTest {
 protected:
  static std::string status_of(const std::filesystem::path& run) { return std::string(Run(run).episode(0).status()); }

  /// One that was cut off after a commit of ten timesteps, and whose file has lost some of it since.
  std::filesystem::path with_losses() const {
    auto experiment = create();
    auto episode = experiment.start_episode();
    record(episode);
    experiment.flush();
    const auto run = directory() / "dead";
    std::filesystem::copy(experiment.path(), run, std::filesystem::copy_options::recursive);
    episode.finish();
    experiment.close();
    std::filesystem::remove_all(experiment.path());
    std::filesystem::remove(run / ".journal");  // all of it is in the file; it would be repeated over the damage
    damage(run, {"resize", "neural_states/v/values", "8"});
    damage(run, {"resize", "spikes/exc/neuron_ids", "15"});
    damage(run, {"resize", "events/data", "20"});
    damage(run, {"delete", "rewards/values"});
    damage(run, {"delete", "weight_changes"});
    return run;
  }

 private:
  static void record(Episode& episode) {
    auto position = episode.behavior<double>("position", {2});
    auto voltage = episode.neural_state<float>("v", {4});
    auto spikes = episode.spikes("exc");
    auto reward = episode.rewards();
    auto plastic = episode.weight_changes();
    for (int t = 0; t < 10; ++t) {
      position.record(t, std::vector<double>(2, 0.5));
      voltage.record(t, std::vector<float>(4, 0.5F));
      spikes.record(t, std::vector<int>{1, 2});
      reward.record(t, 1.0);
      plastic.record(t, 77, 0.5F, 0.75F);
      episode.log_event("step", t, {{"t", t}});  // 7 bytes
    }
  }
  /// \param how a change that damage.py knows, the path of what it changes in the episode, and the rest
  static void damage(const std::filesystem::path& run, std::vector<std::string> how) {
    how.insert(how.begin() + 1, {run.string(), "episodes/episode_0000.h5"});
    const auto finished = support::run_python("unit/verify/damage.py", how);
    ASSERT_EQ(finished.status, 0) << finished.output;
  }
};

TEST_F(RecoverTest, TidiesInPlace) {
  const auto run = cut_off();
  EXPECT_EQ(status_of(run), "recording");
  const auto report = parsed({"recover", run});
  EXPECT_EQ(report["run"], run.string());
  EXPECT_EQ(report["episodes"], 1);
  ASSERT_EQ(report["recovered"].size(), 1U);
  EXPECT_EQ(report["recovered"][0]["episode"], "episode_0000");
  EXPECT_EQ(report["recovered"][0]["streams"]["neural_states/v"],
            json({{"rows", 40}, {"uncommitted_rows", 0}, {"missing_rows", 0}}));
  EXPECT_EQ(report["problems"], json::array());
  EXPECT_EQ(status_of(run), "recovered");
  EXPECT_EQ(Run(run).episode(0).neural_state<float>("v").rows(), 40U);
}

TEST_F(RecoverTest, SaysWhatItDid) {
  const auto run = cut_off();
  EXPECT_THAT(text({"recover", run}),
              testing::AllOf(HasSubstr("1 episode, 1 of them had been cut off"), HasSubstr("episode_0000"),
                             HasSubstr("neural_states/v"), HasSubstr("40")));
  EXPECT_THAT(text({"recover", run}), HasSubstr("1 episode, 0 of them had been cut off"));
}

TEST_F(RecoverTest, ACopyLeavesTheRunAsItWas) {
  const auto run = cut_off();
  const auto copy = directory() / "copy";
  EXPECT_EQ(parsed({"recover", run, "--copy", copy})["run"], copy.string());
  EXPECT_EQ(status_of(run), "recording");
  EXPECT_EQ(status_of(copy), "recovered");
  expect_refused({"recover", run, "--copy", copy}, {"the output is there already", copy.string()});
}

TEST_F(RecoverTest, CommittedRowsThatAreNotThereAreCounted) {
  if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py to damage files";
  const auto finished = ToolTest::run({"recover", with_losses(), "--json"});
  EXPECT_EQ(finished.status, 2);
  const auto report = json::parse(finished.output);
  ASSERT_EQ(report["recovered"].size(), 1U);
  const auto& streams = report["recovered"][0]["streams"];
  const auto rows = [](int kept, int missing) {
    return json({{"rows", kept}, {"uncommitted_rows", 0}, {"missing_rows", missing}});
  };
  EXPECT_EQ(streams["behavior/position"], rows(10, 0));
  EXPECT_EQ(streams["neural_states/v"], rows(8, 2));
  EXPECT_EQ(streams["spikes/exc"], rows(15, 5));
  EXPECT_EQ(streams["events"], rows(2, 8)) << "20 bytes are two events and a part of the third";
  EXPECT_EQ(streams["rewards"], rows(0, 10)) << "of a column that is gone";
  EXPECT_FALSE(streams.contains("weight_changes"));
  ASSERT_EQ(streams.size(), 6U);
  EXPECT_EQ(streams.back(), rows(0, 10)) << "of the stream that only 'commits' names";
  ASSERT_EQ(report["problems"].size(), 5U);
  EXPECT_THAT(report["problems"][1].get<std::string>(),
              testing::AllOf(HasSubstr("episodes/episode_0000.h5"), HasSubstr("stream 'neural_states/v'"),
                             HasSubstr("10 rows were committed, but only 8 are there: 2 missing, from row 8 on")));
}

TEST_F(RecoverTest, CommittedRowsThatAreNotThereAreToldEachTime) {
  if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py to damage files";
  const auto run = with_losses();
  const auto first = ToolTest::run({"recover", run});
  EXPECT_EQ(first.status, 2);
  EXPECT_THAT(first.output, testing::AllOf(HasSubstr("missing"), testing::ContainsRegex("neural_states/v +8 +0 +2")));
  EXPECT_THAT(first.errors, HasSubstr("stream 'spikes/exc': 20 rows were committed, but only 15 are there: 5 missing"));
  const auto again = ToolTest::run({"recover", run});
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.output, HasSubstr("0 of them had been cut off"));
  EXPECT_EQ(again.errors, first.errors);
}

TEST_F(RecoverTest, WhatIsBeingRecordedIsRefused) {
  auto experiment = create();
  expect_refused({"recover", experiment.path()}, {experiment.path().string(), "another recorder has this run open"});
  experiment.close();
  expect_refused({"recover", directory() / "nowhere"}, {"nowhere"});
}

}  // namespace
}  // namespace neurotape::tool
