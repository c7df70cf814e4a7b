#include <map>
#include <set>
#include <thread>

#include "fixture.hpp"
#include "tests/support/errors.hpp"

namespace neurotape {
namespace {

using testing::ElementsAre;

class TrainingTest : public AnalysisTest {
 protected:
  /// Episode e has `lengths[e]` steps, each 10 timesteps; in step i the state is (e, i), the action e + i / 100, and
  /// two rewards come, of 1 and of i. The state after the last step is (e, length).
  Run episodes(const std::vector<int>& lengths) const {
    std::vector<Record> records;
    for (std::size_t e = 0; e < lengths.size(); ++e)
      records.push_back([e, length = lengths[e]](Episode& episode) {
        auto state = episode.behavior<double>("state", {2});
        auto action = episode.behavior<float>("action", {});
        auto reward = episode.rewards();
        const auto number = static_cast<double>(e);
        for (int i = 0; i <= length; ++i) {
          state.record(i * 10, std::vector<double>{number, static_cast<double>(i)});
          if (i == length) break;
          action.record(i * 10 + 1, static_cast<float>(e) + static_cast<float>(i) / 100);
          reward.record(i * 10 + 3, 1.0);
          reward.record(i * 10 + 5, static_cast<double>(i));
        }
      });
    return recorded(records);
  }
  static TrainingOptions options() { return {.observations = {"behavior/state"}, .actions = {"behavior/action"}}; }

