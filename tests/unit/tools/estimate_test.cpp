#include "small_run.hpp"

namespace neurotape::tool {
namespace {

using EstimateTest = SmallRunTest;

TEST_F(EstimateTest, OfNeuronsItIsWhatTheirRowsWeigh) {
  // Each second 1,000 rows of 8 + 4 * 200 bytes, and 200 * 10 spikes of 12 bytes (Poisson).
  const auto found = parsed({"estimate", "--neurons", "200", "--dt-ms", "1", "--rate-hz", "10", "--codec", "none"});
  const double per_hour = 3600 * (1000 * 808 + 200 * 10 * 12.0);
  EXPECT_NEAR(found["raw_bytes_per_hour"].get<double>(), per_hour, per_hour / 100);
  EXPECT_NEAR(found["ratio"].get<double>(), 1.0, 0.1);
  const auto free = found["free_bytes"].get<double>();
  EXPECT_NEAR(found["hours_left"].get<double>() * found["file_bytes_per_hour"].get<double>(), free, free / 1e6);
  const auto tenth =
      parsed({"estimate", "--neurons", "200", "--dt-ms", "1", "--rate-hz", "0", "--every", "10", "--speed", "0.5"});
  EXPECT_NEAR(tenth["raw_bytes_per_hour"].get<double>(), 3600 * 50 * 808, 3600 * 808);
  EXPECT_GT(tenth["ratio"].get<double>(), 1.0) << "gzip shrinks it";
  EXPECT_THAT(text({"estimate", "--neurons", "20", "--speed", "0.5"}),
              testing::HasSubstr("a rehearsal; in an hour 0.5 hours are simulated"));
}

TEST_F(EstimateTest, OfARunItIsItsFilesOverItsTime) {
  const auto run = small_run();
  const auto found = parsed({"estimate", run});
  const auto info = parsed({"info", run});
  EXPECT_EQ(found["from"], "the run so far");
  EXPECT_NEAR(found["ratio"].get<double>(),
              info["totals"]["raw_bytes"].get<double>() / info["totals"]["file_bytes"].get<double>(), 1e-9);
  EXPECT_THAT(text({"estimate", run}), testing::ContainsRegex("files +[0-9.e+]+ GB an hour\n"));
}

TEST_F(EstimateTest, NeedsARunOrNeurons) {
  expect_refused({"estimate"}, {"either RUN or --neurons"});
  expect_refused({"estimate", small_run(), "--neurons", "3"}, {"either RUN or --neurons"});
  expect_refused({"estimate", "--neurons", "3", "--codec", "zip"}, {"zip"});
}

TEST_F(EstimateTest, ManyEpisodesAreToldFromTheIndex) {
  auto experiment = create();
  for (int i = 0; i < 100; ++i) {
    auto episode = experiment.start_episode();
    episode.rewards().record(i, 0.5);
    if (i == 50) episode.behavior<float>("x", {}).record(0, 1.0F);
    episode.finish();
  }
  experiment.close();
  const auto path = experiment.path();
  const auto info = parsed({"info", path}), all = parsed({"info", "--all", path});
  EXPECT_EQ(info["episodes"], (json{{"count", 100}, {"by_status", {{"complete", 100}}}, {"looked_into", 8}}));
  EXPECT_EQ(all["episodes"]["looked_into"], 100);
  EXPECT_EQ(info["totals"]["rows"], 101);
  EXPECT_EQ(info["totals"]["stored_bytes"], all["totals"]["stored_bytes"]);
  const auto rewards = with(info["streams"], "path", "rewards");
  EXPECT_EQ(rewards["rows"], 100);
  EXPECT_EQ(rewards["episodes"], 100);
  EXPECT_EQ(rewards["dtype"], "float64");
  EXPECT_EQ(rewards["raw_bytes"], json());
  EXPECT_EQ(with(all["streams"], "path", "rewards")["raw_bytes"], 1600);
  EXPECT_EQ(with(info["streams"], "path", "behavior/x")["rows"], 1) << "of one that was not looked into";
  EXPECT_THAT(text({"info", path}), testing::HasSubstr("types are those of 8 of the 100 episodes"));

  // The episodes can no longer be read, but their file looks as it did.
  const auto segment = file_of(path, "segment_");
  const auto changed = std::filesystem::last_write_time(segment);
  std::fstream(segment, std::ios::in | std::ios::out) << "no HDF5 any more";
  std::filesystem::last_write_time(segment, changed);
  const auto list = parsed({"ls", path});
  ASSERT_EQ(list["episodes"].size(), 100u);
  EXPECT_EQ(list["episodes"][99]["last_timestep"], 99);
}

TEST_F(EstimateTest, ManyEpisodesOfMoreStreamsThanTheIndexNamesAreNotOpened) {
  auto experiment = create();
  for (int i = 0; i < 70; ++i) {
    auto episode = experiment.start_episode();
    for (int k = 0; k < 12; ++k)
      episode.behavior<float>("a_name_of_a_stream_that_is_rather_long_" + std::to_string(k), {}).record(i, 1.0F);
    episode.finish();
  }
  experiment.close();
  const auto info = parsed({"info", experiment.path()});
  EXPECT_EQ(info["episodes"]["looked_into"], 8);
  EXPECT_EQ(info["totals"]["rows"], 70 * 12);
  ASSERT_EQ(info["streams"].size(), 12u);
  EXPECT_EQ(info["streams"][0]["rows"], json()) << "nobody has counted them";
  EXPECT_EQ(parsed({"info", "--all", experiment.path()})["streams"][0]["rows"], 70);
}

}  // namespace
}  // namespace neurotape::tool
