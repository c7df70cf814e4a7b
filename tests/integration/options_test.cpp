// Every option and every setting of a codec does something that can be seen from outside.

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <fstream>
#include <map>
#include <optional>
#include <sched.h>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/support.hpp"
#include "tests/support/processors.hpp"

namespace neurotape::outside {
namespace {

using namespace std::chrono_literals;

class Options : public JudgedTest {
 protected:
  static std::set<std::string> threads() {
    std::set<std::string> names;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::string name;
      std::getline(std::ifstream(task.path() / "comm") >> std::ws, name);
      if (name.starts_with("neurotape-")) names.insert(name);
    }
    return names;
  }
  /// neurotape-0, neurotape-1, ...: not the writer, nor the one that helps now and then.
  static std::size_t workers() {
    const auto names = threads();
    return static_cast<std::size_t>(
        std::count_if(names.begin(), names.end(), [](const std::string& name) { return std::isdigit(name.at(10)); }));
  }
  static std::size_t usable_processors() {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<std::size_t>(CPU_COUNT(&set)) : 1;
  }
};

TEST_F(Options, MemoryCapIsTheSizeOfTheRing) {
  auto small = create({.memory_cap = 20_MB});
  auto large = create({.memory_cap = 200_MB});
  EXPECT_LT(small.stats().ring_bytes, 20_MB);
  EXPECT_GT(small.stats().ring_bytes, 20_MB / 2);
  EXPECT_LT(large.stats().ring_bytes, 200_MB);
  EXPECT_GT(large.stats().ring_bytes, 200_MB / 2);
  EXPECT_EQ(error_of([&] { create({.memory_cap = 1_MB}); }).code(), ErrorCode::memory_cap);
}

// As docs/options.md has them; tests of what they do set their own.
TEST_F(Options, Defaults) {
  const ExperimentOptions experiment;
  EXPECT_EQ(experiment.memory_cap, 500_MB);
  EXPECT_EQ(experiment.n_workers, 0);
  EXPECT_EQ(experiment.codec.to_string(), "gzip:1");
  EXPECT_EQ(experiment.commit_interval, 1s);
  EXPECT_EQ(experiment.durability, Durability::power);
  EXPECT_EQ(experiment.neural_sampling_rate, 1);
  EXPECT_TRUE(experiment.validate.caller);
  EXPECT_EQ(experiment.validate.nan, NanPolicy::count);
  EXPECT_EQ(experiment.overflow, Overflow::block);
  EXPECT_EQ(experiment.on_disk_error, OnDiskError::stop);
  EXPECT_FALSE(experiment.on_error);
  EXPECT_FALSE(experiment.profile);
  EXPECT_EQ(experiment.dt, 0);
  EXPECT_EQ(experiment.dt_unit, "ms");
  const StreamOptions stream;
  EXPECT_EQ(stream.unit, "");
  EXPECT_EQ(stream.every, 0);
  EXPECT_FALSE(stream.codec.has_value());
  EXPECT_EQ(stream.chunk_rows, 0U);
  EXPECT_FALSE(stream.overflow.has_value());
  EXPECT_EQ(stream.layout, Layout::rows);
  EXPECT_EQ(stream.keep_bits, 0);
  EXPECT_EQ(stream.absolute_error, 0);
  EXPECT_EQ(stream.population_size, 0U);
  EXPECT_FALSE(stream.times);
  EXPECT_TRUE(stream.columns.empty());
}

TEST_F(Options, NumberOfWorkers) {
  EXPECT_EQ(workers(), 0U);
  for (const int n : {1, 2, 5}) {
    auto experiment = create({.n_workers = n});
    EXPECT_EQ(workers(), static_cast<std::size_t>(n));
    EXPECT_FALSE(threads().contains("neurotape-extra"));
  }
  EXPECT_EQ(workers(), 0U);
  for (const bool on_two : {false, true}) {
    std::optional<support::TwoProcessors> processors;
    if (on_two) processors.emplace();
    auto experiment = create({.n_workers = 0});
    EXPECT_EQ(workers(), std::max<std::size_t>(1, usable_processors() - 1));
    EXPECT_EQ(threads().contains("neurotape-extra"), usable_processors() > 1);
  }
  const Error refused = error_of([&] { create({.n_workers = -1}); });
  EXPECT_EQ(refused.code(), ErrorCode::invalid_argument);
  EXPECT_NE(std::string(refused.what()).find("n_workers"), std::string::npos);
}

TEST_F(Options, CommitInterval) {
  auto rare = create({.commit_interval = 1h});
  auto often = create({.commit_interval = 2ms});
  auto episode = often.start_episode();
  auto stream = episode.neural_state<float>("v", {1});
  stream.record(5, 1.0F);
  wait_until([&] { return stream.committed_timestep() == 5 && often.stats().commits >= 3; });
  EXPECT_EQ(rare.stats().commits, 0U);
  EXPECT_EQ(Run(often.path()).episode(0).neural_state<float>("v").rows(), 1U);
  EXPECT_EQ(error_of([&] { create({.commit_interval = 0ms}); }).code(), ErrorCode::invalid_argument);
}

TEST_F(Options, SamplingRateOfNeuralStates) {
  auto experiment = create({.neural_sampling_rate = 100});
  auto episode = experiment.start_episode();
  auto sampled = episode.neural_state<float>("sampled", {1});
  auto own = episode.neural_state<float>("own", {1}, {.every = 7});
  auto all = episode.neural_state<float>("all", {1}, {.every = 1});
  auto joint = episode.behavior<float>("joint", {1});
  auto sometimes = episode.behavior<float>("sometimes", {1}, {.every = 50});
  for (std::int64_t t = 1; t <= 1'000; ++t)
    for (auto* const stream : {&sampled, &own, &all, &joint, &sometimes}) stream->record(t, static_cast<float>(t));
  episode.finish();
  experiment.close();
  const json seen = describe(experiment.path()).at("episodes").at("episode_0000");
  const auto check = [&](const std::string& path, std::int64_t every, std::size_t rows) {
    EXPECT_EQ(seen.at("groups").at(path).at("every"), every) << path;
    const auto timesteps = seen.at("datasets").at(path + "/timesteps").at("values").get<std::vector<std::int64_t>>();
    ASSERT_EQ(timesteps.size(), rows) << path;
    for (std::size_t i = 0; i < rows; ++i) ASSERT_EQ(timesteps[i], every * static_cast<std::int64_t>(i + 1)) << path;
  };
  check("neural_states/sampled", 100, 10);
  check("neural_states/own", 7, 142);
  check("neural_states/all", 1, 1'000);
  check("behavior/joint", 1, 1'000);
  check("behavior/sometimes", 50, 20);
  EXPECT_EQ(error_of([&] { create({.neural_sampling_rate = 0}); }).code(), ErrorCode::invalid_argument);
}

TEST_F(Options, SamplingRateOfNeuralStatesThatLogTimestepDeclares) {
  auto experiment = create({.neural_sampling_rate = 100});
  auto episode = experiment.start_episode();
  auto own = episode.neural_state<float>("own", {2}, {.every = 30});
  const std::vector<float> row = {1, 2};
  for (std::int64_t t = 1; t <= 1'000; ++t)
    episode.log_timestep(t, {.neural_state = {{"sampled", row}, {"own", row}}, .behavior = {{"joint", row}}});
  episode.finish();
  experiment.close();
  const auto seen = Run(experiment.path()).episode(0);
  EXPECT_EQ(seen.neural_state<float>("sampled").every(), 100);
  EXPECT_EQ(seen.neural_state<float>("sampled").rows(), 10U);
  EXPECT_EQ(seen.neural_state<float>("sampled").all().timesteps.front(), 100);
  EXPECT_EQ(seen.neural_state<float>("own").rows(), 33U);
  EXPECT_EQ(seen.behavior<float>("joint").rows(), 1'000U);
}

TEST_F(Options, WithoutValidationTimestepsGoBackAndIdsAreTaken) {
  auto experiment = create({.commit_interval = 1h, .validate = false});
  auto episode = experiment.start_episode();
  auto spikes = episode.spikes("p", {.population_size = 10});
  auto sorted = episode.spikes("sorted");
  spikes.record(5, 1);
  spikes.record(3, 99);
  spikes.record(8, 2);
  sorted.record(1, 1);
  episode.finish();
  experiment.close();
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(experiment.stats().total.late_rows, 1U);
  const json seen = describe(experiment.path()).at("episodes").at("episode_0000");
  EXPECT_EQ(seen.at("groups").at("spikes/p").at("sorted"), 0);
  EXPECT_EQ(seen.at("groups").at("spikes/sorted").value("sorted", 1), 1);
  EXPECT_EQ(seen.at("datasets").at("spikes/p/timesteps").at("values"), json({5, 3, 8}));
  EXPECT_EQ(seen.at("datasets").at("spikes/p/neuron_ids").at("values"), json({1, 99, 2}));
  const auto rows = Run(experiment.path()).episode(0).spikes("p").all();
  EXPECT_EQ(rows.timesteps, (std::vector<std::int64_t>{3, 5, 8}));
  EXPECT_EQ(rows.neuron_ids, (std::vector<std::uint64_t>{99, 1, 2}));
}

TEST_F(Options, WithoutValidationDenseTimestepsGoBackToo) {
  auto experiment = create({.validate = false});
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<float>("v", {1});
  for (const int t : {5, 3, 8}) stream.record(t, static_cast<float>(t));
  episode.finish();
  experiment.close();
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(
      describe(experiment.path()).at("episodes").at("episode_0000").at("groups").at("neural_states/v").at("sorted"), 0);
}

TEST_F(Options, ValidationIsOnByDefault) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto spikes = episode.spikes("p", {.population_size = 10});
  spikes.record(5, 1);
  spikes.record(3, 1);
  spikes.record(6, 99);
  EXPECT_EQ(told_codes(), (std::vector{ErrorCode::timestep_order}));
  EXPECT_EQ(episode.stats().total.rows_rejected, 2U);
}

TEST_F(Options, OnErrorIsTold) {
  std::vector<std::string> heard;
  auto experiment = create({.on_error = [&](const Error& error) { heard.emplace_back(error.what()); }});
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<float>("v", {3});
  stream.record(0, std::vector<float>(2));
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_NE(heard[0].find("neural_states/v"), std::string::npos) << heard[0];
}

TEST_F(Options, WhereThereIsNoHandlerErrorsGoToStandardError) {
  auto experiment = Experiment::create(directory(), "run");
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<float>("v", {3});
  ::testing::internal::CaptureStderr();
  stream.record(0, std::vector<float>(2));
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("neural_states/v"), std::string::npos) << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
}

TEST_F(Options, LengthOfATimestep) {
  auto experiment = create({.dt = 0.25, .dt_unit = "s"});
  experiment.start_episode();
  experiment.start_episode({.dt = 4.0});
  experiment.start_episode({.dt_unit = "us"});
  experiment.close();
  auto plain = create();
  plain.start_episode();
  plain.close();
  const json seen = describe(experiment.path());
  const auto of = [&](const char* episode) {
    const json attributes = seen.at("episodes").at(episode).at("attributes");
    return std::pair(attributes.at("dt").get<double>(), attributes.at("dt_unit").get<std::string>());
  };
  EXPECT_EQ(seen.at("setup").at("attributes").at("dt"), 0.25);
  EXPECT_EQ(seen.at("setup").at("attributes").at("dt_unit"), "s");
  EXPECT_EQ(of("episode_0000"), std::pair(0.25, std::string("s")));
  EXPECT_EQ(of("episode_0001"), std::pair(4.0, std::string("s")));
  EXPECT_EQ(of("episode_0002"), std::pair(0.25, std::string("us")));
  const json other = describe(plain.path());
  EXPECT_EQ(other.at("episodes").at("episode_0000").at("attributes").at("dt"), 0.0);
  EXPECT_EQ(other.at("setup").at("attributes").at("dt_unit"), "ms");
  EXPECT_EQ(error_of([&] { create({.dt = -1}); }).code(), ErrorCode::invalid_argument);
}

TEST_F(Options, NameSeedAndAttributesOfAnEpisode) {
  auto experiment = create();
  const json attributes = {{"count", -3},      {"large", std::uint64_t{1} << 63}, {"rate", 2.5},       {"on", true},
                           {"où", "là-bas ✓"}, {"nested", {{"a", {1, 2, "é"}}}},  {"nothing", nullptr}};
  experiment.start_episode({.name = "first trial", .seed = std::uint64_t{1} << 63, .attributes = attributes});
  experiment.start_episode();
  experiment.close();
  const Run run(experiment.path());
  const auto episode = run.episode(0);
  EXPECT_EQ(episode.name(), "first trial");
  EXPECT_EQ(episode.seed(), std::uint64_t{1} << 63);
  EXPECT_EQ(episode.attributes(), attributes);
  EXPECT_EQ(run.episode(1).name(), "");
  EXPECT_EQ(run.episode(1).seed(), std::nullopt);
  const json seen = describe(experiment.path()).at("episodes").at("episode_0000").at("attributes");
  EXPECT_EQ(seen.at("name"), "first trial");
  EXPECT_EQ(seen.at("seed"), std::uint64_t{1} << 63);
  for (const char* name : {"count", "large", "rate", "on", "où"}) EXPECT_EQ(seen.at(name), attributes.at(name)) << name;
  EXPECT_EQ(json::parse(seen.at("nested").get<std::string>()), attributes.at("nested"));
}

TEST_F(Options, OfAStream) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto voltage = episode.neural_state<float>("v", {4}, {.unit = "µV", .chunk_rows = 7, .columns = {3, 1}});
  auto other = episode.neural_state<float>("other", {4});
  auto spikes = episode.spikes("p", {.chunk_rows = 11, .population_size = 100, .times = true});
  auto rewards = episode.rewards({.unit = "ml", .chunk_rows = 13});
  auto wide = episode.spikes<std::uint64_t>("wide");
  for (std::int64_t t = 0; t < 30; ++t) {
    voltage.record(t, std::array{0.0F, 1.0F, 2.0F, 3.0F});
    other.record(t, std::array{0.0F, 1.0F, 2.0F, 3.0F});
    spikes.record(t, std::array{t}, std::array{static_cast<double>(t) + 0.5});
    rewards.record(t, 1);
    wide.record(t, std::uint64_t{1} << 40);
  }
  episode.finish();
  experiment.close();
  const json seen = describe(experiment.path()).at("episodes").at("episode_0000");
  const json& groups = seen.at("groups");
  const json& datasets = seen.at("datasets");
  EXPECT_EQ(groups.at("neural_states/v").at("unit"), "µV");
  EXPECT_FALSE(groups.at("neural_states/other").contains("unit"));
  EXPECT_EQ(groups.at("rewards").at("unit"), "ml");
  EXPECT_EQ(datasets.at("neural_states/v/values").at("chunks"), json({7, 2}));
  EXPECT_EQ(datasets.at("neural_states/v/columns").at("values"), json({3, 1}));
  EXPECT_EQ(datasets.at("neural_states/v/values").at("values").at(29), json({3.0, 1.0}));
  EXPECT_FALSE(datasets.contains("neural_states/other/columns"));
  EXPECT_EQ(datasets.at("spikes/p/neuron_ids").at("chunks"), json({11}));
  EXPECT_EQ(datasets.at("spikes/p/times").at("values").at(29), 29.5);
  EXPECT_FALSE(datasets.contains("spikes/wide/times"));
  EXPECT_EQ(groups.at("spikes/p").at("population_size"), 100);
  EXPECT_EQ(datasets.at("spikes/p/neuron_ids").at("dtype"), "uint32");
  EXPECT_EQ(datasets.at("spikes/wide/neuron_ids").at("dtype"), "uint64");
  EXPECT_EQ(datasets.at("rewards/values").at("chunks"), json({13}));
}

TEST_F(Options, OfRewardsAndWeightChanges) {
  auto experiment = create({.codec = Codec::none()});
  auto episode = experiment.start_episode();
  auto rewards = episode.rewards({.codec = Codec::gzip(4)});
  auto changes = episode.weight_changes({.unit = "nS", .codec = Codec::gzip(7), .chunk_rows = 17});
  for (std::int64_t t = 0; t < 40; ++t) {
    rewards.record(t, 0.5);
    changes.record(t, 3, 0.5F, 0.75F);
  }
  episode.finish();
  experiment.close();
  const json seen = describe(experiment.path()).at("episodes").at("episode_0000");
  const json& groups = seen.at("groups");
  const json& datasets = seen.at("datasets");
  EXPECT_EQ(groups.at("weight_changes").at("unit"), "nS");
  EXPECT_EQ(groups.at("weight_changes").at("codec"), "gzip:7");
  EXPECT_EQ(groups.at("rewards").at("codec"), "gzip:4");
  EXPECT_FALSE(groups.at("rewards").contains("unit"));
  const json deflate_4 = {1, {4}};
  const json deflate_7 = {1, {7}};
  for (const char* column : {"timesteps", "values"})
    EXPECT_EQ(datasets.at(std::string("rewards/") + column).at("filters").at(1), deflate_4) << column;
  for (const char* name : {"timesteps", "synapse_ids", "old_weights", "new_weights"}) {
    const json& column = datasets.at(std::string("weight_changes/") + name);
    EXPECT_EQ(column.at("filters").at(1), deflate_7) << name;
    EXPECT_EQ(column.at("chunks"), json({17})) << name;
  }
}

TEST_F(Options, PopulationSizeLimitsTheIds) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto limited = episode.spikes("limited", {.population_size = 100});
  auto free = episode.spikes("free");
  limited.record(0, std::vector{99});
  limited.record(1, std::vector{98, 100});
  free.record(0, std::vector{100});
  ASSERT_EQ(told_codes(), (std::vector{ErrorCode::out_of_range}));
  EXPECT_NE(std::string(told()[0].what()).find("100"), std::string::npos);
  EXPECT_EQ(episode.stats().total.rows_recorded, 2U);
}

// What this version does not have is refused by its name, and never silently ignored.
class ProfileOption : public RunTest {};

TEST_F(ProfileOption, WritesATraceOfTheRecordersThreads) {
  std::filesystem::path run;
  for (const bool profile : {false, true}) {
    auto experiment = create({.profile = profile}, profile ? "with" : "without");
    run = experiment.path();
    auto episode = experiment.start_episode();
    auto stream = episode.neural_state<double>("v", {100}, {.chunk_rows = 10});
    for (std::int64_t t = 0; t < 100; ++t) stream.record(t, std::vector<double>(100));
    experiment.flush();
    experiment.close();
    EXPECT_EQ(std::filesystem::exists(run / "profile.json"), profile);
  }
  std::ifstream file(run / "profile.json");
  std::map<std::string, int> spans, threads;
  const json trace = json::parse(file);
  for (const auto& event : trace.at("traceEvents")) {
    if (event.at("ph") == "M") ++threads[event.at("args").at("name").get<std::string>()];
    if (event.at("ph") == "X") ++spans[event.at("name").get<std::string>()];
  }
  EXPECT_GE(spans["encode"], 10);
  EXPECT_EQ(spans["encode"], spans["write"]) << "chunks";
  EXPECT_GE(spans["commit"], 1);
  EXPECT_GE(spans["flush"], 1);
  EXPECT_EQ(threads["neurotape-write"], 1);
}

class LaterVersions : public RunTest {
 protected:
  static void expect_unsupported(const Error& error, const std::string& option) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported) << error.what();
    EXPECT_NE(std::string(error.what()).find(option), std::string::npos) << error.what();
  }
};

