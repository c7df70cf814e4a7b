// From create() to close(), and what is there at each point of it.

#include <array>
#include <chrono>
#include <gmock/gmock.h>
#include <numeric>
#include <vector>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

using namespace std::chrono_literals;

std::vector<std::int64_t> up_to(std::int64_t end) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(end));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

class Life : public RunTest {};

class JudgedLife : public JudgedTest {};

TEST_F(Life, WhatGoesOutOfScopeFinishesItself) {
  std::filesystem::path path;
  {
    auto experiment = create();
    path = experiment.path();
    auto episode = experiment.start_episode();
    auto v = episode.neural_state<float>("v", {});
    for (std::int64_t t = 0; t < 100; ++t) v.record(t, 1.0F);
    auto moved = std::move(episode);
    v.record(100, 1.0F);
  }
  const auto seen = Run(path).episode(0);
  EXPECT_EQ(seen.status(), "complete");
  EXPECT_EQ(seen.neural_state<float>("v").timesteps(), up_to(101));
  EXPECT_THAT(seen.started(), ::testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}([.][0-9]+)?Z"));
  EXPECT_GE(seen.ended(), seen.started());
  EXPECT_TRUE(told().empty());
}

TEST_F(Life, AnExceptionMarksTheEpisodeItPasses) {
  auto experiment = create();
  const auto simulate = [&] {
    auto episode = experiment.start_episode();
    auto v = episode.neural_state<float>("v", {});
    for (std::int64_t t = 0; t < 100; ++t) v.record(t, 1.0F);
    throw std::runtime_error("the simulation failed");
  };
  EXPECT_THROW(simulate(), std::runtime_error);
  experiment.start_episode();
  experiment.close();
  const Run run(experiment.path());
  EXPECT_EQ(run.episode(0).status(), "aborted");
  EXPECT_EQ(run.episode(0).neural_state<float>("v").timesteps(), up_to(100));
  EXPECT_EQ(run.episode(1).status(), "complete");
}

TEST_F(Life, AnEpisodeThatEndsInsideADestructorDuringUnwindingIsComplete) {
  auto experiment = create();
  struct Cleanup {
    Experiment& experiment;
    ~Cleanup() { experiment.start_episode().rewards().record(0, 1); }
  };
  const auto simulate = [&] {
    const Cleanup cleanup{experiment};
    throw std::runtime_error("failed");
  };
  EXPECT_THROW(simulate(), std::runtime_error);
  experiment.close();
  EXPECT_EQ(Run(experiment.path()).episode(0).status(), "complete");
}

TEST_F(Life, AbortMarksOrDiscards) {
  auto experiment = create({.commit_interval = 1h});
  auto marked = experiment.start_episode();
  auto discarded = experiment.start_episode();
  auto committed = experiment.start_episode();
  auto kept = experiment.start_episode();
  for (auto* const episode : {&marked, &discarded, &kept}) episode->rewards().record(0, 1);
  auto large = committed.neural_state<double>("v", {1'000});
  for (std::int64_t t = 0; t < 1'000; ++t) large.record(t, std::vector<double>(1'000, static_cast<double>(t)));
  experiment.flush();
  EXPECT_EQ(Run(experiment.path()).episode(2).status(), "recording");
  marked.abort();
  discarded.abort(true);
  committed.abort(true);
  kept.finish();
  experiment.close();

  const Run run(experiment.path());
  EXPECT_EQ(run.numbers(), (std::vector<std::uint64_t>{0, 3}));
  EXPECT_EQ(run.episode(0).status(), "aborted");
  EXPECT_EQ(run.episode(0).rewards().rows(), 1U);
  for (const auto& entry : std::filesystem::directory_iterator(experiment.path() / "episodes"))
    EXPECT_EQ(entry.path().filename().string().find("episode_000"), std::string::npos) << entry.path();
  EXPECT_TRUE(told().empty());
}

TEST_F(Life, OpenGoesOnWithARun) {
  auto first = create({.dt = 0.5, .dt_unit = "us"});
  const std::vector<int> ids = {1, 2, 3};
  first.save_config({{"learning_rate", 0.5}});
  first.save_neurons({{"ids", ids}});
  for (int i = 0; i < 3; ++i) first.start_episode().rewards().record(i, i);
  first.close();

  auto second = Experiment::open(first.path(), quiet());
  EXPECT_EQ(std::filesystem::canonical(second.path()), std::filesystem::canonical(first.path()));
  auto episode = second.start_episode();
  EXPECT_EQ(episode.number(), 3U);
  EXPECT_EQ(episode.id(), "episode_0003");
  episode.rewards().record(3, 3);
  episode.finish();
  second.close();

  auto third = Experiment::open(first.path(), quiet());
  third.save_config({{"learning_rate", 0.25}});
  third.start_episode().rewards().record(4, 4);
  third.close();

  auto options = quiet();
  options.dt = 2;
  auto fourth = Experiment::open(first.path(), options);
  fourth.start_episode().rewards().record(5, 5);
  fourth.close();

  const Run run(first.path());
  ASSERT_EQ(run.numbers(), (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5}));
  for (std::uint64_t i = 0; i < 6; ++i) {
    const auto rewards = run.episode(i).rewards().all();
    EXPECT_EQ(rewards.values, (std::vector{static_cast<double>(i)})) << i;
    EXPECT_EQ(rewards.timesteps, (std::vector{static_cast<std::int64_t>(i)})) << i;
    EXPECT_EQ(run.episode(i).dt(), i < 5 ? 0.5 : 2) << i;
    EXPECT_EQ(run.episode(i).dt_unit(), i < 5 ? "us" : "ms") << i;
  }
  EXPECT_EQ(run.config(), json({{"learning_rate", 0.25}}));
  EXPECT_EQ(run.neurons().column<int>("ids"), ids);
  EXPECT_EQ(run.attributes().at("dt"), 0.5);
  EXPECT_EQ(run.episodes().size(), 6U);
}

