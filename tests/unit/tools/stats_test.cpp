#include "small_run.hpp"

namespace neurotape::tool {
namespace {

using StatsTest = SmallRunTest;

// Of the first episode, by hand: position has 0, 0.25, 0.5, 0.75 and four times -1; v has -65.5 four times,
// 0, 1, 2, 3 and three times 0.1; neuron 0 fires in the timesteps 0 and 2, neuron 2 in all four.
TEST_F(StatsTest, TellsTheNumbersOfEveryStream) {
  const auto stats = parsed({"stats", small_run()});
  ASSERT_EQ(stats["episodes"].size(), 3u);
  const auto& episode = stats["episodes"][0];
  EXPECT_EQ(episode["return"], 1.5);
  EXPECT_EQ(episode["length"], 4);
  EXPECT_DOUBLE_EQ(episode["seconds"], 0.002);
  EXPECT_EQ(stats["episodes"][2]["return"], 2.0);
  EXPECT_EQ(stats["episodes"][2]["length"], 3) << "the event is in timestep 2";

  const auto position = with(episode["streams"], "path", "behavior/position");
  EXPECT_EQ(position["values"], 8);
  EXPECT_DOUBLE_EQ(position["mean"], -0.3125);
  EXPECT_NEAR(position["std"].get<double>(), 0.7153451963912248, 1e-12);
  EXPECT_EQ(position["min"], -1.0);
  EXPECT_EQ(position["max"], 0.75);
  const auto voltage = with(episode["streams"], "path", "neural_states/v");
  EXPECT_EQ(voltage["nans"], 1);
  EXPECT_EQ(voltage["values"], 11);
  EXPECT_NEAR(voltage["mean"].get<double>(), (4 * -65.5 + 6 + 0.3) / 11, 1e-6);
  EXPECT_DOUBLE_EQ(with(episode["streams"], "path", "rewards")["mean"], 0.375);

  const auto spikes = with(episode["streams"], "path", "spikes/exc");
  EXPECT_EQ(spikes["rows"], 6);
  EXPECT_EQ(spikes["neurons"], 4);
  EXPECT_EQ(spikes["fired"], 2);
  EXPECT_DOUBLE_EQ(spikes["rate"], 6 / 4.0 / 0.002);
  EXPECT_EQ(spikes["rate_unit"], "Hz");
  EXPECT_DOUBLE_EQ(spikes["rows_per_second"], 3000);
  EXPECT_EQ(spikes["isi_cv"], 0.0);
}

TEST_F(StatsTest, ReadsWellAsText) {
  EXPECT_EQ(text({"stats", small_run(), "--episodes", "0,2"}),
            "  episode  status    length  return\n"
            "        0  complete       4     1.5\n"
            "        2  complete       3       2\n"
            "\n"
            "  episode  values of          rows  rows/s     mean      std    min   max  NaN  unit\n"
            "        0  behavior/position     4    2000  -0.3125  0.71535     -1  0.75    -  m\n"
            "        0  neural_states/v       4    2000  -23.245   31.953  -65.5     3    1  mV\n"
            "        0  rewards               4    2000    0.375   1.0825   -1.5     1    -  -\n"
            "        2  behavior/position     2  1333.3  -0.4375   0.5694     -1  0.25    -  m\n"
            "        2  neural_states/v       2  1333.3   -25.98    32.27  -65.5     1    1  mV\n"
            "        2  rewards               2  1333.3        1        0      1     1    -  -\n"
            "\n"
            "  episode  spikes of   spikes  rows/s  neurons  fired  rate  unit  ISI CV\n"
            "        0  spikes/exc       6    3000        4      2   750  Hz         0\n"
            "        2  spikes/exc       3    2000        4      2   500  Hz         -\n");
}

TEST_F(StatsTest, AnEpisodeThatCannotBeReadIsNamedAndTheOthersAreTold) {
  const auto finished = run({"stats", small_run(), "--episodes", "1,9"});
  EXPECT_EQ(finished.status, 2);
  EXPECT_THAT(finished.output, testing::StartsWith("  episode  status    length  return\n        1  complete"));
  EXPECT_THAT(finished.errors, testing::HasSubstr("there is no episode 9"));
}

}  // namespace
}  // namespace neurotape::tool
