#include <fstream>

#include "tool.hpp"

namespace neurotape::tool {
namespace {

using InfoTest = ToolTest;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

TEST_F(InfoTest, TellsWhatTheRunIs) {
  const auto path = recorded();
  const auto info = parsed({"info", path});
  EXPECT_EQ(info["path"], path.string());
  EXPECT_EQ(info["name"], "trial");
  EXPECT_EQ(info["created"], Run(path).attributes()["created"]);
  EXPECT_EQ(info["dt"], 0.5);
  EXPECT_EQ(info["dt_unit"], "ms");
  EXPECT_EQ(info["config"], json({{"learning_rate", 0.25}, {"network", {{"size", 4}}}}));
  EXPECT_EQ(info["network"]["neurons"], json({{"rows", 3}, {"columns", {{"ids", "uint32"}}}}));
  EXPECT_EQ(info["network"]["connections"], json({{"rows", 0}, {"columns", json::object()}}));
  EXPECT_EQ(info["episodes"],
            json({{"count", 2}, {"by_status", {{"complete", 1}, {"aborted", 1}}}, {"looked_into", 2}}));
  EXPECT_EQ(info["provenance"]["host"], Run(path).attributes()["host"]);
  EXPECT_TRUE(info["provenance"].contains("command_line"));
  EXPECT_EQ(info["problems"], json::array());
}

TEST_F(InfoTest, AddsUpTheStreamsOfAllEpisodes) {
  const auto info = parsed({"info", recorded()});
  ASSERT_EQ(info["streams"].size(), 3u);
  const auto voltage = with(info["streams"], "path", "neural_states/v");
  EXPECT_EQ(voltage["shape"], json({4}));
  EXPECT_EQ(voltage["dtype"], "float32");
  EXPECT_EQ(voltage["unit"], "µV");
  EXPECT_EQ(voltage["every"], 1);
  EXPECT_EQ(voltage["codec"], "gzip:1");
  EXPECT_EQ(voltage["episodes"], 2);
  EXPECT_EQ(voltage["rows"], 98 + 5);
  EXPECT_EQ(voltage["raw_bytes"], (98 + 5) * (8 + 4 * 4));
  EXPECT_EQ(voltage["gaps"], 1);
  EXPECT_EQ(voltage["rows_lost"], 2);
  const auto stored = voltage["stored_bytes"].get<double>();
  EXPECT_GT(stored, 0);
  EXPECT_EQ(voltage["ratio"], voltage["raw_bytes"].get<double>() / stored);
  const auto spikes = with(info["streams"], "path", "spikes/exc");
  EXPECT_EQ(spikes["shape"], json());
  EXPECT_EQ(spikes["dtype"], "uint32");
  EXPECT_EQ(spikes["episodes"], 1);
  EXPECT_EQ(spikes["rows"], 30);
  EXPECT_EQ(info["totals"]["rows"], 103 + 30 + 2);
  EXPECT_EQ(info["totals"]["rows_lost"], 2);
}

TEST_F(InfoTest, TellsHowLongTheEpisodesAre) {
  const auto info = parsed({"info", recorded()});
  EXPECT_EQ(info["length"]["timesteps"], 161 + 5) << "a reward comes last";
  EXPECT_EQ(info["length"]["shortest"], 5);
  EXPECT_EQ(info["length"]["longest"], 161);
  EXPECT_DOUBLE_EQ(info["length"]["simulated_seconds"], 166 * 0.5e-3);
  EXPECT_GE(info["length"]["wall_seconds"], 0);
  EXPECT_DOUBLE_EQ(with(info["streams"], "path", "neural_states/v")["rows_per_second"], 103 / (166 * 0.5e-3));
  EXPECT_EQ(with(info["streams"], "path", "spikes/exc")["rows_per_second"], json()) << "only one episode has it";
  EXPECT_THAT(text({"info", recorded()}), ContainsRegex("length +166 timesteps, 5 to 161 an episode; 0.083 s\n"));
}

TEST_F(InfoTest, TheLengthOfManyEpisodesIsThatOfTheIndex) {
  auto experiment = create();
  for (int number = 0; number < 100; ++number) {
    auto episode = experiment.start_episode();
    auto reward = episode.rewards();
    for (int t = 0; t <= number; ++t) reward.record(t, 1.0);
    episode.finish();
  }
  experiment.close();
  for (const bool all : {false, true}) {
    std::vector<std::string> arguments{"info", experiment.path()};
    if (all) arguments.emplace_back("--all");
    const auto info = parsed(arguments);
    EXPECT_EQ(info["length"]["timesteps"], 5050);
    EXPECT_EQ(info["length"]["longest"], 100);
    EXPECT_DOUBLE_EQ(info["streams"][0]["rows_per_second"], 2000);
    EXPECT_EQ(info["length"]["wall_seconds"].is_null(), !all);
  }
}

TEST_F(InfoTest, WhatDiffersBetweenEpisodesVaries) {
  auto experiment = create();
  for (const int width : {2, 3}) {
    auto episode = experiment.start_episode();
    episode.behavior<double>("arm", {width}, {.unit = "m"})
        .record(0, std::vector<double>(static_cast<std::size_t>(width)));
    episode.finish();
  }
  experiment.close();
  const auto arm = with(parsed({"info", experiment.path()})["streams"], "path", "behavior/arm");
  EXPECT_EQ(arm["shape"], "varies");
  EXPECT_EQ(arm["unit"], "m");
  EXPECT_EQ(arm["rows"], 2);
  EXPECT_THAT(text({"info", experiment.path()}), ContainsRegex("behavior/arm +varies +float64 +m "));
}

TEST_F(InfoTest, TheTimestepIsWhatTheEpisodesSay) {
  const auto path = recorded();
  const auto segment = file_of(path, "segment_");
  EXPECT_EQ(parsed({"info", segment})["dt"], 0.5);
  EXPECT_EQ(parsed({"info", segment})["dt_unit"], "ms");
  EXPECT_THAT(text({"info", segment}), ContainsRegex("timestep +0.5 ms\n"));
}

TEST_F(InfoTest, TimestepsOfDifferentLengthVary) {
  auto experiment = create();
  EXPECT_EQ(parsed({"info", experiment.path()})["dt"], 0.5);
  experiment.start_episode({.dt = 2.0, .dt_unit = "s"}).finish();
  experiment.flush();
  EXPECT_THAT(text({"info", experiment.path()}), ContainsRegex("timestep +2.0 s\n"));
  experiment.start_episode().finish();
  experiment.close();
  EXPECT_THAT(text({"info", experiment.path()}), ContainsRegex("timestep +varies\n"));
  EXPECT_EQ(parsed({"info", experiment.path()})["dt_unit"], "varies");
}

TEST_F(InfoTest, OfManyEpisodesAStreamThatIsOnlyInSomeIsTold) {
  auto experiment = create();
  for (int number = 0; number < 200; ++number) {
    auto episode = experiment.start_episode();
    episode.rewards().record(0, 1.0);
    if (number >= 100 && number <= 110) episode.spikes("rare").record(0, std::vector<int>{1, 2});
    episode.finish();
  }
  experiment.close();
  const auto info = parsed({"info", experiment.path()});
  EXPECT_LT(info["episodes"]["looked_into"], 200);
  const auto rare = with(info["streams"], "path", "spikes/rare");
  EXPECT_EQ(rare["rows"], 22);
  EXPECT_EQ(rare["episodes"], 11);
  EXPECT_EQ(rare["shape"], json());
  EXPECT_THAT(text({"info", experiment.path()}), ContainsRegex("spikes/rare +- .* 22 .* 11\n"));
}

TEST_F(InfoTest, TheSizeOfARunIsThatOfAllItsFiles) {
  const auto path = recorded();
  std::uintmax_t sum = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
    if (entry.is_regular_file()) sum += entry.file_size();
  const auto info = parsed({"info", path});
  EXPECT_EQ(info["totals"]["file_bytes"], sum);
  EXPECT_GT(sum, info["totals"]["stored_bytes"].get<std::uintmax_t>());
  const auto segment = file_of(path, "segment_");
  EXPECT_EQ(parsed({"info", segment})["totals"]["file_bytes"], std::filesystem::file_size(segment));
}

TEST_F(InfoTest, ReadsWellAsText) {
  const auto path = recorded();
  const auto said = text({"info", path});
  EXPECT_THAT(said, testing::StartsWith("trial\n"));
  EXPECT_THAT(said, ContainsRegex("timestep +0.5 ms\n"));
  EXPECT_THAT(said, ContainsRegex("episodes +2: 1 complete, 1 aborted\n"));
  EXPECT_THAT(said, ContainsRegex("rows +135, lost 2\n"));
  EXPECT_THAT(said, ContainsRegex("bytes +[0-9.]+ kB in [0-9.]+ k?B\n  files +[0-9.]+ kB\n"));
  EXPECT_THAT(said, ContainsRegex("network +\\{\"size\":4\\}\n"));
  EXPECT_THAT(said, ContainsRegex("neurons +3 +ids \\(uint32\\)\n"));
  EXPECT_THAT(said,
              ContainsRegex("neural_states/v +\\(4,\\) +float32 +µV +1 +103 +2.5 kB .* gzip:1 +1 +2 +[0-9.]+ +2\n"));
  EXPECT_THAT(said, ContainsRegex("spikes/exc +- +uint32 +- +- +30 "));
  EXPECT_THAT(said, Not(HasSubstr("\x1b")));
}

TEST_F(InfoTest, TitlesAndCellsEndInOneColumn) {
  const auto said = text({"info", recorded()});
  std::vector<std::size_t> ends;
  for (std::size_t line = said.find("  stream "); line < said.size() && said[line] != '\n';) {
    const auto end = said.find('\n', line);
    const auto row = said.substr(line, end - line);
    ends.push_back(static_cast<std::size_t>(std::count_if(
        row.begin(), row.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; })));
    line = end + 1;
  }
  ASSERT_EQ(ends.size(), 4u) << said;
  EXPECT_THAT(ends, testing::Each(ends[0])) << said;
}

TEST_F(InfoTest, TakesAnyFileOfTheRun) {
  const auto path = recorded();
  const auto segment = parsed({"info", file_of(path, "segment_")});
  EXPECT_EQ(segment["episodes"]["count"], 2);
  EXPECT_EQ(segment["config"]["learning_rate"], 0.25);
  EXPECT_EQ(segment["totals"]["rows"], 135);
  EXPECT_EQ(parsed({"info", path / "experiment_data.h5"})["streams"], parsed({"info", path})["streams"]);
}

TEST_F(InfoTest, ARunThatIsBeingWrittenIsShownAsOfItsLastCommit) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto voltage = episode.neural_state<float>("v", {2});
  for (int t = 0; t < 40; ++t) voltage.record(t, std::vector<float>{1, 2});
  experiment.flush();
  for (int t = 40; t < 50; ++t) voltage.record(t, std::vector<float>{1, 2});
  for (const auto& path : {experiment.path(), file_of(experiment.path(), "episode_0000")}) {
    const auto info = parsed({"info", path});
    EXPECT_EQ(info["episodes"]["by_status"], json({{"recording", 1}})) << path;
    EXPECT_EQ(with(info["streams"], "path", "neural_states/v")["rows"], 40) << path;
    EXPECT_EQ(info["live"], true) << path;
    EXPECT_EQ(info["cut_off"], 0) << path;
    EXPECT_THAT(text({"info", path}), ContainsRegex("recorder +a process is recording this run now\n"));
    EXPECT_THAT(text({"ls", path}), testing::EndsWith("\na process is recording this run now\n"));
  }
  const auto line = parsed({"ls", "-l", experiment.path()})["episodes"][0];
  EXPECT_EQ(line["status"], "recording");
  EXPECT_EQ(line["last_timestep"], 39);
  EXPECT_EQ(line["ended"], json());
  EXPECT_EQ(line["wall_seconds"], json());
}