TEST_F(Life, StreamsMayBeDeclaredLate) {
  auto experiment = create({.commit_interval = 1h});
  auto episode = experiment.start_episode();
  auto early = episode.neural_state<float>("early", {});
  for (std::int64_t t = 0; t < 10; ++t) early.record(t, 1.0F);
  auto later = episode.neural_state<float>("later", {});
  experiment.flush();
  auto latest = episode.spikes("latest");
  for (std::int64_t t = 10; t < 20; ++t) {
    early.record(t, 1.0F);
    later.record(t, 2.0F);
    latest.record(t, t);
  }
  experiment.flush();
  for (std::int64_t t = 20; t < 25; ++t) latest.record(t, t);
  episode.finish();
  experiment.close();
  const auto seen = Run(experiment.path()).episode(0);
  EXPECT_EQ(seen.neural_state<float>("early").timesteps(), up_to(20));
  EXPECT_EQ(seen.neural_state<float>("later").rows(), 10U);
  EXPECT_EQ(seen.spikes("latest").all().neuron_ids.size(), 15U);
}

TEST_F(JudgedLife, OthersReadWhileItIsWritten) {
  auto experiment = create({.commit_interval = 1h});
  experiment.save_config({{"live", true}});
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<double>("v", {5}, {.chunk_rows = 64});
  auto spikes = episode.spikes("p");
  std::int64_t t = 0;
  const auto record_until = [&](std::int64_t end) {
    for (; t < end; ++t) {
      v.record(t, std::vector<double>(5, static_cast<double>(t)));
      spikes.record(t, std::array{1, 2});
    }
  };
  for (const std::int64_t rows : {10, 64, 1'000}) {
    record_until(rows);
    experiment.flush();
    record_until(rows + 1);  // not committed, so not to be seen

    const Run run(experiment.path());
    const auto live = run.episode(0);
    EXPECT_EQ(run.config(), json({{"live", true}}));
    EXPECT_EQ(live.status(), "recording");
    const auto seen = live.neural_state<double>("v").timesteps();
    ASSERT_GT(seen.size(), 0U);
    EXPECT_EQ(seen.back(), rows - 1);
    EXPECT_EQ(live.spikes("p").all().timesteps.back(), rows - 1);
    const auto first = std::accumulate(seen.begin(), seen.end(), std::int64_t{0});
    const Finished read = run_python("integration/read_live.py", {live.file().string(), "neural_states/v", "spikes/p"});
    ASSERT_EQ(read.status, 0) << read.output;
    const json found = json::parse(read.output);
    EXPECT_EQ(found.at("status"), "recording");
    EXPECT_EQ(found.at("neural_states/v"), json({seen.size(), first, 5.0 * static_cast<double>(first)}));
    EXPECT_EQ(found.at("spikes/p").at(0), live.spikes("p").rows());
  }
  episode.finish();
  experiment.close();
  EXPECT_EQ(Run(experiment.path()).episode(0).neural_state<double>("v").timesteps().size(),
            static_cast<std::size_t>(t));
}

TEST_F(Life, ManyEpisodesAtOnceFitTheDefaultCap) {
  constexpr std::size_t kEpisodes = 256;
  constexpr std::int64_t kSteps = 40;
  auto experiment = create();
  struct Trial {
    Episode episode;
    DenseStream<float> state;
    SpikeStream spikes;
    RewardStream reward;
  };
  std::vector<Trial> trials;
  for (std::size_t i = 0; i < kEpisodes; ++i) {
    auto episode = experiment.start_episode();
    auto state = episode.neural_state<float>("state", {32});
    auto spikes = episode.spikes("p");
    auto reward = episode.rewards();
    trials.push_back({std::move(episode), std::move(state), std::move(spikes), std::move(reward)});
  }
  for (std::int64_t t = 0; t < kSteps; ++t) {
    for (auto& trial : trials) {
      const auto number = static_cast<float>(trial.episode.number());
      trial.state.record(t, std::vector<float>(32, number + static_cast<float>(t)));
      trial.spikes.record(t, trial.episode.number());
      trial.reward.record(t, static_cast<double>(trial.episode.number()));
    }
    if (t == kSteps / 2) experiment.flush();
  }
  for (auto& trial : trials) trial.episode.finish();
  experiment.close();
  EXPECT_TRUE(told().empty());
  const Run run(experiment.path());
  ASSERT_EQ(run.size(), kEpisodes);
  for (const std::uint64_t number : run.numbers()) {
    const auto episode = run.episode(number);
    ASSERT_EQ(episode.status(), "complete");
    const auto rows = episode.neural_state<float>("state").all();
    ASSERT_EQ(rows.timesteps, up_to(kSteps)) << number;
    ASSERT_EQ(rows.row(kSteps - 1)[31], static_cast<float>(number) + kSteps - 1);
    ASSERT_EQ(episode.spikes("p").all().neuron_ids, std::vector<std::uint64_t>(kSteps, number));
    ASSERT_EQ(episode.rewards().all().values, std::vector<double>(kSteps, static_cast<double>(number)));
  }
  const auto summaries = run.episodes();
  ASSERT_TRUE(summaries.at(7).totals);
  EXPECT_EQ(summaries[7].totals->sum_of_rewards, 7.0 * kSteps);
  EXPECT_EQ(summaries[7].totals->rows, 3U * kSteps);
  EXPECT_EQ(summaries[7].totals->last_timestep, kSteps - 1);
}

}  // namespace
}  // namespace neurotape::outside
