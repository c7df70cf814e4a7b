#include "tool.hpp"

namespace neurotape::tool {
namespace {

using testing::HasSubstr;

class RecoverTest : public ToolTest {
 protected:
  static std::string status_of(const std::filesystem::path& run) { return std::string(Run(run).episode(0).status()); }
};

TEST_F(RecoverTest, TidiesInPlace) {
  const auto run = cut_off();
  EXPECT_EQ(status_of(run), "recording");
  const auto report = parsed({"recover", run});
  EXPECT_EQ(report["run"], run.string());
  EXPECT_EQ(report["episodes"], 1);
  ASSERT_EQ(report["recovered"].size(), 1U);
  EXPECT_EQ(report["recovered"][0]["episode"], "episode_0000");
  EXPECT_EQ(report["recovered"][0]["streams"]["neural_states/v"], json({{"rows", 40}, {"uncommitted_rows", 0}}));
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
  expect_refused({"recover", run, "--copy", copy}, {"there is something at the place of the copy", copy.string()});
}

TEST_F(RecoverTest, WhatIsBeingRecordedIsRefused) {
  auto experiment = create();
  expect_refused({"recover", experiment.path()}, {experiment.path().string(), "another recorder has this run open"});
  experiment.close();
  expect_refused({"recover", directory() / "nowhere"}, {"nowhere"});
}

}  // namespace
}  // namespace neurotape::tool
