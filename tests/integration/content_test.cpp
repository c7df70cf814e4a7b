// What may be in a run besides rows: nothing, configs, networks, attributes, names of any language.

#include <array>
#include <chrono>
#include <limits>
#include <map>
#include <vector>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

using namespace std::chrono_literals;

class Content : public JudgedTest {};

TEST_F(Content, AttributesMayBeSetAtAnyTime) {
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

TEST_F(Content, RowsOfNoValuesAndLargeAttributesGoTogether) {
  auto experiment = create({.commit_interval = 1h});
  for (const std::size_t bytes : {10U, 70'000U}) {
    auto episode = experiment.start_episode({.attributes = {{"policy", std::string(bytes, 'p')}}});
    auto nothing = episode.neural_state<float>("nothing", {0, 3});
    auto rewards = episode.rewards();
    for (std::int64_t t = 0; t < 5; ++t) {
      nothing.record(t, std::vector<float>());
      rewards.record(t, 1.5);
    }
    episode.finish();
  }
  experiment.close();
  EXPECT_TRUE(verify(experiment.path()).faults.empty());
  const Run run(experiment.path());
  EXPECT_NE(run.episode(0).object(), "/");
  EXPECT_EQ(run.episode(1).object(), "/") << "the attribute does not fit in a header";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(run.episode(i).neural_state<float>("nothing").all().timesteps.size(), 5U);
    EXPECT_EQ(run.episode(i).rewards().all().timesteps.size(), 5U);
  }
  const json episodes = describe(experiment.path()).at("episodes");
  for (const char* const id : {"episode_0000", "episode_0001"})
    EXPECT_EQ(episodes.at(id).at("attributes").at("policy").get<std::string>().size(), id[11] == '0' ? 10U : 70'000U);
}

TEST_F(Content, EpisodesAndStreamsMayBeEmpty) {
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

TEST_F(Content, RunsWithoutEpisodesAreRuns) {
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

TEST_F(Content, ConfigsOfAnyShape) {
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

TEST_F(Content, NetworkColumnsOfEveryType) {
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

TEST_F(Content, NamesAreUnicode) {
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

}  // namespace
}  // namespace neurotape::outside
