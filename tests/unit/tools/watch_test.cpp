#include "tool.hpp"

namespace neurotape::tool {
namespace {

using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;

/// With runs that stand still; tests/fault/watched.py has those that grow.
class WatchTest : public ToolTest {
 protected:
  /// The objects that the command printed, one a line.
  std::vector<json> looks(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "watch");
    arguments.emplace_back("--json");
    std::istringstream lines(text(std::move(arguments)));
    std::vector<json> looks;
    for (std::string line; std::getline(lines, line);) looks.push_back(json::parse(line));
    return looks;
  }
};

TEST_F(WatchTest, AFinishedRunIsSeenOnce) {
  const auto run = recorded();
  const auto seen = looks({run});
  ASSERT_EQ(seen.size(), 1U);
  const auto& look = seen[0];
  EXPECT_EQ(look["ended"], "finished");
  EXPECT_EQ(look["live"], false);
  EXPECT_EQ(look["name"], "trial");
  EXPECT_EQ(look["path"], run.string());
  EXPECT_EQ(look["rows"], 98 + 30 + 2 + 5);
  EXPECT_EQ(look["rows_lost"], 2);
  EXPECT_EQ(look["rows_per_second"], json());
  EXPECT_EQ(look["elapsed_seconds"], json());
  EXPECT_EQ(look["ring"], json());
  EXPECT_EQ(look["problems"], json::array());
  EXPECT_EQ(look["episodes"],
            json({{"count", 2}, {"open", 0}, {"finished", 2}, {"cut_off", 0}, {"unseen", 0}, {"looked_into", 2}}));
  const auto voltage = with(look["streams"], "path", "neural_states/v");
  EXPECT_EQ(voltage["rows"], 98 + 5);
  EXPECT_EQ(voltage["gaps"], 1);
  EXPECT_EQ(voltage["rows_lost"], 2);
  EXPECT_EQ(voltage["unit"], "µV");
  EXPECT_EQ(voltage["last"], 1.0);
  EXPECT_EQ(voltage["last_timestep"], 4) << "of the newest episode that has the stream";
  EXPECT_EQ(voltage["last_episode"], 1);
  const auto spikes = with(look["streams"], "path", "spikes/exc");
  EXPECT_EQ(spikes["last"], 30.0 / (93 - 3 + 1)) << "spikes of a timestep";
  EXPECT_EQ(with(look["streams"], "path", "rewards")["last"], -1.0);
}

TEST_F(WatchTest, ReadsWellAsText) {
  const auto run = recorded();
  const auto seen = text({"watch", run});
  EXPECT_THAT(seen, ContainsRegex("^  time +stream +rows +rows/s +raw/s +stored +ratio +lost +last\n"));
  EXPECT_THAT(seen, ContainsRegex("Z  neural_states/v +103 +- +- +[0-9.]+ k?B +[0-9.]+ +2 +1 µV\n"));
  EXPECT_THAT(seen, EndsWith(run.string() + ": finished, 2 episodes, 135 rows\n"));
}

TEST_F(WatchTest, OneThatWasCutOffDied) {
  const auto run = cut_off();
  const auto look = looks({run}).at(0);
  EXPECT_EQ(look["ended"], "died");
  EXPECT_EQ(look["episodes"]["cut_off"], 1);
  EXPECT_EQ(with(look["streams"], "path", "neural_states/v")["last"], 0.5);
  EXPECT_THAT(text({"watch", run}), HasSubstr(": its recorder died; all that was committed is there"));
  EXPECT_EQ(looks({file_of(run, "episode_")}).at(0)["ended"], "died");
}

TEST_F(WatchTest, WhatIsBeingRecordedGoesOn) {
  auto experiment = create();
  EXPECT_EQ(looks({experiment.path(), "--looks", "1"}).at(0)["streams"], json::array()) << "before its first commit";
  auto episode = experiment.start_episode();
  auto position = episode.behavior<std::int32_t>("position", {2}, {.unit = "m"});
  for (int t = 0; t < 10; ++t) position.record(t, std::vector<std::int32_t>{t, t + 1});
  episode.log_event("lesion", 3);
  experiment.flush();
  const auto seen = looks({experiment.path(), "--looks", "2", "--every", "0.01"});
  ASSERT_EQ(seen.size(), 2U);
  for (const auto& look : seen) {
    EXPECT_EQ(look["ended"], json());
    EXPECT_EQ(look["live"], true);
    EXPECT_EQ(look["episodes"]["open"], 1);
    EXPECT_GE(look["elapsed_seconds"].get<double>(), 0);
    EXPECT_LE(look["ring"]["used_bytes"], look["ring"]["peak_bytes"]);
    EXPECT_LT(look["ring"]["peak_bytes"], look["ring"]["bytes"]);
    EXPECT_GT(look["ring"]["used_bytes"], 0);
    const auto stream = with(look["streams"], "path", "behavior/position");
    EXPECT_EQ(stream["last"], 9.5);
    EXPECT_EQ(stream["last_timestep"], 9);
    EXPECT_EQ(with(look["streams"], "path", "events")["last"], json());
  }
  EXPECT_EQ(seen[1]["rows_per_second"], 0.0);
  const auto file = file_of(experiment.path(), "episode_");
  EXPECT_EQ(looks({file, "--looks", "1"}).at(0)["ended"], json());
  episode.finish();
  experiment.flush();
  EXPECT_EQ(looks({experiment.path(), "--looks", "1"}).at(0)["episodes"]["finished"], 1);
}

TEST_F(WatchTest, LossesShowWhileItIsRecorded) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto voltage = episode.neural_state<float>("v", {2});
  for (int t = 0; t < 10; ++t)
    voltage.record(t, std::vector<float>{1.0F, t < 3 ? std::numeric_limits<float>::quiet_NaN() : 3.0F});
  experiment.flush();
  const auto look = looks({experiment.path(), "--looks", "1"}).at(0);
  EXPECT_EQ(look["ended"], json());
  EXPECT_EQ(look["rows_lost"], 3);
  const auto stream = with(look["streams"], "path", "neural_states/v");
  EXPECT_EQ(stream["rows"], 7);
  EXPECT_EQ(stream["rows_lost"], 3);
  EXPECT_EQ(stream["gaps"], 1);
  EXPECT_EQ(stream["last"], 2.0) << "the mean of the last row";
}

