// What stats() counts and committed_timestep() says, while a run is recorded and after.

#include <chrono>
#include <limits>
#include <vector>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

using namespace std::chrono_literals;

class Statistics : public RunTest {
 protected:
  static void expect_consistent(const Stats& stats) {
    EXPECT_EQ(stats.total.rows_offered, stats.total.rows_recorded + stats.total.rows_dropped);
    for (const auto& stream : stats.streams)
      EXPECT_EQ(stream.rows_offered, stream.rows_recorded + stream.rows_dropped) << stream.stream;
    EXPECT_LE(stats.total.rows_committed, stats.total.rows_recorded);
  }
};

TEST_F(Statistics, CommittedTimestepsAreThoseOnDisk) {
  constexpr auto kNone = std::numeric_limits<std::int64_t>::min();
  auto experiment = create({.commit_interval = 1h});
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<float>("v", {});
  auto slow = episode.neural_state<float>("slow", {}, {.every = 10});
  auto spikes = episode.spikes("p");
  EXPECT_EQ(v.committed_timestep(), kNone);
  EXPECT_EQ(episode.committed_timestep(), kNone);
  for (std::int64_t t = 0; t < 15; ++t) {
    v.record(t, 1.0F);
    slow.record(t, 1.0F);
  }
  spikes.record(3, 1);
  EXPECT_EQ(v.committed_timestep(), kNone);
  experiment.flush();
  EXPECT_EQ(v.committed_timestep(), 14);
  EXPECT_EQ(slow.committed_timestep(), 10);
  EXPECT_EQ(spikes.committed_timestep(), 3);
  EXPECT_EQ(episode.committed_timestep(), 10);
  v.record(20, 1.0F);
  EXPECT_EQ(v.committed_timestep(), 14);
  episode.finish();
  experiment.flush();
  EXPECT_EQ(v.committed_timestep(), 20);
}

TEST_F(Statistics, OfCommits) {
  auto experiment = create({.commit_interval = 1h});
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<float>("v", {});
  for (std::int64_t t = 0; t < 100; ++t) v.record(t, 1.0F);
  EXPECT_EQ(experiment.stats().commits, 0U);
  experiment.flush();
  const Stats stats = experiment.stats();
  expect_consistent(stats);
  EXPECT_EQ(stats.total.rows_committed, 100U);
  EXPECT_EQ(stats.commits, 1U);
  EXPECT_GT(stats.last_commit_time.count(), 0);
  EXPECT_GE(stats.longest_commit_time, stats.last_commit_time);
  EXPECT_GT(stats.ring_peak_bytes, 0U);
  EXPECT_GE(stats.ring_peak_bytes, stats.ring_used_bytes);
  v.record(100, 1.0F);
  EXPECT_EQ(episode.stats().total.rows_recorded, 101U);
  EXPECT_EQ(episode.stats().total.rows_committed, 100U);
  EXPECT_TRUE(experiment.stats().last_error.empty());
}

TEST_F(Statistics, CommittedTimestepOfAFinishedEpisodeStays) {
  auto experiment = create({.commit_interval = 1h});
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<float>("v", {});
  for (std::int64_t t = 0; t < 15; ++t) v.record(t, 1.0F);
  experiment.flush();
  ASSERT_EQ(episode.committed_timestep(), 14);
  v.record(15, 1.0F);
  episode.finish();
  experiment.flush();
  EXPECT_EQ(episode.committed_timestep(), 15);
}

TEST_F(Statistics, OfAFinishedEpisodeStay) {
  auto experiment = create({.commit_interval = 1h});
  auto episode = experiment.start_episode();
  episode.rewards().record(0, 1);
  episode.finish();
  experiment.flush();
  EXPECT_EQ(episode.stats().total.rows_recorded, 1U);
}

