// From create() to close(), and what is there at each point of it.

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <map>
#include <numeric>
#include <regex>
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

class Life : public RunTest {
 protected:
  static void expect_consistent(const Stats& stats) {
    EXPECT_EQ(stats.total.rows_offered, stats.total.rows_recorded + stats.total.rows_dropped);
    for (const auto& stream : stats.streams)
      EXPECT_EQ(stream.rows_offered, stream.rows_recorded + stream.rows_dropped) << stream.stream;
    EXPECT_LE(stats.total.rows_committed, stats.total.rows_recorded);
  }
};

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
  EXPECT_TRUE(std::regex_match(seen.started(), std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)")))
      << seen.started();
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
  auto first = create({.dt = 0.5});
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

  const Run run(first.path());
  ASSERT_EQ(run.numbers(), (std::vector<std::uint64_t>{0, 1, 2, 3, 4}));
  for (std::uint64_t i = 0; i < 5; ++i) {
    const auto rewards = run.episode(i).rewards().all();
    EXPECT_EQ(rewards.values, (std::vector{static_cast<double>(i)})) << i;
    EXPECT_EQ(rewards.timesteps, (std::vector{static_cast<std::int64_t>(i)})) << i;
  }
  EXPECT_EQ(run.config(), json({{"learning_rate", 0.25}}));
  EXPECT_EQ(run.neurons().column<int>("ids"), ids);
  EXPECT_EQ(run.attributes().at("dt"), 0.5);
  EXPECT_EQ(run.episodes().size(), 5U);
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

TEST_F(JudgedLife, AttributesMayBeSetAtAnyTime) {
  auto experiment = create({.commit_interval = 1h});
  auto large = experiment.start_episode({.attributes = {{"first", 1}, {"changes", "before"}}});
  auto small = experiment.start_episode({.attributes = {{"first", 1}, {"changes", "before"}}});
  auto v = large.neural_state<double>("v", {1'000});
  std::uint64_t state = 1;
  std::vector<double> noise(1'000);
  for (std::int64_t t = 0; t < 1'000; ++t) {
    for (auto& value : noise)
      value = static_cast<double>(state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U);
    v.record(t, noise);
  }
  for (auto* const episode : {&large, &small}) episode->set_attribute("second", "zwei ✓");
  small.rewards().record(0, 1);
  small.finish();
  experiment.flush();
  large.set_attribute("third", {{"nested", {1, 2}}});
  large.set_attribute("changes", 4.5);
  large.finish();
  experiment.close();
  const Run run(experiment.path());
  ASSERT_EQ(run.episode(0).object(), "/");
  ASSERT_NE(run.episode(1).object(), "/");
  EXPECT_EQ(run.episode(0).attributes(),
            json({{"first", 1}, {"changes", 4.5}, {"second", "zwei ✓"}, {"third", {{"nested", {1, 2}}}}}));
  EXPECT_EQ(run.episode(1).attributes(), json({{"first", 1}, {"changes", "before"}, {"second", "zwei ✓"}}));
  const json seen = describe(experiment.path()).at("episodes").at("episode_0000").at("attributes");
  EXPECT_EQ(seen.at("second"), "zwei ✓");
  EXPECT_EQ(seen.at("changes"), 4.5);
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

TEST_F(Life, CommittedTimestepsAreThoseOnDisk) {
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

TEST_F(Life, StatisticsAddUp) {
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

TEST_F(Life, StatisticsOfCommits) {
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

TEST_F(JudgedLife, EpisodesAndStreamsMayBeEmpty) {
  auto experiment = create({.commit_interval = 1h});
  experiment.start_episode({.attributes = {{"empty", true}}});
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<float>("v", {3, 2});
  auto spikes = episode.spikes("p", {.times = true});
  auto rewards = episode.rewards();
  auto plastic = episode.weight_changes<double>();
  spikes.record(5, std::vector<int>{}, std::vector<double>{});
  experiment.flush();
  episode.finish();
  auto nothing_flushed = experiment.start_episode();
  nothing_flushed.neural_state<float>("v", {0});
  nothing_flushed.finish();
  experiment.close();
  EXPECT_TRUE(told().empty());

  const Run run(experiment.path());
  ASSERT_EQ(run.size(), 3U);
  EXPECT_EQ(run.episode(0).attributes(), json({{"empty", true}}));
  EXPECT_TRUE(run.episode(0).streams().empty());
  const auto seen = run.episode(1);
  EXPECT_EQ(seen.neural_state<float>("v").all().size(), 0U);
  EXPECT_EQ(seen.neural_state<float>("v").shape(), Shape(3, 2));
  EXPECT_EQ(seen.spikes("p").all().size(), 0U);
  EXPECT_EQ(seen.rewards().between(0, 100).size(), 0U);
  EXPECT_EQ(seen.weight_changes<double>().all().size(), 0U);
  EXPECT_TRUE(seen.events().empty());
  EXPECT_TRUE(seen.gaps().empty());
  EXPECT_EQ(run.episode(2).neural_state<float>("v").rows(), 0U);
  const json described = describe(experiment.path()).at("episodes");
  EXPECT_EQ(described.at("episode_0000").at("attributes").at("status"), "complete");
  EXPECT_EQ(described.at("episode_0001").at("datasets").at("neural_states/v/values").at("shape"), json({0, 3, 2}));
  EXPECT_EQ(described.at("episode_0001").at("datasets").at("spikes/p/times").at("dtype"), "float64");
  EXPECT_EQ(described.at("episode_0001").at("datasets").at("weight_changes/old_weights").at("dtype"), "float64");
}

TEST_F(JudgedLife, RunsWithoutEpisodesAreRuns) {
  auto experiment = create();
  experiment.close();
  EXPECT_TRUE(Run(experiment.path()).empty());
  const json seen = describe(experiment.path());
  const json& attributes = seen.at("setup").at("attributes");
  EXPECT_EQ(attributes.at("format"), "neurotape");
  EXPECT_EQ(attributes.at("format_version"), 1);
  EXPECT_EQ(attributes.at("experiment_name"), "run");
  EXPECT_TRUE(seen.at("episodes").empty());
}

TEST_F(JudgedLife, ConfigsOfAnyShape) {
  const json config = {{"learning_rate", 1e-3},
                       {"steps", 10'000},
                       {"negative", -7},
                       {"huge", std::uint64_t{1} << 63},
                       {"on", true},
                       {"off", false},
                       {"título", "réseau de neurones 神経"},
                       {"empty", ""},
                       {"looks like json", "[1, 2]"},
                       {"nothing", nullptr},
                       {"list", {1, 2.5, "x", nullptr, true}},
                       {"network", {{"size", 10'000}, {"名前", {{"深い", {1, 2, {{"a", "ü\n\"quoted\""}}}}}}}}};
  auto experiment = create();
  experiment.save_config({{"overwritten", 1}, {"steps", "text"}});
  experiment.start_episode();
  experiment.save_config(config);
  experiment.close();
  EXPECT_EQ(Run(experiment.path()).config(), config);
  const json seen = describe(experiment.path()).at("config");
  EXPECT_EQ(seen.size(), config.size());
  for (const auto& [name, value] : config.items()) {
    if (value.is_structured() || value.is_null()) {
      EXPECT_EQ(json::parse(seen.at(name).get<std::string>()), value) << name;
    } else {
      EXPECT_EQ(seen.at(name), value) << name;
    }
  }
}

TEST_F(JudgedLife, NetworkColumnsOfEveryType) {
  const std::array<std::int8_t, 2> i8 = {-128, 127};
  const std::array<std::int16_t, 2> i16 = {-32768, 32767};
  const std::array<std::int32_t, 2> i32 = {-3, 3};
  const std::array<std::int64_t, 2> i64 = {std::numeric_limits<std::int64_t>::min(), 4};
  const std::array<std::uint8_t, 2> u8 = {0, 255};
  const std::array<std::uint16_t, 2> u16 = {0, 65535};
  const std::array<std::uint32_t, 2> u32 = {0, 4294967295U};
  const std::array<std::uint64_t, 2> u64 = {0, std::uint64_t{1} << 63};
  const std::array<float, 2> f32 = {-0.0F, 1.5F};
  const std::array<double, 2> f64 = {0.1, 1e300};
  const std::array<bool, 2> boolean = {false, true};
  const std::vector<NamedArray> columns = {{"i8", i8},
                                           {"i16", i16},
                                           {"i32", i32},
                                           {"i64", i64},
                                           {"u8", u8},
                                           {"u16", u16},
                                           {"u32", u32},
                                           {"u64", u64},
                                           {"f32", f32},
                                           {"f64", f64},
                                           {"est inhibiteur ✓", boolean}};
  auto experiment = create();
  const std::vector<int> replaced = {1, 2, 3};
  experiment.save_neurons({{"replaced", replaced}});
  experiment.save_neurons(columns);
  experiment.save_connections(columns);
  experiment.close();
  const Run run(experiment.path());
  for (const auto& table : {run.neurons(), run.connections()}) {
    EXPECT_EQ(table.rows(), 2U);
    EXPECT_EQ(table.names().size(), 11U);
    EXPECT_EQ(table.column<std::int64_t>("i64"), (std::vector<std::int64_t>(i64.begin(), i64.end())));
    EXPECT_EQ(table.column<std::uint64_t>("u64"), (std::vector<std::uint64_t>(u64.begin(), u64.end())));
    EXPECT_EQ(table.column<float>("f32"), (std::vector<float>(f32.begin(), f32.end())));
    EXPECT_EQ(table.column<bool>("est inhibiteur ✓"), (Array<bool>{false, true}));
  }
  const json datasets = describe(experiment.path()).at("setup").at("datasets");
  const std::map<std::string, std::pair<std::string, json>> expected = {{"i8", {"int8", i8}},
                                                                        {"i16", {"int16", i16}},
                                                                        {"i32", {"int32", i32}},
                                                                        {"i64", {"int64", i64}},
                                                                        {"u8", {"uint8", u8}},
                                                                        {"u16", {"uint16", u16}},
                                                                        {"u32", {"uint32", u32}},
                                                                        {"u64", {"uint64", u64}},
                                                                        {"f32", {"float32", f32}},
                                                                        {"f64", {"float64", f64}},
                                                                        {"est inhibiteur ✓", {"bool", boolean}}};
  for (const char* table : {"network_structure/neurons/", "network_structure/connections/"}) {
    for (const auto& [name, column] : expected) {
      const json& dataset = datasets.at(table + name);
      EXPECT_EQ(dataset.at("dtype"), column.first) << name;
      EXPECT_EQ(dataset.at("values"), column.second) << name;
    }
    EXPECT_FALSE(datasets.contains(table + std::string("replaced")));
  }
}

TEST_F(JudgedLife, NamesAreUnicode) {
  const std::vector<std::string> names = {"tension membranaire µV", "膜電位", "нейрон", "a b.c-d_e", "🧠",
                                          std::string(200, 'x')};
  auto experiment = create({}, "expérience 神経");
  EXPECT_TRUE(experiment.path().filename().string().starts_with("expérience 神経_"));
  auto episode = experiment.start_episode();
  for (const auto& name : names) {
    episode.neural_state<std::int32_t>(name, {}).record(1, 7);
    episode.spikes(name).record(1, 7);
  }
  episode.log_event("lésion", 1, {{"où", "CA3"}});
  episode.finish();
  experiment.close();
  const auto seen = Run(experiment.path()).episode(0);
  EXPECT_EQ(Run(experiment.path()).name(), "expérience 神経");
  const json datasets = describe(experiment.path()).at("episodes").at("episode_0000").at("datasets");
  for (const auto& name : names) {
    EXPECT_EQ(seen.neural_state<std::int32_t>(name).all().values, (std::vector{7})) << name;
    EXPECT_EQ(datasets.at("neural_states/" + name + "/values").at("values"), json({7})) << name;
    EXPECT_EQ(datasets.at("spikes/" + name + "/neuron_ids").at("values"), json({7})) << name;
  }
  EXPECT_EQ(seen.events().at(0).type, "lésion");
  EXPECT_EQ(datasets.at("events/types").at("values"), json({"lésion"}));
}

TEST_F(Life, CommittedTimestepOfAFinishedEpisodeStays) {
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

TEST_F(Life, StatisticsOfAFinishedEpisodeStay) {
  auto experiment = create({.commit_interval = 1h});
  auto episode = experiment.start_episode();
  episode.rewards().record(0, 1);
  episode.finish();
  experiment.flush();
  EXPECT_EQ(episode.stats().total.rows_recorded, 1U);
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

TEST_F(Life, StatisticsAddUpWithGapsInACommit) {
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

}  // namespace
}  // namespace neurotape::outside
