// What is wrong is refused by an error that says where it happened and what was expected, and nothing else suffers.

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <string>
#include <unistd.h>
#include <vector>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

class Errors : public RunTest {
 protected:
  // The one error of a recording call: told at once, and thrown by finish() and close().
  Error error_of_recording(const std::function<void(Episode&)>& recording, ExperimentOptions options = {}) {
    auto experiment = create(std::move(options), "lab");
    auto episode = experiment.start_episode();
    const std::size_t before = told().size();
    recording(episode);
    const auto errors = told();
    EXPECT_EQ(errors.size(), before + 1);
    const Error thrown = error_of([&] { episode.finish(); });
    const Error at_close = error_of([&] { experiment.close(); });
    if (errors.size() > before) {
      EXPECT_STREQ(errors[before].what(), thrown.what());
      EXPECT_STREQ(at_close.what(), thrown.what());
    }
    return thrown;
  }
};

TEST_F(Errors, WrongShape) {
  const Error error = error_of_recording([](Episode& episode) {
    episode.neural_state<float>("v", {4, 2}).record(17, std::vector<float>(7));
  });
  EXPECT_EQ(error.code(), ErrorCode::wrong_shape);
  EXPECT_EQ(error.context().experiment, "lab");
  EXPECT_EQ(error.context().episode, "episode_0000");
  EXPECT_EQ(error.context().stream, "neural_states/v");
  EXPECT_EQ(error.context().timestep, 17);
  EXPECT_TRUE(says(error, {"lab", "episode_0000", "neural_states/v", "17", "8", "7"}));
}

TEST_F(Errors, ANullPointerIsAWrongShape) {
  const Error error = error_of_recording([](Episode& episode) {
    const float* const nothing = nullptr;
    episode.neural_state<float>("v", {4}).record(17, nothing);
  });
  EXPECT_EQ(error.code(), ErrorCode::wrong_shape);
  EXPECT_TRUE(says(error, {"neural_states/v", "17", "4", "null"}));
}

TEST_F(Errors, ArraysOfDifferentLengths) {
  const Error error = error_of_recording([](Episode& episode) {
    episode.spikes("p", {.times = true}).record(3, std::vector{1, 2}, std::vector{0.5});
  });
  EXPECT_EQ(error.code(), ErrorCode::wrong_shape);
  EXPECT_TRUE(says(error, {"spikes/p", "timestep 3", "2", "1"}));
}

TEST_F(Errors, SpikesWithoutTheirTimesAndTimesThatWereNotDeclared) {
  const Error missing = error_of_recording([](Episode& episode) {
    episode.spikes("p", {.times = true}).record(3, std::vector{1, 2});
  });
  EXPECT_EQ(missing.code(), ErrorCode::wrong_shape);
  EXPECT_TRUE(says(missing, {"spikes/p", "timestep 3", "times"}));
  const Error needless =
      error_of_recording([](Episode& episode) { episode.spikes("q").record(4, std::vector{1}, std::vector{0.5}); });
  EXPECT_EQ(needless.code(), ErrorCode::wrong_shape);
  EXPECT_TRUE(says(needless, {"spikes/q", "timestep 4"}));
}

TEST_F(Errors, WrongTypeThroughLogTimestep) {
  const Error error = error_of_recording([](Episode& episode) {
    episode.log_timestep(0, {.neural_state = {{"v", std::vector<float>(3)}}});
    episode.log_timestep(1, {.neural_state = {{"v", std::vector<double>(3)}}});
  });
  EXPECT_EQ(error.code(), ErrorCode::wrong_type);
  EXPECT_TRUE(says(error, {"lab", "neural_states/v", "timestep 1", "float32", "float64"}));
}

