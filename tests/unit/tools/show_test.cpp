#include "small_run.hpp"

namespace neurotape::tool {
namespace {

using ShowTest = SmallRunTest;

TEST_F(ShowTest, ShowsRowsAsATable) {
  const auto run = small_run();
  EXPECT_EQ(text({"show", run, "0", "neural_states/v"}),
            "  timestep      0  1    2\n"
            "         0  -65.5  0  0.1\n"
            "         1  -65.5  1  nan\n"
            "         2  -65.5  2  0.1\n"
            "         3  -65.5  3  0.1\n");
  EXPECT_EQ(text({"show", run, "episode_0002", "weight_changes"}),
            "  timestep  synapse_id  old_weight  new_weight\n"
            "         1          77         0.5        0.75\n");
  EXPECT_EQ(text({"show", run, "0", "events"}),
            "  timestep  type    data\n"
            "         2  lesion  {\"region\":\"CA3, left\"}\n");
}

TEST_F(ShowTest, ShowsRowsAsCsv) {
  const auto run = small_run();
  EXPECT_EQ(text({"show", run, "0", "behavior/position", "--csv"}),
            "timestep,0,1\n0,0,-1\n1,0.25,-1\n2,0.5,-1\n3,0.75,-1\n");
  EXPECT_EQ(text({"show", run, "0", "rewards", "--csv"}), "timestep,value\n0,1\n1,1\n2,1\n3,-1.5\n");
  EXPECT_EQ(text({"show", run, "0", "events", "--csv"}),
            "timestep,type,data\n2,lesion,\"{\"\"region\"\":\"\"CA3, left\"\"}\"\n");
}

TEST_F(ShowTest, ShowsRowsAsJsonLines) {
  const auto run = small_run();
  EXPECT_EQ(text({"show", run, "0", "neural_states/v", "--json", "--from", "1", "--to", "3"}),
            "{\"timestep\": 1, \"values\": [-65.5, 1, null]}\n{\"timestep\": 2, \"values\": [-65.5, 2, 0.1]}\n");
  EXPECT_EQ(text({"show", run, "2", "spikes/exc", "--json"}),
            "{\"timestep\": 0, \"neuron_id\": 0}\n{\"timestep\": 0, \"neuron_id\": 2}\n"
            "{\"timestep\": 1, \"neuron_id\": 2}\n");
  const auto event = json::parse(text({"show", run, "0", "events", "--json"}));
  EXPECT_EQ(event, (json{{"timestep", 2}, {"type", "lesion"}, {"data", {{"region", "CA3, left"}}}}));
}

TEST_F(ShowTest, ChoosesTimestepsNeuronsAndRows) {
  const auto run = small_run();
  EXPECT_EQ(text({"show", run, "0", "neural_states/v", "--csv", "--neurons", "1-2", "--from", "2"}),
            "timestep,1,2\n2,2,0.1\n3,3,0.1\n");
  EXPECT_EQ(text({"show", run, "0", "spikes/exc", "--csv", "--neurons", "0,7-9"}), "timestep,neuron_id\n0,0\n2,0\n");
  EXPECT_EQ(text({"show", run, "0", "spikes/exc", "--csv", "--to", "1"}), "timestep,neuron_id\n0,0\n0,2\n");
  EXPECT_EQ(text({"show", run, "0", "spikes/exc", "--csv", "--limit", "1"}), "timestep,neuron_id\n0,0\n");
  EXPECT_EQ(text({"show", run, "0", "weight_changes", "--csv", "--neurons", "76"}),
            "timestep,synapse_id,old_weight,new_weight\n");
  const auto backwards = this->run({"show", run, "0", "events", "--from", "10", "--to", "5"});
  EXPECT_EQ(backwards.status, 2);
  EXPECT_THAT(backwards.errors, testing::HasSubstr("--to: expected 10 or more, got 5"));
  EXPECT_EQ(text({"show", run, "0", "events", "--csv", "--from", "3"}), "timestep,type,data\n");
}

TEST_F(ShowTest, ATableShowsTheFirstColumnsOfWideRows) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto wide = episode.behavior<std::int8_t>("wide", {2, 5});
  for (int t = 0; t < 2500; ++t) wide.record(t, std::vector<std::int8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  episode.finish();
  experiment.close();
  const auto table = text({"show", experiment.path(), "0", "behavior/wide"});
  EXPECT_THAT(table, testing::StartsWith("  timestep  0  1  2  3  4  5  6  7  and 2 more\n"
                                         "         0  0  1  2  3  4  5  6  7  ...\n"));
  EXPECT_THAT(table, testing::EndsWith("\n      2499  0  1  2  3  4  5  6  7  ...\n"));
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 2501);
  EXPECT_THAT(text({"show", experiment.path(), "0", "behavior/wide", "--csv"}),
              testing::StartsWith("timestep,0,1,2,3,4,5,6,7,8,9\n"));
}

TEST_F(ShowTest, WhatCannotBeShownIsSaidInOneLine) {
  const auto run = small_run();
  expect_refused({"show", run, "0", "spikes/inh"}, {"there is no such stream", "spikes/exc"});
  expect_refused({"show", run, "0", "rewards", "--neurons", "1"}, {"rewards", "no ids"});
  expect_refused({"show", run, "0", "neural_states/v", "--neurons", "3"}, {"no column 3"});
  for (const char* ids : {"a", "3-1", "1,,2", "-4", "1-99999999999"})
    expect_refused({"show", run, "0", "spikes/exc", std::string("--neurons=") + ids}, {"--neurons takes numbers"});
  expect_refused({"show", run, "0", "rewards", "--csv", "--json"}, {"--json"});
}

TEST_F(ShowTest, AReaderThatHasGoneEndsIt) {
  const auto run = small_run();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  const auto finished = this->run({"show", run, "0", "spikes/exc", "--csv"}, ends[1]);
  EXPECT_EQ(finished.status, 0);
  EXPECT_EQ(finished.errors, "");
}

}  // namespace
}  // namespace neurotape::tool
