#include "small_run.hpp"

namespace neurotape::tool {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class PlotTest : public SmallRunTest {
 protected:
  void SetUp() override {
    if (support::run_command("gnuplot --version").status != 0) GTEST_SKIP() << "no gnuplot to draw with";
  }
  std::string picture(const std::string& name) const {
    std::ifstream file(directory() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::size_t count(const std::string& text, const std::string& word) {
    std::size_t found = 0;
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++found;
    return found;
  }
};

TEST_F(PlotTest, DrawsEverythingThatAnEpisodeHas) {
  const auto run = small_run();
  const auto drawn = parsed({"plot", run, "0", "-o", directory() / "all.svg"});
  // position, rewards, v, exc, and the returns of the run.
  EXPECT_EQ(drawn["panels"], 5);
  EXPECT_EQ(drawn["spikes"], 6);
  EXPECT_EQ(drawn["points"], 4 * 2 + 4 + 4 * 3 + 3);
  EXPECT_EQ(drawn["events"], 1);
  const auto svg = picture("all.svg");
  EXPECT_THAT(svg, StartsWith("<?xml"));
  for (const char* word : {"position (m)", "v (mV)", "reward", "return", "time (ms)", "episode_0000", "lesion"})
    EXPECT_THAT(svg, HasSubstr(word));
  EXPECT_EQ(count(svg, "xlink:href='#gpPt6'"), 6u + 3u) << "points of the raster and of the returns";
}

TEST_F(PlotTest, OnlyTheChosenTimesteps) {
  const auto run = small_run();
  const auto drawn = parsed({"plot", run, "0", "-o", directory() / "some.svg", "--from", "1", "--to", "3"});
  EXPECT_EQ(drawn["spikes"], 3);
  EXPECT_EQ(drawn["points"], 2 * 2 + 2 + 2 * 3 + 3);
  EXPECT_EQ(drawn["events"], 1);
  EXPECT_EQ(parsed({"plot", run, "0", "-o", directory() / "none.svg", "--to", "2"})["events"], 0);
}

TEST_F(PlotTest, PeaksOfLongTracesStay) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto potential = episode.behavior<double>("potential", {});
  const int rows = 30'000, peak = 12'347;
  for (int t = 0; t < rows; ++t) potential.record(t, t == peak ? 40.0 : t == peak + 100 ? -80.0 : -65.0);
  episode.finish();
  experiment.close();
  const auto drawn = parsed({"plot", experiment.path(), "0", "-o", directory() / "long.svg"});
  EXPECT_LE(drawn["points"], 2000);
  const auto svg = picture("long.svg");
  for (const char* tick : {"> 40<", ">-80<"}) EXPECT_THAT(svg, HasSubstr(tick)) << "the axis reaches it";
}

TEST_F(PlotTest, ManyEventsAreLinesWithoutText) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto position = episode.behavior<double>("position", {});
  for (int t = 0; t < 30; ++t) {
    position.record(t, t * 0.5);
    episode.log_event("pulse", t);
  }
  episode.finish();
  experiment.close();
  EXPECT_EQ(parsed({"plot", experiment.path(), "0", "-o", directory() / "many.svg"})["events"], 30);
  EXPECT_EQ(picture("many.svg").find("pulse"), std::string::npos);
}

TEST_F(PlotTest, SpikesAreOnTheAxisOfTheOthers) {
  auto experiment = Experiment::create(directory(), "steps");
  auto episode = experiment.start_episode();
  auto spikes = episode.spikes("exc", {.times = true});
  for (int t = 0; t < 3; ++t) spikes.record(t, std::vector<int>{1}, std::vector<double>{1000.5 + t});
  episode.finish();
  experiment.close();
  text({"plot", experiment.path(), "0", "-o", directory() / "steps.svg"});
  EXPECT_THAT(picture("steps.svg"), HasSubstr(">timestep<"));
  EXPECT_EQ(count(picture("steps.svg"), "xlink:href='#gpPt6'"), 3u);
}

TEST_F(PlotTest, EveryKindOfFile) {
  const auto run = small_run();
  text({"plot", run, "0", "-o", directory() / "a.png"});
  EXPECT_THAT(picture("a.png"), StartsWith("\x89PNG"));
  text({"plot", run, "0", "-o", directory() / "a.pdf"});
  EXPECT_THAT(picture("a.pdf"), StartsWith("%PDF"));
  const auto characters = text({"plot", run, "0", "--term"});
  EXPECT_THAT(characters, HasSubstr("reward"));
  EXPECT_EQ(characters.find('\x1b'), std::string::npos);
}

TEST_F(PlotTest, TextOfAFileIsNeverRun) {
  const auto made = directory() / "made";
  const std::string unit = "`touch " + made.string() + "`'; system \"touch " + made.string() + "\" #";
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto position = episode.behavior<double>("position", {}, {.unit = unit});
  position.record(0, 1.0);
  position.record(1, 2.0);
  episode.finish();
  experiment.close();
  text({"plot", experiment.path(), "0", "-o", directory() / "unit.svg"});
  EXPECT_FALSE(std::filesystem::exists(made));
  EXPECT_THAT(picture("unit.svg"), HasSubstr("`touch "));
}

TEST_F(PlotTest, WhatCannotBeDrawnIsSaidInOneLine) {
  const auto run = small_run();
  expect_refused({"plot", run, "0"}, {"-o", "--term"});
  expect_refused({"plot", run, "0", "-o", directory() / "a.gif"}, {".png", "a.gif"});
  expect_refused({"plot", run, "0", "--term", "--from", "3", "--to", "1"}, {"--to: expected 3 or more, got 1"});
  auto experiment = create();
  experiment.start_episode().finish();
  experiment.close();
  expect_refused({"plot", experiment.path(), "0", "--term"}, {"nothing to draw"});
}

}  // namespace
}  // namespace neurotape::tool
