// Handles that are used in other orders than the usual one.

#include <optional>
#include <stdexcept>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

using Handles = RunTest;

TEST_F(Handles, ARowThatWasReservedAndNotCommittedIsNotThere) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<float>("v", {3});
  for (std::int64_t t = 0; t < 20; ++t) {
    try {
      const auto row = stream.reserve(t);
      std::fill(row->begin(), row->end(), static_cast<float>(t));
      if (t % 2 == 1) throw std::runtime_error("between");
      stream.commit();
    } catch (const std::runtime_error&) {
      continue;
    }
  }
  EXPECT_EQ(stream.reserve(20)->size(), 3U);
  EXPECT_EQ(episode.stats().total.rows_offered, 10U);
  episode.finish();
  stream.commit();  // of a row of an episode that is finished
  EXPECT_EQ(told_codes(), (std::vector{ErrorCode::closed}));
  EXPECT_THROW(experiment.close(), Error);
  const auto rows = Run(experiment.path()).episode(0).neural_state<float>("v").all();
  ASSERT_EQ(rows.size(), 10U);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows.timesteps[i], static_cast<std::int64_t>(2 * i));
  EXPECT_EQ(rows.row(9)[2], 18.0F);
}

TEST_F(Handles, AnExceptionThatPassesEverythingLeavesAnAbortedEpisode) {
  std::filesystem::path path;
  try {
    auto experiment = create();
    path = experiment.path();
    auto episode = experiment.start_episode();
    auto stream = episode.neural_state<float>("v", {3});
    stream.record(0, std::vector<float>{1, 2, 3});
    const auto row = stream.reserve(1);
    (*row)[0] = 7;
    throw std::runtime_error("out");
  } catch (const std::runtime_error&) {
    const auto episode = Run(path).episode(0);
    EXPECT_EQ(episode.status(), "aborted");
    EXPECT_EQ(episode.neural_state<float>("v").rows(), 1U);
  }
  EXPECT_TRUE(told().empty());
}

TEST_F(Handles, MayOutliveAllElse) {
  auto experiment = std::optional(create());
  auto episode = std::optional(experiment->start_episode());
  auto dense = episode->neural_state<float>("v", {2});
  auto spikes = episode->spikes("p");
  auto lane = spikes.lane();
  auto rewards = episode->rewards();
  auto weights = episode->weight_changes();
  auto part = episode->neural_state<float>("w", {2}).columns(0, 2);
  const auto path = experiment->path();
  rewards.record(0, 0.5);
  experiment.reset();  // closes; the episode still has a part of it
  episode.reset();
  for (std::int64_t t = 0; t < 3; ++t) {
    dense.record(t, std::vector<float>{1, 2});
    EXPECT_FALSE(dense.reserve(t));
    dense.commit();
    part.record(t, std::vector<float>{1, 2});
    spikes.record(t, 1);
    lane.record(t, 1);
    rewards.record(t, 1);
    weights.record(t, 1, 0.5F, 0.6F);
  }
  EXPECT_EQ(rewards.committed_timestep(), 0);
  EXPECT_FALSE(told().empty());
  for (const auto code : told_codes()) EXPECT_EQ(code, ErrorCode::closed);
  EXPECT_EQ(Run(path).episode(0).rewards().rows(), 1U);
}

TEST_F(Handles, ThatWereMovedFromTakeAnother) {
  auto experiment = create();
  auto other = std::move(experiment);
  experiment = create({}, "second");
  auto episode = experiment.start_episode();
  auto moved = std::move(episode);
  episode = experiment.start_episode();
  auto rewards = episode.rewards();
  auto kept = std::move(rewards);
  rewards = moved.rewards();
  rewards.record(0, 1);
  kept.record(0, 2);
  EXPECT_EQ(moved.number(), 0U);
  EXPECT_EQ(episode.number(), 1U);
  moved.finish();
  episode.finish();
  experiment.close();
  other.close();
  Run run(experiment.path());
  EXPECT_EQ(run.episode(0).rewards().all().values[0], 1.0);
  EXPECT_EQ(run.episode(1).rewards().all().values[0], 2.0);
}

}  // namespace
}  // namespace neurotape::outside