TEST_F(LaterVersions, OptionsOfAStreamAreRefused) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  const auto declare = [&](const StreamOptions& options) {
    return error_of([&] { episode.neural_state<float>("v", {2}, options); });
  };
  expect_unsupported(declare({.layout = Layout::traces}), "layout");
  EXPECT_NO_THROW(episode.neural_state<float>("v", {2}));
}

// An option that a kind of stream does not have would be ignored.
TEST_F(LaterVersions, OptionsOfOtherKindsOfStreamsAreRefused) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  const auto expect_refused = [](const Error& error, const std::string& option) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << error.what();
    EXPECT_NE(std::string(error.what()).find(option), std::string::npos) << error.what();
  };
  expect_refused(error_of([&] { episode.neural_state<float>("v", {2}, {.population_size = 3}); }), "population_size");
  expect_refused(error_of([&] { episode.behavior<float>("v", {2}, {.times = true}); }), "times");
  expect_refused(error_of([&] { episode.neural_state<float>("v", {2}, {.every = -1}); }), "every");
  expect_refused(error_of([&] { episode.spikes("p", {.unit = "mV"}); }), "unit");
  expect_refused(error_of([&] { episode.spikes("p", {.every = 2}); }), "every");
  expect_refused(error_of([&] { episode.spikes("p", {.columns = {1}}); }), "columns");
  expect_refused(error_of([&] { episode.rewards({.every = 2}); }), "every");
  expect_refused(error_of([&] { episode.weight_changes({.times = true}); }), "times");
  expect_refused(error_of([&] { episode.rewards({.overflow = Overflow::decimate}); }), "decimate");
}

}  // namespace
}  // namespace neurotape::outside