// A number that is no id is not recorded as one, and costs the rest of its timestep nothing.
TEST_F(Errors, WrongTypeOfSpikesThroughLogTimestep) {
  const std::vector<float> row = {1, 2};
  const auto judge = [&](ArrayView spikes, const std::string& type) {
    auto experiment = create({}, "lab");
    auto episode = experiment.start_episode();
    const std::size_t before = told().size();
    episode.log_timestep(0, {.neural_state = {{"v", row}}, .spikes = std::vector{7, 8}, .reward = 0.5});
    episode.log_timestep(1, {.neural_state = {{"v", row}}, .spikes = spikes, .behavior = {{"x", row}}, .reward = 1.5});
    episode.log_timestep(2, {.neural_state = {{"v", row}}, .spikes = std::vector{9}, .reward = 2.5});
    const Error error = error_of([&] { episode.finish(); });
    EXPECT_EQ(told().size(), before + 1);
    EXPECT_EQ(error.code(), ErrorCode::wrong_type);
    EXPECT_TRUE(says(error, {"lab", "spikes/default", "timestep 1", "neuron_ids", "uint32", type}));
    EXPECT_THROW(experiment.close(), Error);
    const auto seen = Run(experiment.path()).episode(0);
    const auto train = seen.spikes("default").all();
    EXPECT_EQ(train.timesteps, (std::vector<std::int64_t>{0, 0, 2}));
    EXPECT_EQ(train.neuron_ids, (std::vector<std::uint64_t>{7, 8, 9}));
    EXPECT_EQ(seen.neural_state<float>("v").rows(), 3U);
    EXPECT_EQ(seen.behavior<float>("x").rows(), 1U);
    EXPECT_EQ(seen.rewards().all().values, (std::vector<double>{0.5, 1.5, 2.5}));
    ASSERT_EQ(seen.gaps().size(), 1U);
    EXPECT_EQ(seen.gaps()[0].first_timestep, 1);
    EXPECT_EQ(seen.gaps()[0].rows, 2U);
  };
  judge(std::vector<double>{1, 2}, "float64");
  judge(std::vector<float>{1, 2}, "float32");
  judge(std::array<bool, 2>{true, false}, "bool");
}

TEST_F(Errors, WrongShapeThroughLogTimestep) {
  const Error error = error_of_recording([](Episode& episode) {
    episode.log_timestep(0, {.behavior = {{"position", std::vector<float>(3)}}});
    episode.log_timestep(1, {.behavior = {{"position", std::vector<float>(2)}}});
  });
  EXPECT_EQ(error.code(), ErrorCode::wrong_shape);
  EXPECT_TRUE(says(error, {"lab", "behavior/position", "timestep 1", "3", "2"}));
}

TEST_F(Errors, TimestepsThatGoBack) {
  const Error dense = error_of_recording([](Episode& episode) {
    auto v = episode.neural_state<float>("v", {});
    v.record(100, 1.0F);
    v.record(42, 1.0F);
  });
  EXPECT_EQ(dense.code(), ErrorCode::timestep_order);
  EXPECT_TRUE(says(dense, {"lab", "neural_states/v", "timestep 42", "100"}));
  const Error twice = error_of_recording([](Episode& episode) {
    auto v = episode.neural_state<float>("v", {});
    v.record(100, 1.0F);
    v.record(100, 1.0F);
  });
  EXPECT_EQ(twice.code(), ErrorCode::timestep_order);
  const Error sparse = error_of_recording([](Episode& episode) {
    auto reward = episode.rewards();
    reward.record(100, 1);
    reward.record(100, 2);
    reward.record(99, 1);
  });
  EXPECT_EQ(sparse.code(), ErrorCode::timestep_order);
  EXPECT_TRUE(says(sparse, {"rewards", "timestep 99", "100"}));
}

TEST_F(Errors, IdsOutOfRange) {
  const Error large = error_of_recording([](Episode& episode) {
    episode.spikes("p", {.population_size = 80}).record(3, std::vector{1, 80});
  });
  EXPECT_EQ(large.code(), ErrorCode::out_of_range);
  EXPECT_TRUE(says(large, {"lab", "spikes/p", "timestep 3", "79", "80"}));
  const Error negative = error_of_recording([](Episode& episode) {
    episode.spikes("p").record(3, std::vector{1, -5});
  });
  EXPECT_EQ(negative.code(), ErrorCode::out_of_range);
  EXPECT_TRUE(says(negative, {"spikes/p", "-5"}));
  const Error wide =
      error_of_recording([](Episode& episode) { episode.spikes("p").record(3, std::uint64_t{1} << 32); });
  EXPECT_EQ(wide.code(), ErrorCode::out_of_range);
  EXPECT_TRUE(says(wide, {"4294967296", "4294967295"}));
}