TEST_F(Statistics, AddUpWithGapsInACommit) {
  auto experiment = create({.commit_interval = 1h});
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<float>("v", {3}, {.every = 2});
  auto spikes = episode.spikes("p", {.population_size = 50});
  for (std::int64_t t = 0; t < 100; ++t) {
    v.record(t, std::vector<float>(t == 31 || t == 40 ? 2 : 3));
    spikes.record(t, std::vector<std::int64_t>{1, 2, t});
    if (t % 10 == 0) expect_consistent(experiment.stats());
  }
  Stats stats = experiment.stats();
  expect_consistent(stats);
  ASSERT_EQ(stats.streams.size(), 2U);
  EXPECT_EQ(stats.streams[0].episode, "episode_0000");
  EXPECT_EQ(stats.streams[0].stream, "neural_states/v");
  EXPECT_EQ(stats.streams[0].rows_recorded, 49U);
  EXPECT_EQ(stats.streams[1].rows_offered, 300U);
  EXPECT_EQ(stats.streams[1].rows_recorded, 150U);
  EXPECT_EQ(stats.streams[1].rows_rejected, 150U);
  EXPECT_EQ(stats.streams[0].bytes_in, 49U * (8 + 12));
  EXPECT_EQ(stats.total.rows_committed, 0U);
  EXPECT_EQ(stats.commits, 0U);
  EXPECT_FALSE(stats.last_error.empty());
  experiment.flush();
  stats = experiment.stats();
  expect_consistent(stats);
  EXPECT_EQ(stats.total.rows_committed, stats.total.rows_recorded);
  EXPECT_EQ(stats.commits, 1U);
  EXPECT_GT(stats.last_commit_time.count(), 0);
  EXPECT_GE(stats.longest_commit_time, stats.last_commit_time);
  EXPECT_GE(stats.ring_peak_bytes, stats.ring_used_bytes);
  EXPECT_THROW(episode.finish(), Error);
  EXPECT_THROW(experiment.close(), Error);
  stats = experiment.stats();
  expect_consistent(stats);
  EXPECT_TRUE(stats.streams.empty());
  EXPECT_EQ(stats.total.rows_recorded, 199U);
  EXPECT_EQ(stats.total.rows_committed, 199U);
  EXPECT_GT(stats.total.bytes_stored, 0U);
  EXPECT_GT(stats.total.ratio(), 0.0);
  EXPECT_EQ(stats.ring_used_bytes, 0U);
}

/// Episodes in files of their own, and in segments.
class StoredBytes : public JudgedTest, public testing::WithParamInterface<bool> {};

TEST_P(StoredBytes, AreThoseOfTheFile) {
  const bool is_large = GetParam();
  auto experiment = create({.commit_interval = 1h});
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<float>("v", {50}, {.chunk_rows = 16});
  auto spikes = episode.spikes("p", {.chunk_rows = 100});
  auto rewards = episode.rewards({.codec = Codec::none()});
  for (std::int64_t t = 0; t < 1'000; ++t) {
    v.record(t, std::vector<float>(50, static_cast<float>(t % 7)));
    spikes.record(t, std::vector<std::int64_t>{t, t + 1});
    rewards.record(t, 0.5);
    if (is_large && t % 300 == 200) experiment.flush();
  }
  episode.finish();
  experiment.close();
  const auto total = experiment.stats().total;
  std::uint64_t stored = 0;
  const json datasets = describe(experiment.path()).at("episodes").at("episode_0000").at("datasets");
  for (const char* column : {"neural_states/v/timesteps", "neural_states/v/values", "spikes/p/timesteps",
                             "spikes/p/neuron_ids", "rewards/timesteps", "rewards/values"})
    stored += datasets.at(column).at("stored_bytes").get<std::uint64_t>();
  constexpr std::uint64_t kBytesIn = 1'000 * (8 + 50 * 4) + 2'000 * (8 + 4) + 1'000 * (8 + 8);
  EXPECT_EQ(total.bytes_in, kBytesIn);
  EXPECT_EQ(total.bytes_stored, stored);
  EXPECT_DOUBLE_EQ(total.ratio(), static_cast<double>(kBytesIn) / static_cast<double>(stored));
  EXPECT_EQ(total.waits, 0U);
  EXPECT_EQ(total.waited.count(), 0);
}

INSTANTIATE_TEST_SUITE_P(Files, StoredBytes, testing::Bool(),
                         [](const auto& large) { return large.param ? "OfTheirOwn" : "Segments"; });

}  // namespace
}  // namespace neurotape::outside
