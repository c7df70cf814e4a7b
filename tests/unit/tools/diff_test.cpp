#include <cmath>

#include "small_run.hpp"

namespace neurotape::tool {
namespace {

using DiffTest = SmallRunTest;

TEST_F(DiffTest, TheSameIsEqualWhereverAndHoweverItIsStored) {
  const auto run = small_run(), again = small_run();
  EXPECT_EQ(text({"diff", run, again}), "equal\n");
  const auto packed = directory() / "packed.h5";
  text({"pack", run, "-o", packed, "--codec", "none"});
  EXPECT_EQ(parsed({"diff", packed, run}),
            (json{{"a", packed}, {"b", run}, {"equal", true}, {"differences", json::array()}}));
}

TEST_F(DiffTest, TellsWhereAndByHowMuch) {
  // Positions 0, 0.25, 0.5, 0.75 against 0, 0.5, 1, 1.5; the names of experiments are no difference.
  const auto finished = run({"diff", small_run(), small_run(2), "--episodes", "0,2"});
  EXPECT_EQ(finished.status, 1);
  EXPECT_EQ(finished.errors, "");
  EXPECT_EQ(finished.output,
            "  episode    what               difference     first timestep  values  largest\n"
            "  episode 0  behavior/position  values differ               1       3     0.75\n"
            "  episode 2  behavior/position  values differ               1       1     0.25\n");
}

TEST_F(DiffTest, WhatIsCloseEnoughIsEqual) {
  const auto one = small_run(), other = small_run(2);
  EXPECT_EQ(run({"diff", one, other, "--tolerance", "0.75"}).status, 0);
  EXPECT_EQ(run({"diff", one, other, "--tolerance", "0.7"}).status, 1);
}

TEST_F(DiffTest, ValuesAreComparedBitByBitUnlessToldOtherwise) {
  const auto record = [&](std::int64_t number, double zero) {
    auto experiment = create();
    auto episode = experiment.start_episode();
    episode.behavior<std::int64_t>("number", {}).record(0, number);
    episode.behavior<double>("zero", {}).record(0, zero);
    episode.finish();
    experiment.close();
    return experiment.path();
  };
  constexpr std::int64_t kBeyondDouble = (std::int64_t{1} << 53) + 1;
  const auto one = record(kBeyondDouble, 0.0), other = record(kBeyondDouble - 1, -0.0);
  const auto finished = run({"diff", one, other, "--json"});
  EXPECT_EQ(finished.status, 1);
  const auto found = json::parse(finished.output)["differences"];
  EXPECT_EQ(with(found, "what", "behavior/number")["values"], 1);
  EXPECT_EQ(with(found, "what", "behavior/zero")["values"], 1);
  EXPECT_EQ(run({"diff", one, other, "--tolerance", "1"}).status, 0);
}

TEST_F(DiffTest, NaNOfTheNetworkEqualsNaN) {
  const auto record = [&](double y) {
    auto experiment = create();
    experiment.save_neurons({{"x", std::vector<double>{std::nan(""), 1.0}}, {"y", std::vector<double>{0.5, y}}});
    experiment.close();
    return experiment.path();
  };
  const auto one = record(std::nan(""));
  EXPECT_EQ(text({"diff", one, record(std::nan(""))}), "equal\n");
  EXPECT_EQ(run({"diff", one, record(2)}).status, 1);
}

TEST_F(DiffTest, TwoEpisodesOfARun) {
  const auto path = small_run();
  EXPECT_EQ(run({"diff", path, path, "--episodes", "0", "--with", "1"}).status, 0);
  const auto finished = run({"diff", path, path, "--episodes", "0", "--with", "2", "--json"});
  EXPECT_EQ(finished.status, 1);
  const auto found = json::parse(finished.output)["differences"];
  const auto v = with(found, "what", "neural_states/v");
  EXPECT_EQ(v["episode"], "0 and 2");
  EXPECT_EQ(v["difference"], "rows: 4 in A, 2 in B");
}

TEST_F(DiffTest, EveryKindOfDifferenceIsFound) {
  const auto record = [&](int variant) {
    const bool b = variant == 1;
    auto experiment = create();
    experiment.save_config({{"rate", variant}});
    experiment.save_neurons({{"ids", std::vector<int>{1, 2 + variant}}});
    auto episode =
        experiment.start_episode({.seed = static_cast<std::uint64_t>(variant), .attributes = {{"maze", variant}}});
    if (b) episode.behavior<float>("x", {}).record(0, 1.0F);
    if (!b) episode.behavior<double>("x", {}).record(0, 1.0);
    episode.behavior<float>("y", {variant + 1}, {.unit = b ? "m" : "cm"}).record(0, std::vector<float>(b ? 2 : 1));
    episode.behavior<float>(b ? "new" : "old", {}).record(0, 1.0F);
    episode.behavior<float>("late", {}).record(b ? 3 : 2, 1.0F);
    episode.spikes("s").record(5, std::vector<int>{b ? 7 : 9});
    episode.rewards().record(6, b ? 1.5 : 1.0);
    episode.weight_changes<double>().record(7, 1, 0.5, b ? 0.75 : 0.5);
    episode.log_event("note", 8, {{"n", variant}});
    episode.finish();
    experiment.start_episode().rewards().record(0, 1.0);
    if (b) experiment.start_episode().rewards().record(0, 1.0);
    experiment.close();
    return experiment.path();
  };
  const auto finished = run({"diff", record(0), record(1), "--json"});
  EXPECT_EQ(finished.status, 1) << finished.errors;
  const auto found = json::parse(finished.output)["differences"];
  const auto expect = [&](const char* what, const json& difference, const json& timestep = {},
                          const json& largest = {}) {
    const auto one = with(found, "what", what);
    EXPECT_EQ(one["difference"], difference) << what;
    EXPECT_EQ(one["first_timestep"], timestep) << what;
    EXPECT_EQ(one["largest"], largest) << what;
  };
  expect("config", "the configurations differ");
  expect("neurons/ids", "the values differ");
  expect("seed", "0 in A, 1 in B");
  expect("attributes", "{\"maze\":0} in A, {\"maze\":1} in B");
  expect("behavior/x", "values, type: float64 in A, float32 in B");
  expect("behavior/y", "unit: cm in A, m in B");
  expect("behavior/old", "only in A");
  expect("behavior/new", "only in B");
  expect("behavior/late", "timesteps differ", 2, 1.0);
  expect("spikes/s", "neuron_ids differ", 5, 2.0);
  expect("rewards", "values differ", 6, 0.5);
  expect("weight_changes", "new_weights differ", 7, 0.25);
  expect("events", "events differ", 8);
  expect("", "only in B");
  EXPECT_EQ(with(found, "difference", "only in B")["episode"], "episode 0");
}

TEST_F(DiffTest, WhatIsNotThereCannotBeCompared) {
  const auto path = small_run();
  expect_refused({"diff", path, directory() / "nowhere"}, {"no such run"});
  expect_refused({"diff", path, path, "--episodes", "8"}, {"no episode 8"});
  expect_refused({"diff", path, path, "--with", "1"}, {"--episodes"});
}

}  // namespace
}  // namespace neurotape::tool
