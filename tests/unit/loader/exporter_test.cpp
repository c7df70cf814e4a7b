#include "golden.hpp"

namespace neurotape {
namespace {

using testing::ElementsAre;
using ExporterTest = LoaderTest;

/// Each form of the files that the older exporter left.
std::vector<std::filesystem::path> forms(const Golden& files) { return {files.path(), files / "experiment_data.h5"}; }

template <class T>
std::vector<T> values(const Array<T>& array) {
  return array;
}

TEST_F(ExporterTest, RunsOpenWithTheSameCalls) {
  const Golden files("exporter");
  for (const auto& path : forms(files)) {
    SCOPED_TRACE(path);
    const Run run(path);
    EXPECT_EQ(run.name(), "maze");
    EXPECT_EQ(run.config()["learning_rate"], 0.5);
    EXPECT_EQ(run.attributes()["version"], "0.3");
    EXPECT_THAT(run.numbers(), ElementsAre(0, 1));
    const auto episode = run.episode(0);
    EXPECT_EQ(episode.status(), "complete");
    EXPECT_EQ(episode.attributes()["success"], true);
    std::vector<std::string> paths;
    for (const auto& stream : episode.streams()) paths.push_back(stream.path);
    EXPECT_THAT(paths, ElementsAre("behavior/position", "neural_states/firing", "neural_states/v", "rewards",
                                   "spikes/default"));
  }
}

TEST_F(ExporterTest, DatasetsAreStreams) {
  const Golden files("exporter");
  const auto episode = Run(files.path()).episode(0);
  const auto v = episode.neural_state<float>("v");
  EXPECT_EQ(v.unit(), "mV");
  EXPECT_EQ(v.shape(), Shape(4));
  EXPECT_EQ(v.rows(), 300u);
  const auto some = v.between(1000, 1030);
  EXPECT_THAT(values(some.timesteps), ElementsAre(1000, 1010, 1020)) << "those of the group";
  for (std::size_t i = 0; i < some.values.size(); ++i) ASSERT_EQ(some.values[i], static_cast<float>(400 + i));
  EXPECT_THAT(values(v.columns({3}).rows(0, 2).values), ElementsAre(3, 7));
  EXPECT_TRUE(episode.neural_state<bool>("firing").all().values[1]);

  const auto position = episode.behavior<double>("position");
  EXPECT_THAT(values(position.between(7, 9).timesteps), ElementsAre(7, 8)) << "rows are counted";
  EXPECT_THAT(values(position.between(7, 9).values), ElementsAre(14, 15, 16, 17));
  std::size_t rows = 0;
  for (const auto& part : position.chunks(1000)) rows += part.size();
  EXPECT_EQ(rows, 250u);
  const auto rewards = episode.rewards().all();
  EXPECT_EQ(rewards.size(), 250u);
  EXPECT_EQ(rewards.timesteps[249], 249);
  EXPECT_EQ(rewards.values[249], 0.25);
  const auto spikes = episode.spikes("default").between(3, 5);
  EXPECT_THAT(values(spikes.neuron_ids), ElementsAre(6, 7, 8, 9));
}

TEST_F(ExporterTest, GroupsAreStreamsToo) {
  const Golden files("exporter");
  const auto episode = Run(files.path()).episode(1);
  EXPECT_EQ(episode.neural_state<float>("v").all().timesteps, (std::vector<std::int64_t>{5, 7}));
  EXPECT_EQ(episode.spikes("inh").all().neuron_ids, (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(outcome_of(episode).sum_of_rewards, 3.0);
  EXPECT_EQ(outcomes(Run(files.path()))[0].length, 2991u);
}

TEST_F(ExporterTest, WhatIsNotOneOfTheseIsRefused) {
  const Golden files("not_ours");
  expect_error(ErrorCode::damaged, {"not a neurotape file"}, [&] { Run(files / "foreign.h5"); });
}

}  // namespace
}  // namespace neurotape