  static std::vector<TrainingBatch> all(const Run& run, const TrainingOptions& options) {
    std::vector<TrainingBatch> batches;
    for (const auto& batch : training_batches(run, options)) batches.push_back(batch);
    return batches;
  }
  /// Episode and first step of each window, in order.
  static std::vector<std::pair<int, int>> windows(const std::vector<TrainingBatch>& batches) {
    std::vector<std::pair<int, int>> found;
    for (const auto& batch : batches)
      for (std::size_t i = 0; i < batch.size; ++i)
        found.emplace_back(static_cast<int>(batch.episodes[i]), static_cast<int>(batch.timesteps[i] / 10));
    return found;
  }
};

TEST_F(TrainingTest, EpisodesOfAnotherWidthAreRefused) {
  std::vector<Record> records;
  for (const int width : {2, 3})
    records.push_back([width](Episode& episode) {
      auto state = episode.behavior<double>("state", {width});
      for (int t = 0; t < 2; ++t) state.record(t, std::vector<double>(static_cast<std::size_t>(width)));
      episode.behavior<float>("action", {}).record(0, 1.0F);
    });
  const auto run = recorded(records);
  support::expect_error(ErrorCode::wrong_shape, {"3 values", "2", "episode_0001", "behavior/state"},
                        [&] { all(run, options()); });
}

TEST_F(TrainingTest, AStrideBeyondEveryEpisodeGivesItsFirstWindow) {
  auto options = TrainingTest::options();
  options.stride = std::numeric_limits<std::size_t>::max();
  EXPECT_THAT(windows(all(episodes({3, 2}), options)), ElementsAre(std::pair(0, 0), std::pair(1, 0)));
}

TEST_F(TrainingTest, AStreamWithoutRowsIsNoObservation) {
  const auto run = recorded({[](Episode& episode) {
    episode.behavior<double>("state", {2});
    episode.behavior<float>("action", {}).record(0, 1.0F);
  }});
  support::expect_error(ErrorCode::not_found, {"no value at or before the first step"}, [&] { all(run, options()); });
}

TEST_F(TrainingTest, OneOfTheAttributesOfAnEndSaysTheOther) {
  const auto with = [](const char* name, bool value) {
    return [=](Episode& episode) { episode.set_attribute(name, value); };
  };
  const auto run = recorded({with("terminated", false), with("terminated", true), with("truncated", false),
                             with("truncated", true), [](Episode&) {}});
  const std::vector<bool> terminated{false, true, true, false, true};
  for (std::size_t i = 0; i < terminated.size(); ++i) {
    EXPECT_EQ(termination_of(run.episode(i)).terminated, terminated[i]) << i;
    EXPECT_EQ(termination_of(run.episode(i)).truncated, !terminated[i]) << i;
  }
}

TEST_F(TrainingTest, StreamsOfFlagsSayHowAnEpisodeEnded) {
  const auto with = [](const char* name, std::vector<bool> flags, const char* attribute = nullptr) {
    return [=](Episode& episode) {
      auto stream = episode.behavior<bool>(name, {});
      for (std::size_t t = 0; t < flags.size(); ++t) stream.record(static_cast<std::int64_t>(t), flags[t]);
      if (attribute != nullptr) episode.set_attribute(attribute, true);
    };
  };
  const auto run = recorded({with("truncated", {false, false, true}), with("terminated", {false, true}),
                             with("terminated", {true, false}), with("truncated", {}),
                             with("terminated", {false, false}, "terminated")});
  const std::vector<bool> terminated{false, true, false, true, true};
  for (std::size_t i = 0; i < terminated.size(); ++i)
    EXPECT_EQ(termination_of(run.episode(i)).terminated, terminated[i]) << i;
}

TEST_F(TrainingTest, TransitionsGoFromStepToStep) {
  const auto batches = all(episodes({3, 1}), options());
  ASSERT_EQ(batches.size(), 1u);
  const auto& batch = batches[0];
  EXPECT_EQ(batch.size, 4u);
  EXPECT_EQ(batch.length, 1u);
  EXPECT_EQ(batch.observation_width, 2u);
  EXPECT_EQ(batch.action_width, 1u);
  EXPECT_THAT(batch.observations, ElementsAre(0, 0, 0, 1, 0, 2, 1, 0));
  EXPECT_THAT(batch.next_observations, ElementsAre(0, 1, 0, 2, 0, 3, 1, 1));
  EXPECT_THAT(batch.actions, ElementsAre(0, 0.01F, 0.02F, 1));
  EXPECT_THAT(batch.rewards, ElementsAre(1, 2, 3, 1));
  EXPECT_THAT(batch.terminated, ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(batch.truncated, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(batch.episodes, ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(batch.timesteps, ElementsAre(1, 11, 21, 1));
}

TEST_F(TrainingTest, WindowsStayWithinAnEpisode) {
  auto chosen = options();
  chosen.length = 2;
  chosen.stride = 2;
  chosen.batch = 2;
  const auto batches = all(episodes({5, 1, 2}), chosen);
  EXPECT_THAT(windows(batches), ElementsAre(std::pair(0, 0), std::pair(0, 2), std::pair(2, 0)));
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[1].size, 1u);
  EXPECT_THAT(batches[0].observations, ElementsAre(0, 0, 0, 1, 0, 2, 0, 3));
  EXPECT_THAT(batches[0].next_observations, ElementsAre(0, 1, 0, 2, 0, 3, 0, 4));
  EXPECT_THAT(batches[1].terminated, ElementsAre(0, 1));
}

TEST_F(TrainingTest, ShufflingGivesEachWindowOnceAndIsRepeatedByItsSeed) {
  std::vector<int> lengths;
  for (int i = 0; i < 40; ++i) lengths.push_back(1 + i % 7);
  const auto run = episodes(lengths);
  auto chosen = options();
  chosen.batch = 10;
  chosen.episodes_in_memory = 16;
  const auto in_order = windows(all(run, chosen));
  chosen.seed = 7;
  const auto shuffled = windows(all(run, chosen));
  EXPECT_EQ(windows(all(run, chosen)), shuffled);
  chosen.seed = 8;
  const auto otherwise = windows(all(run, chosen));
  EXPECT_NE(shuffled, in_order);
  EXPECT_NE(otherwise, shuffled);
  const std::multiset<std::pair<int, int>> expected(in_order.begin(), in_order.end());
  EXPECT_EQ(std::multiset(shuffled.begin(), shuffled.end()), expected);
  EXPECT_EQ(std::multiset(otherwise.begin(), otherwise.end()), expected);
  std::set<int> early;
  for (std::size_t i = 0; i < 20; ++i) early.insert(shuffled[i].first);
  EXPECT_GT(early.size(), 8u) << "of many episodes";
}

TEST_F(TrainingTest, SeveralStreamsLieSideBySide) {
  const auto run = recorded({[](Episode& episode) {
    auto camera = episode.neural_state<std::uint8_t>("camera", {1, 2});
    auto speed = episode.behavior<float>("speed", {});
    speed.record(0, 0.5F);
    for (int t = 0; t < 3; ++t) camera.record(t, std::vector<std::uint8_t>{static_cast<std::uint8_t>(t), 9});
  }});
  const auto batches = all(run, {.observations = {"neural_states/camera", "behavior/speed"}});
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].observation_width, 3u);
  EXPECT_THAT(batches[0].observations, ElementsAre(0, 9, 0.5F, 1, 9, 0.5F, 2, 9, 0.5F));
  EXPECT_THAT(batches[0].next_observations, ElementsAre(1, 9, 0.5F, 2, 9, 0.5F, 2, 9, 0.5F)) << "the last one again";
  EXPECT_TRUE(batches[0].actions.empty());
}

TEST_F(TrainingTest, TheEpisodeSaysHowItEnded) {
  const auto run = recorded({[](Episode& episode) {
                               episode.set_attribute("truncated", true);
                               episode.behavior<float>("x", {}).record(0, 1.0F);
                             },
                             [](Episode& episode) {
                               episode.behavior<float>("x", {}).record(0, 1.0F);
                               episode.abort();
                             }});
  const auto batches = all(run, {.observations = {"behavior/x"}});
  EXPECT_THAT(batches[0].truncated, ElementsAre(1, 1));
  EXPECT_THAT(batches[0].terminated, ElementsAre(0, 0));
}

TEST_F(TrainingTest, WhatCannotBeIsRefused) {
  const auto run = episodes({2});
  EXPECT_THROW(training_batches(run, {}), Error);
  for (auto number : {&TrainingOptions::length, &TrainingOptions::stride, &TrainingOptions::batch,
                      &TrainingOptions::episodes_in_memory}) {
    auto wrong = options();
    wrong.*number = 0;
    EXPECT_THROW(training_batches(run, wrong), Error);
  }
  EXPECT_THROW(all(run, {.observations = {"behavior/nothing"}}), Error);
  EXPECT_THROW(all(run, {.observations = {"behavior/action"}, .actions = {"behavior/state"}}), Error)
      << "no observation before the first step";
}

TEST_F(TrainingTest, LeavingEarlyIsSafe) {
  const auto run = episodes(std::vector<int>(50, 4));
  auto chosen = options();
  chosen.batch = 3;
  chosen.episodes_in_memory = 5;
  for (const auto& batch : training_batches(run, chosen)) {
    EXPECT_EQ(batch.size, 3u);
    break;
  }
}

TEST_F(TrainingTest, ManyThreadsReadOneRun) {
  const auto run = episodes(std::vector<int>(60, 5));
  const auto expected = windows(all(run, options()));
  std::vector<std::thread> readers;
  for (std::uint64_t i = 0; i < 4; ++i)
    readers.emplace_back([&, i] {
      auto chosen = options();
      chosen.episodes_in_memory = 7;
      if (i % 2 == 0) {
        EXPECT_EQ(windows(all(run, chosen)), expected);
      } else {
        for (std::uint64_t n = i; n < run.size(); n += 4) {
          EXPECT_EQ(outcome_of(run.episode(n)).sum_of_rewards, 5 + 0 + 1 + 2 + 3 + 4);
          EXPECT_EQ(align(run.episode(n), "behavior/action", std::vector<std::int64_t>{1}).values[0],
                    static_cast<double>(n));
        }
      }
    });
  for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace neurotape