TEST_F(WatchTest, OfManyEpisodesTheIndexTells) {
  auto experiment = create();
  for (int i = 0; i < 100; ++i) {
    auto episode = experiment.start_episode();
    auto reward = episode.rewards();
    for (int t = 0; t < 3; ++t) reward.record(t, i);
    episode.finish();
  }
  experiment.close();
  const auto look = looks({experiment.path()}).at(0);
  EXPECT_EQ(look["episodes"]["count"], 100);
  EXPECT_EQ(look["episodes"]["finished"], 100);
  EXPECT_EQ(look["episodes"]["looked_into"], 64);
  EXPECT_EQ(look["rows"], 300);
  const auto reward = with(look["streams"], "path", "rewards");
  EXPECT_EQ(reward["rows"], 300);
  EXPECT_EQ(reward["raw_bytes"], 64 * 3 * 16) << "of those looked into";
  EXPECT_EQ(reward["last"], 99.0);
}

TEST_F(WatchTest, WhatIsNoRunIsRefused) {
  const auto missing = (directory() / "nowhere").string();
  expect_refused({"watch", missing}, {"there is no such run", missing});
  expect_refused({"watch", missing, "--json"}, {missing});
  expect_refused({"watch", directory()}, {"is not a run", directory().string()});
  expect_refused({"watch", missing, "--every", "0"}, {"--every"});
}

TEST_F(WatchTest, AnUnreadableEpisodeIsAProblem) {
  const auto run = recorded();
  std::ofstream(run / "episodes" / "episode_0005.h5") << "nothing of use";
  const auto finished = ToolTest::run({"watch", run, "--json"});
  EXPECT_EQ(finished.status, 2);
  EXPECT_THAT(finished.errors, HasSubstr("episode_0005.h5"));
  const auto look = json::parse(finished.output);
  EXPECT_EQ(look["problems"].size(), 1U);
  EXPECT_EQ(look["episodes"]["finished"], 2);
  EXPECT_EQ(look["episodes"]["unseen"], 1);
}

TEST_F(WatchTest, AReaderThatHasGoneIsNoError) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  episode.rewards().record(0, 1.0);
  experiment.flush();
  for (const char* form : {"--json", "--every=3600"}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    const auto finished = ToolTest::run({"watch", experiment.path(), form}, ends[1]);
    EXPECT_EQ(finished.status, 0);
    EXPECT_EQ(finished.errors, "");
  }
}

TEST_F(WatchTest, HelpTeaches) {
  for (const char* word : {"--every", "--looks", "--json", "`q`", "rows/s", "ring", "lost", "last", "Examples:"})
    EXPECT_THAT(text({"watch", "--help"}), HasSubstr(word));
}

}  // namespace
}  // namespace neurotape::tool
