#include <fstream>

#include "golden.hpp"

namespace neurotape {
namespace {

using nlohmann::json;
using RunTest = LoaderTest;
using testing::ElementsAre;

constexpr const char* kRun = "golden_20261120_101500";

json expected_config() {
  return {{"learning_rate", 1e-3}, {"layers", 3},      {"seed", (std::uint64_t{1} << 63) + 5},
          {"verbose", true},       {"title", "Grüße"}, {"network", {{"size", 10000}, {"shape", {2, 3}}, {"name", "é"}}},
          {"nothing", nullptr},    {"digits", "17"},   {"tags", {"a", "b"}}};
}

/// The two values by which golden.py marks an episode: its number and which of several it is.
std::pair<float, float> marks(const EpisodeReader& episode) {
  const auto row = episode.neural_state<float>("v").rows(0, 1);
  return {row.values[0], row.values[1]};
}

TEST_F(RunTest, KnowsItsNameAttributesAndConfiguration) {
  const Golden files("run");
  const Run run(files / kRun);
  EXPECT_EQ(run.path(), files / kRun);
  EXPECT_EQ(run.name(), "golden");
  EXPECT_EQ(run.attributes()["created"], "2026-11-20T10:15:00Z");
  EXPECT_EQ(run.attributes()["dt"], 0.1);
  EXPECT_EQ(run.attributes()["git_commit"], "");
  EXPECT_FALSE(run.attributes().contains("config"));
  EXPECT_EQ(run.config(), expected_config());
}

TEST_F(RunTest, NetworkColumnsAreRead) {
  const Golden files("run");
  const Run run(files / kRun);
  const auto neurons = run.neurons();
  EXPECT_EQ(neurons.rows(), 100u);
  EXPECT_THAT(neurons.names(), ElementsAre("ids", "inhibitory", "x"));
  EXPECT_TRUE(neurons.contains("x"));
  EXPECT_FALSE(neurons.contains("y"));
  EXPECT_EQ(neurons.columns()[1].dtype, Dtype::boolean);
  EXPECT_EQ(neurons.column<std::uint64_t>("ids")[99], 99u);
  expect_golden(neurons.column<double>("x"));
  expect_golden(neurons.column<bool>("inhibitory"));
  expect_golden(run.connections().column<float>("weights"));
  expect_error(ErrorCode::not_found, {"'y'", "ids, inhibitory, x"}, [&] { neurons.column<double>("y"); });
  expect_error(ErrorCode::wrong_type, {"'x'", "float64, not float32"}, [&] { neurons.column<float>("x"); });
}

TEST_F(RunTest, EpisodesComeInOrderOfTheirNumbers) {
  const Golden files("run");
  const Run run(files / kRun);
  EXPECT_THAT(run.numbers(), ElementsAre(0, 1, 2, 3, 4, 20, 21, 9999, 10000, 123456));
  EXPECT_EQ(run.size(), 10u);
  EXPECT_FALSE(run.empty());
  EXPECT_TRUE(run.contains(9999));
  EXPECT_FALSE(run.contains(50)) << "a name with a leading dot";
  EXPECT_TRUE(run.problems().empty());
  std::vector<std::uint64_t> numbers;
  for (const auto episode : run) {
    numbers.push_back(episode.number());
    EXPECT_EQ(marks(episode).first, static_cast<float>(episode.number()));
  }
  EXPECT_EQ(numbers, run.numbers());
  const auto list = run.episodes();
  ASSERT_EQ(list.size(), 10u);
  EXPECT_EQ(list[9].id, "episode_123456");
  EXPECT_EQ(list[9].object, "/");
  EXPECT_EQ(list[9].file.filename(), "episode_123456.h5");
  EXPECT_EQ(list[1].object, "/episode_0001");
  for (const auto& line : list) {
    EXPECT_EQ(line.status, "complete");
    EXPECT_FALSE(line.totals.has_value()) << "there is no index";
  }
}

TEST_F(RunTest, AnEpisodeFoundTwiceIsTakenOnce) {
  const Golden files("run");
  const Run run(files / kRun);
  EXPECT_EQ(marks(run.episode(2)).second, 1) << "the segment, not the file of its own";
  EXPECT_EQ(marks(run.episode(3)).second, 1) << "the segment with more episodes";
  EXPECT_EQ(marks(run.episode(4)).second, 2);
  EXPECT_EQ(marks(run.episode(20)).second, 4) << "of two equal ones the later";
}

TEST_F(RunTest, EpisodesAreFoundByNumberAndId) {
  const Golden files("run");
  const Run run(files / kRun);
  EXPECT_EQ(run.episode("episode_0003").number(), 3u);
  EXPECT_EQ(run.episode(std::string("episode_10000")).number(), 10000u);
  EXPECT_EQ(run.episode(std::uint64_t{9999}).id(), "episode_9999");
  expect_error(ErrorCode::not_found, {"episode 17", "10, from 0 to 123456"}, [&] { run.episode(17); });
  expect_error(ErrorCode::not_found, {"-1"}, [&] { run.episode(-1); });
  expect_error(ErrorCode::not_found, {"'first'", "episode_0003"}, [&] { run.episode("first"); });
}

TEST_F(RunTest, AFreshIndexSparesOpeningTheFiles) {
  const Golden files("indexed");
  const Run run(files / kRun);
  EXPECT_EQ(run.size(), 401u);
  const auto list = run.episodes();
  ASSERT_EQ(list.size(), 401u);
  EXPECT_EQ(list[5].status, "aborted");
  ASSERT_TRUE(list[6].totals.has_value());
  EXPECT_EQ(list[6].totals->first_timestep, 6);
  EXPECT_EQ(list[6].totals->last_timestep, 15);
  EXPECT_EQ(list[6].totals->sum_of_rewards, 3);
  EXPECT_EQ(list[6].totals->rows, 60u);
  EXPECT_EQ(list[6].totals->bytes_stored, 600u);
  EXPECT_EQ(list[350].object, "/episode_0350");
  EXPECT_EQ(list[350].file.filename(), "segment_0001.h5");
  EXPECT_TRUE(run.problems().empty());
  expect_error(ErrorCode::damaged, {"not an HDF5 file"}, [&] { run.episode(6); });
}

TEST_F(RunTest, AStaleOrMissingRecordIsNotUsed) {
  const Golden files("indexed");
  const auto run_path = files / kRun;
  const auto before = Run(run_path).episodes();
  EXPECT_FALSE(before[7].totals.has_value()) << "newer than its record";
  EXPECT_EQ(before[7].status, "complete");
  EXPECT_EQ(before[400].number, 500u) << "without a record";
  EXPECT_EQ(Run(run_path).episode(7).neural_state<float>("v").rows(), 10u);

  std::ofstream(run_path / "episodes" / "episode_0009.h5", std::ios::app) << "x";
  EXPECT_EQ(Run(run_path).episodes()[9].status, "unreadable") << "another size";
  const auto segment = run_path / "episodes" / "segment_0001.h5";
  std::filesystem::last_write_time(segment, std::filesystem::last_write_time(segment) + std::chrono::seconds(1));
  const Run run(run_path);
  EXPECT_EQ(run.size(), 301u) << "another time: the segment itself is asked";
  ASSERT_EQ(run.problems().size(), 1u);
  EXPECT_THAT(run.problems()[0].what(), testing::HasSubstr("segment_0001.h5"));
}

TEST_F(RunTest, AnIndexLeadsNowhereElse) {
  const Golden files("hostile_index");
  const Run run(files / kRun);
  EXPECT_THAT(run.numbers(), ElementsAre(0));
  EXPECT_EQ(run.episode(0).neural_state<float>("v").rows(), 10u);
}

TEST_F(RunTest, ADamagedIndexIsNotMissed) {
  const Golden files("run");
  std::ofstream(files / kRun / "experiment_data.h5") << "nothing of use";
  EXPECT_EQ(Run(files / kRun).size(), 10u);
}

TEST_F(RunTest, EpisodesRecordedSinceAreFoundByNumber) {
  const Golden files("run");
  const Run run(files / kRun);
  const auto episodes = files / kRun / "episodes";
  EXPECT_FALSE(run.contains(77));
  std::filesystem::copy_file(episodes / "episode_0000.h5", episodes / "episode_0077.h5");
  EXPECT_EQ(run.episode(77).number(), 77u);
  EXPECT_TRUE(run.contains(77));
}

TEST_F(RunTest, ASegmentThatWasMergedMeanwhileIsLookedForAgain) {
  const Golden files("run");
  const Run run(files / kRun);
  const auto episodes = files / kRun / "episodes";
  EXPECT_EQ(run.size(), 10u);
  std::filesystem::rename(episodes / "segment_0001.h5", episodes / "segment_0016.h5");
  EXPECT_EQ(marks(run.episode(1)).second, 1);
}

TEST_F(RunTest, AnyFileOfARunCanBeOpenedAlone) {
  const Golden files("run");
  const auto episodes = files / kRun / "episodes";
  const Run segment(episodes / "segment_0001.h5");
  EXPECT_THAT(segment.numbers(), ElementsAre(1, 2, 3));
  EXPECT_EQ(segment.config(), expected_config());
  EXPECT_EQ(segment.name(), "golden");
  EXPECT_EQ(marks(segment.episode(2)).second, 1);
  EXPECT_TRUE(segment.neurons().empty());
  expect_error(ErrorCode::not_found, {"none was saved"}, [&] { segment.neurons().column<float>("x"); });

  const Run one(episodes / "episode_10000.h5");
  EXPECT_THAT(one.numbers(), ElementsAre(10000));
  EXPECT_EQ(one.config(), expected_config());
  EXPECT_EQ(marks(one.episode(10000)).first, 10000);

  EXPECT_EQ(Run(files / kRun / "setup.h5").size(), 10u) << "its directory";
}

TEST_F(RunTest, APackedFileIsARun) {
  const Golden files("packed");
  const Run run(files / "packed.h5");
  EXPECT_THAT(run.numbers(), ElementsAre(0, 1, 12345)) << "links out of the file are not followed";
  EXPECT_EQ(run.config(), expected_config());
  EXPECT_EQ(run.name(), "golden");
  EXPECT_EQ(marks(run.episode(12345)).first, 12345);
  EXPECT_EQ(run.episode(1).object(), "/episodes/episode_0001");
  expect_golden(run.neurons().column<double>("x"));
  for (const auto& line : run.episodes()) EXPECT_EQ(line.status, "complete");
}

TEST_F(RunTest, WhatIsNoRunIsRefused) {
  const Golden files("not_ours");
  expect_error(ErrorCode::not_found, {"no such run"}, [&] { Run(files / "missing"); });
  expect_error(ErrorCode::not_found, {"setup.h5"}, [&] { Run(files / "nothing"); });
  expect_error(ErrorCode::damaged, {"is empty", "empty.h5"}, [&] { Run(files / "empty.h5"); });
  expect_error(ErrorCode::damaged, {"not an HDF5 file", "text.h5"}, [&] { Run(files / "text.h5"); });
  expect_error(ErrorCode::damaged, {"not a neurotape file"}, [&] { Run(files / "foreign.h5"); });
  expect_error(ErrorCode::unsupported, {"version 2"}, [&] { Run(files / "newer.h5"); });
  expect_error(ErrorCode::not_found, {"no episodes"}, [&] { Run(files / "no_episodes.h5"); });
  expect_error(ErrorCode::damaged, {"truncated.h5"}, [&] { Run(files / "truncated.h5"); });
}

}  // namespace
}  // namespace neurotape
