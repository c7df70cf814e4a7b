#include "tool.hpp"

namespace neurotape::tool {
namespace {

using LsTest = ToolTest;
using testing::ContainsRegex;
using testing::HasSubstr;

TEST_F(LsTest, ListsTheEpisodes) {
  const auto path = recorded();
  const auto list = parsed({"ls", "--long", path});
  ASSERT_EQ(list["episodes"].size(), 2u);
  const auto& first = list["episodes"][0];
  EXPECT_EQ(first["number"], 0);
  EXPECT_EQ(first["id"], "episode_0000");
  EXPECT_EQ(first["name"], "first");
  EXPECT_EQ(first["status"], "complete");
  EXPECT_EQ(first["first_timestep"], 0);
  EXPECT_EQ(first["last_timestep"], 160);
  EXPECT_EQ(first["rows"], 98 + 30 + 2);
  EXPECT_EQ(first["return"], 1.5);
  EXPECT_GT(first["stored_bytes"].get<int>(), 0);
  EXPECT_EQ(first["started"], Run(path).episode(0).started());
  EXPECT_GE(first["wall_seconds"].get<double>(), 0);
  EXPECT_LT(first["wall_seconds"].get<double>(), 3600);
  EXPECT_EQ(first["file_bytes"], std::filesystem::file_size(file_of(path, "segment_")));
  EXPECT_EQ(parsed({"ls", path, "0"})["file_bytes"], first["file_bytes"]);
  EXPECT_EQ(list["episodes"][1]["status"], "aborted");
  EXPECT_EQ(list["episodes"][1]["rows"], 5);
}

TEST_F(LsTest, FindsOutItselfWhatTheIndexDoesNotTell) {
  const auto path = recorded();
  const auto indexed = parsed({"ls", path})["episodes"], in_full = parsed({"ls", "-l", path})["episodes"];
  std::filesystem::remove(path / "experiment_data.h5");
  EXPECT_EQ(parsed({"ls", path})["episodes"], indexed);
  EXPECT_EQ(parsed({"ls", "-l", path})["episodes"], in_full);
  const auto segment = parsed({"ls", file_of(path, "segment_")})["episodes"];
  EXPECT_EQ(segment[0]["last_timestep"], 160);
  EXPECT_EQ(segment[0]["return"], 1.5);
}

TEST_F(LsTest, TimestepsComeFromEveryKindOfStream) {
  auto experiment = create();
  const auto record = [&](auto&& declare_and_record) {
    auto episode = experiment.start_episode();
    declare_and_record(episode);
    episode.finish();
  };
  record([](Episode& e) { e.behavior<std::uint8_t>("b", {3}).record(-4, std::vector<std::uint8_t>(3)); });
  record([](Episode& e) { e.spikes<std::uint64_t>("s").record(11, std::vector<int>{5}); });
  record([](Episode& e) { e.weight_changes<double>().record(12, 1, 0.5, 0.75); });
  record([](Episode& e) { e.weight_changes<float>().record(13, 1, 0.5F, 0.75F); });
  record([](Episode& e) { e.log_event("lesion", 14, {{"region", "CA3"}}); });
  experiment.close();
  std::filesystem::remove(experiment.path() / "experiment_data.h5");
  std::vector<int> last;
  const auto list = parsed({"ls", experiment.path()});
  for (const auto& episode : list["episodes"]) {
    EXPECT_EQ(episode["first_timestep"], episode["last_timestep"]);
    last.push_back(episode["last_timestep"].get<int>());
  }
  EXPECT_THAT(last, testing::ElementsAre(-4, 11, 12, 13, 14));
}

TEST_F(LsTest, ShowsOneEpisodeByNumberOrId) {
  const auto path = recorded();
  const auto episode = parsed({"ls", path, "0"});
  EXPECT_EQ(parsed({"ls", path, "episode_0000"}), episode);
  EXPECT_EQ(episode["seed"], 7);
  EXPECT_EQ(episode["attributes"]["maze"], "T");
  EXPECT_EQ(episode["dt"], 0.5);
  const auto spikes = with(episode["streams"], "path", "spikes/exc");
  EXPECT_EQ(spikes["rows"], 30);
  EXPECT_EQ(spikes["first_timestep"], 3);
  EXPECT_EQ(spikes["last_timestep"], 93);
  EXPECT_EQ(spikes["columns"][1]["name"], "neuron_ids");
  ASSERT_EQ(episode["gaps"].size(), 1u);
  EXPECT_EQ(episode["gaps"][0], json({{"stream", "neural_states/v"},
                                      {"first_timestep", 10},
                                      {"last_timestep", 11},
                                      {"rows", 2},
                                      {"cause", "nan"}}));
}

TEST_F(LsTest, ReadsWellAsText) {
  const auto path = recorded();
  const auto list = text({"ls", path});
  EXPECT_THAT(list, ContainsRegex("episode +status +timesteps +rows +return +stored +file\n"));
  EXPECT_THAT(list, ContainsRegex("      0 +complete +0\\.\\.160 +130 +1.5 +[0-9.]+ k?B +[0-9.]+ kB\n"));
  EXPECT_THAT(list, ContainsRegex("      1 +aborted +0\\.\\.4 +5 +0 +[0-9.]+ k?B +[0-9.]+ kB\n"));
  const auto in_full = text({"ls", "--long", path});
  EXPECT_THAT(in_full, ContainsRegex("rows +return +stored +file +wall time +started +name\n"));
  EXPECT_THAT(in_full, ContainsRegex("      0 +complete .* kB +[0-9.]+ s +20[^ ]+Z +first\n"));
  EXPECT_THAT(in_full, ContainsRegex("      1 +aborted .* kB +[0-9.]+ s +20[^ ]+Z +-\n"));
  const auto episode = text({"ls", path, "0"});
  EXPECT_THAT(episode, testing::StartsWith("episode_0000\n"));
  EXPECT_THAT(episode, ContainsRegex("seed +7\n"));
  EXPECT_THAT(episode, ContainsRegex("file size +[0-9.]+ kB\n"));
  EXPECT_THAT(episode, ContainsRegex("maze +T\n"));
  EXPECT_THAT(episode, ContainsRegex("spikes/exc .* 3\\.\\.93\n"));
  EXPECT_THAT(episode, ContainsRegex("neural_states/v +10\\.\\.11 +2 +nan\n"));
}

TEST_F(LsTest, NothingInAFileSteersTheTerminal) {
  auto experiment = create();
  experiment.start_episode({.name = "red \x1b[31m\nline"}).finish();
  experiment.close();
  EXPECT_THAT(text({"ls", "-l", experiment.path()}), HasSubstr("red ?[31m?line"));
  EXPECT_EQ(parsed({"ls", "-l", experiment.path()})["episodes"][0]["name"], "red \x1b[31m\nline");
}

TEST_F(LsTest, AnUnreadableEpisodeIsNamedAndTheOthersAreListed) {
  const auto path = recorded();
  std::ofstream(path / "episodes" / "episode_0005.h5") << "nothing of use";
  for (const char* command : {"ls", "info"}) {
    const auto finished = run({command, path, "--json"});
    EXPECT_EQ(finished.status, 2);
    EXPECT_THAT(finished.errors, HasSubstr("episode_0005.h5"));
    const auto answer = json::parse(finished.output);
    EXPECT_EQ(answer["problems"].size(), 1u);
    if (answer["episodes"].is_array()) {
      ASSERT_EQ(answer["episodes"].size(), 3u);
      EXPECT_EQ(answer["episodes"][2]["status"], "unreadable");
      EXPECT_EQ(answer["episodes"][2]["rows"], json());
    } else {
      EXPECT_EQ(answer["episodes"]["by_status"], json({{"complete", 1}, {"aborted", 1}, {"unreadable", 1}}));
    }
  }
  EXPECT_THAT(run({"ls", path}).output, ContainsRegex("5 +unreadable +-"));
}

}  // namespace
}  // namespace neurotape::tool