TEST_F(InfoTest, ARunWhoseRecorderDiedBeforeItsFirstCommitIsSaidToBeCutOff) {
  auto experiment = create();
  experiment.close();
  EXPECT_EQ(parsed({"info", experiment.path()})["closed"], true);
  std::ofstream(experiment.path() / ".lock") << "pid 1\nstarted 2026-01-01T00:00:00.000000Z\n";  // as it is left
  EXPECT_EQ(parsed({"info", experiment.path()})["closed"], false);
  for (const char* command : {"info", "ls"})
    EXPECT_THAT(text({command, experiment.path()}), HasSubstr("recording was cut off, before its first commit"));
}

TEST_F(InfoTest, ARunWhoseRecorderDiedIsSaidToBeCutOff) {
  const auto path = cut_off();
  const auto info = parsed({"info", path});
  EXPECT_EQ(info["live"], false);
  EXPECT_EQ(info["cut_off"], 1);
  const char* const kCutOff = "recording was cut off; neurotape recover tidies it\n";
  EXPECT_THAT(text({"info", path}), ContainsRegex(std::string("recorder +") + kCutOff));
  EXPECT_THAT(text({"ls", path}), testing::EndsWith(kCutOff));
  EXPECT_THAT(text({"ls", path, "0"}), ContainsRegex("status +recording, was cut off; neurotape recover tidies it\n"));
  EXPECT_EQ(parsed({"ls", path})["episodes"][0]["live"], false);
  auto experiment = Experiment::open(path);
  EXPECT_THAT(text({"info", path}),
              ContainsRegex("a process is recording this run now; 1 earlier: recording was cut off; "));
  experiment.close();
  text({"recover", path});
  EXPECT_THAT(text({"info", path}), Not(HasSubstr("cut off")));
  EXPECT_THAT(text({"info", path}), Not(HasSubstr("recorder ")));
}

}  // namespace
}  // namespace neurotape::tool