TEST_F(Errors, TypeOfAnEvent) {
  const Error error = error_of_recording([](Episode& episode) {
    episode.log_event(std::string(64, 'x'), 6);
    episode.log_event(std::string(65, 'x'), 7);
  });
  EXPECT_EQ(error.code(), ErrorCode::invalid_name);
  EXPECT_TRUE(says(error, {"lab", "events", "timestep 7", "64", "65"}));
  EXPECT_EQ(error_of_recording([](Episode& episode) { episode.log_event("", 7); }).code(), ErrorCode::invalid_name);
}

TEST_F(Errors, CommitWithoutAReservedRow) {
  const Error error = error_of_recording([](Episode& episode) { episode.neural_state<float>("v", {2}).commit(); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_TRUE(says(error, {"neural_states/v", "commit"}));
}

TEST_F(Errors, UnknownCodecs) {
  for (const char* text :
       {"", "zip", "gzip:0", "gzip:10", "gzip:x", "blosc:snappy", "blosc:lz4:10", "blosc:lz4:5:word", "none:1"}) {
    const Error error = error_of([&] { Codec::parse(text); });
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << text;
    EXPECT_TRUE(says(error, {"codec"}));
  }
  EXPECT_TRUE(says(error_of([] { Codec::blosc("snappy"); }), {"snappy", "lz4", "zstd"}));
  EXPECT_TRUE(says(error_of([] { Codec::gzip(10); }), {"10", "1 to 9"}));
}

TEST_F(Errors, ACapThatIsTooSmallForARow) {
  auto experiment = create({.memory_cap = 16_MB}, "lab");
  auto episode = experiment.start_episode();
  const Error error = error_of([&] { episode.neural_state<double>("huge", {1'000'000}); });
  EXPECT_EQ(error.code(), ErrorCode::memory_cap);
  EXPECT_TRUE(says(error, {"lab", "neural_states/huge", "memory_cap"}));
  EXPECT_NO_THROW(episode.neural_state<double>("huge", {1'000}).record(0, std::vector<double>(1'000)));
  EXPECT_NO_THROW(episode.finish());
  EXPECT_NO_THROW(experiment.close());
  EXPECT_EQ(Run(experiment.path()).episode(0).neural_state<double>("huge").rows(), 1U);
}

TEST_F(Errors, AChunkThatIsTooLargeForTheCap) {
  auto experiment = create({.memory_cap = 16_MB}, "lab");
  auto episode = experiment.start_episode();
  const Error error = error_of([&] { episode.neural_state<double>("v", {1'000}, {.chunk_rows = 1'000'000}); });
  EXPECT_EQ(error.code(), ErrorCode::memory_cap);
  EXPECT_TRUE(says(error, {"neural_states/v", "chunk_rows", "1000000"}));
}

TEST_F(Errors, DeclaredTwice) {
  auto experiment = create({}, "lab");
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<float>("v", {2});
  auto spikes = episode.spikes("v");
  auto rewards = episode.rewards();
  auto changes = episode.weight_changes();
  auto same_name_elsewhere = episode.behavior<float>("v", {2});
  const auto expect_taken = [](const std::function<void()>& declare, const std::string& path) {
    const Error error = error_of(declare);
    EXPECT_EQ(error.code(), ErrorCode::already_exists);
    EXPECT_TRUE(says(error, {"lab", "episode_0000", path}));
  };
  expect_taken([&] { episode.neural_state<float>("v", {2}); }, "neural_states/v");
  expect_taken([&] { episode.neural_state<double>("v", {3}); }, "neural_states/v");
  expect_taken([&] { episode.behavior<float>("v", {2}); }, "behavior/v");
  expect_taken([&] { episode.spikes("v"); }, "spikes/v");
  expect_taken([&] { episode.rewards(); }, "rewards");
  expect_taken([&] { episode.weight_changes<double>(); }, "weight_changes");
  v.record(0, std::vector<float>{1, 2});
  EXPECT_NO_THROW(episode.finish());
}

TEST_F(Errors, ColumnsThatOverlapOrAreNotThere) {
  auto experiment = create({}, "lab");
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<float>("v", {100});
  auto first = v.columns(0, 50);
  const auto refused = [&](std::uint64_t from, std::uint64_t count, ErrorCode code) {
    const Error error = error_of([&] { v.columns(from, count); });
    EXPECT_EQ(error.code(), code) << from << " " << count;
    EXPECT_TRUE(says(error, {"lab", "neural_states/v", "columns"}));
  };
  refused(49, 2, ErrorCode::already_exists);
  refused(0, 50, ErrorCode::already_exists);
  refused(20, 1, ErrorCode::already_exists);
  refused(50, 51, ErrorCode::out_of_range);
  refused(100, 1, ErrorCode::out_of_range);
  refused(50, 0, ErrorCode::out_of_range);
  refused(50, std::numeric_limits<std::uint64_t>::max(), ErrorCode::out_of_range);
  auto second = v.columns(50, 50);
  first.record(0, std::vector<float>(50, 1));
  second.record(0, std::vector<float>(50, 2));
  EXPECT_NO_THROW(episode.finish());
  experiment.close();
  EXPECT_EQ(Run(experiment.path()).episode(0).neural_state<float>("v").all().row(0)[99], 2.0F);

  auto other = create();
  auto trial = other.start_episode();
  EXPECT_EQ(error_of([&] {
              trial.neural_state<float>("matrix", {4, 4}).columns(0, 2);
            }).code(),
            ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] {
              trial.neural_state<float>("some", {4}, {.columns = {1, 2}}).columns(0, 1);
            }).code(),
            ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] {
              trial.neural_state<float>("beyond", {4}, {.columns = {1, 4}});
            }).code(),
            ErrorCode::out_of_range);
}

TEST_F(Errors, ColumnsOfTheNetworkOfDifferentLengths) {
  auto experiment = create({}, "lab");
  const std::vector<int> two = {1, 2};
  const std::vector<double> three = {1, 2, 3};
  const Error error = error_of([&] { experiment.save_neurons({{"ids", two}, {"x", three}}); });
  EXPECT_EQ(error.code(), ErrorCode::wrong_shape);
  EXPECT_TRUE(says(error, {"neurons", "ids", "x", "2", "3", "experiment 'lab'"}));
  EXPECT_EQ(error_of([&] { experiment.save_config({1, 2, 3}); }).code(), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { experiment.start_episode({.attributes = {1, 2}}); }).code(), ErrorCode::invalid_argument);
}

TEST_F(Errors, TextThatWouldNotBeReadBackAsItIs) {
  auto experiment = create({}, "lab");
  auto episode = experiment.start_episode();
  for (const auto& type : {std::string("a\0b", 3), std::string("a\xC3")}) {
    episode.log_event(type, 4);
    EXPECT_EQ(error_of([&] { experiment.start_episode({.name = type}); }).code(), ErrorCode::invalid_argument);
    EXPECT_EQ(error_of([&] { experiment.start_episode({.dt_unit = type}); }).code(), ErrorCode::invalid_argument);
    EXPECT_EQ(error_of([&] { create({.dt_unit = type}); }).code(), ErrorCode::invalid_argument);
  }
  episode.log_event("Größe", 5);
  const Error error = error_of([&] { episode.finish(); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_name);
  EXPECT_TRUE(says(error, {"events", "timestep 4", "experiment 'lab'", "a character of value 0"}));
  error_of([&] { experiment.close(); });
  const auto events = Run(experiment.path()).episode(0).events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type, "Größe");
}

TEST_F(Errors, NameTheExperimentAlsoWhenItIsRecordedInto) {
  const auto path = [&] {
    auto experiment = create({}, "lab");
    experiment.close();
    return experiment.path();
  }();
  auto experiment = Experiment::open(path);
  EXPECT_TRUE(says(error_of([&] { experiment.save_config({1, 2, 3}); }), {"experiment 'lab'"}));
  EXPECT_TRUE(says(error_of([&] { Experiment::open(path, {.memory_cap = 1}); }), {path.string()}));
}

TEST_F(Errors, AWrongRowHarmsNothingElse) {
  auto experiment = create({.commit_interval = std::chrono::hours(1)}, "lab");
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<float>("v", {2});
  auto other = episode.neural_state<double>("other", {2});
  auto spikes = episode.spikes("p", {.population_size = 1'000});
  for (std::int64_t t = 0; t < 1'000; ++t) {
    const bool wrong = t == 500;
    v.record(t, std::vector<float>(wrong ? 3 : 2, static_cast<float>(t)));
    if (t == 700) v.record(3, std::vector<float>(2));
    other.record(t, std::vector<double>(2, static_cast<double>(t)));
    spikes.record(t, std::vector<std::int64_t>{wrong ? 1'000 : t});
  }
  ASSERT_EQ(told_codes(), (std::vector{ErrorCode::wrong_shape, ErrorCode::out_of_range}));
  const Stats stats = episode.stats();
  EXPECT_EQ(stats.total.rows_offered, 3'001U);
  EXPECT_EQ(stats.total.rows_rejected, 3U);
  EXPECT_EQ(stats.total.rows_dropped, 3U);
  EXPECT_EQ(error_of([&] { episode.finish(); }).code(), ErrorCode::wrong_shape);
  EXPECT_EQ(error_of([&] { experiment.close(); }).code(), ErrorCode::wrong_shape);

  const auto seen = Run(experiment.path()).episode(0);
  EXPECT_EQ(seen.status(), "complete");
  const auto rows = seen.neural_state<float>("v").all();
  const auto train = seen.spikes("p").all();
  ASSERT_EQ(rows.size(), 999U);
  ASSERT_EQ(train.size(), 999U);
  for (std::size_t i = 0; i < 999; ++i) {
    const auto t = static_cast<std::int64_t>(i < 500 ? i : i + 1);
    ASSERT_EQ(rows.timesteps[i], t);
    ASSERT_EQ(rows.row(i)[1], static_cast<float>(t));
    ASSERT_EQ(train.timesteps[i], t);
    ASSERT_EQ(train.neuron_ids[i], static_cast<std::uint64_t>(t));
  }
  EXPECT_EQ(seen.neural_state<double>("other").rows(), 1'000U);
  std::vector<std::pair<std::string, std::int64_t>> lost;
  for (const auto& gap : seen.gaps()) {
    EXPECT_EQ(gap.cause, "invalid");
    EXPECT_EQ(gap.rows, 1U);
    lost.emplace_back(gap.stream, gap.first_timestep);
  }
  std::sort(lost.begin(), lost.end());
  EXPECT_EQ(lost, (std::vector<std::pair<std::string, std::int64_t>>{
                      {"neural_states/v", 3}, {"neural_states/v", 500}, {"spikes/p", 500}}));
}

TEST_F(Errors, DataOfAnEventThatIsNotText) {
  const Error error = error_of_recording([](Episode& episode) {
    episode.log_event("lesion", 7, {{"region", "\xFF"}});
  });
  EXPECT_TRUE(says(error, {"episode_0000"}));
}

TEST_F(Errors, ANameThatCannotBeDoesNotKeepTheRestOfTheTimestepOut) {
  auto experiment = create({}, "lab");
  auto episode = experiment.start_episode();
  const std::vector<float> row = {1, 2};
  const std::vector<int> fired = {3};
  for (std::int64_t t = 0; t < 10; ++t)
    episode.log_timestep(
        t, {.neural_state = {{"a/b", row}, {"v", row}}, .spikes = fired, .behavior = {{"x", row}}, .reward = 1.0});
  EXPECT_THROW(episode.finish(), Error);
  EXPECT_THROW(experiment.close(), Error);
  const auto seen = Run(experiment.path()).episode(0);
  ASSERT_TRUE(seen.contains("neural_states/v") && seen.contains("behavior/x") && seen.contains("rewards"));
  EXPECT_EQ(seen.neural_state<float>("v").rows(), 10U);
  EXPECT_EQ(seen.behavior<float>("x").rows(), 10U);
  EXPECT_EQ(seen.spikes("default").rows(), 10U);
  EXPECT_EQ(seen.rewards().rows(), 10U);
}

// Names that the format has for itself: a user's value for them must not get lost in silence.
TEST_F(Errors, AttributesThatTheFormatHas) {
  auto experiment = create({}, "lab");
  EXPECT_EQ(error_of([&] {
              experiment.start_episode({.attributes = {{"status", "fine"}}});
            }).code(),
            ErrorCode::invalid_name);
  auto episode = experiment.start_episode();
  for (const char* name : {"episode_id", "status", "seed", "dt", "started"})
    EXPECT_EQ(error_of([&] { episode.set_attribute(name, 1); }).code(), ErrorCode::invalid_name) << name;
}

}  // namespace
}  // namespace neurotape::outside
