#include <neurotape/training.hpp>

#include "import_fixture.hpp"

namespace neurotape::tool {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// SONATA and Minari, in files that another program wrote and judges.
class ImportHdf5Test : public ImportFixture {
 protected:
  void SetUp() override {
    if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py to judge the files";
  }
  /// Has files written. \returns their directory
  std::filesystem::path sources(const std::string& kind) const {
    const auto path = directory() / kind;
    std::filesystem::create_directory(path);
    const auto written = support::run_python("unit/tools/import_sources.py", {kind, path.string()});
    EXPECT_EQ(written.status, 0) << written.output;
    return path;
  }
  void expect_well(const std::string& format, const std::filesystem::path& source) const {
    const auto verdict = support::run_python("unit/tools/import_judge.py", {format, source.string(), out().string()});
    EXPECT_EQ(verdict.status, 0) << verdict.output;
    EXPECT_EQ(verdict.output, "as it should be\n");
  }
  /// Spikes on timesteps and between, and potentials, of which some are of chosen neurons and every tenth timestep.
  std::filesystem::path sonata_run() const {
    auto experiment = create();
    for (const int steps : {40, 25}) {
      auto episode = experiment.start_episode();
      auto on_steps = episode.spikes("exc");
      auto timed = episode.spikes<std::uint64_t>("lgn", {.times = true});
      auto voltage = episode.neural_state<float>("v", {3}, {.unit = "mV"});
      auto some = episode.neural_state<float>("some", {9}, {.every = 10, .columns = {8, 2}});
      for (int t = 0; t < steps; ++t) {
        const float x = 1.0F / static_cast<float>(t + 1);
        on_steps.record(t, std::vector<int>{3, 1});
        timed.record(t, std::vector<std::uint64_t>{1ULL << 40U, 5}, std::vector<double>{t * 0.5, t * 0.5 + 0.3});
        voltage.record(t, std::vector<float>{x, -0.0F, std::numeric_limits<float>::quiet_NaN()});
        some.record(t, std::vector<float>{0, 0, x, 0, 0, 0, 0, 0, -x});
      }
      episode.finish();
    }
    experiment.close();
    return experiment.path();
  }
  /// Episodes of the streams that the example cartpole.cpp has.
  std::filesystem::path minari_run() const {
    ExperimentOptions options;
    options.dt = 0.02;
    options.dt_unit = "s";
    auto experiment = Experiment::create(directory(), "cartpole", options);
    for (const std::uint64_t seed : {4U, 5U}) {
      auto episode =
          experiment.start_episode({.seed = seed, .attributes = {{"terminated", seed == 4}, {"truncated", seed != 4}}});
      auto observation = episode.behavior<float>("observation", {2});
      auto action = episode.behavior<std::int64_t>("action", {});
      auto terminated = episode.behavior<bool>("terminated", {});
      auto truncated = episode.behavior<bool>("truncated", {});
      auto reward = episode.rewards();
      for (std::int64_t t = 0; t <= 7; ++t) {
        observation.record(t, std::vector<float>{0.1F * static_cast<float>(t), -1.0F / static_cast<float>(seed)});
        if (t == 7) break;
        action.record(t, std::int64_t{t % 2});
        reward.record(t, 0.1 * static_cast<double>(t));
        terminated.record(t, t == 6 && seed == 4);
        truncated.record(t, t == 6 && seed != 4);
      }
      episode.finish();
    }
    experiment.close();
    return experiment.path();
  }
};

TEST_F(ImportHdf5Test, WhatSonataHoldsComesBackToTheBit) {
  const auto run = sonata_run();
  const auto report = parsed({"import", exported_to("sonata", run), "--from", "sonata", "--dt", "0.5", "-o", out()});
  EXPECT_THAT(report["notes"], IsEmpty());
  EXPECT_EQ(text({"diff", run, out()}), "equal\n");
  EXPECT_EQ(neurotape::Run(out()).episode(1).stream("neural_states/some").every, 10);
  EXPECT_THAT(text({"verify", out()}), HasSubstr(": sound"));
}

TEST_F(ImportHdf5Test, WhatMinariHoldsComesBackToTheBit) {
  const auto run = minari_run();
  const auto dataset = exported_to(
      "minari", run,
      {"--observations", "behavior/observation", "--actions", "behavior/action", "--dataset", "lab/cartpole-v0"});
  const auto report = parsed({"import", dataset, "--from", "minari", "--dt", "0.02", "--dt-unit", "s", "-o", out()});
  EXPECT_EQ(report["name"], "cartpole-v0");
  EXPECT_THAT(report["notes"], IsEmpty());
  const auto config = neurotape::Run(out()).config()["minari"];
  EXPECT_EQ(config["dataset_id"], "lab/cartpole-v0");
  EXPECT_EQ(config["action_space"]["n"], 2) << "JSON, not JSON in a text";
  std::size_t steps = 0, truncated = 0;
  for (const auto& batch : training_batches(
           neurotape::Run(out()), {.observations = {"behavior/observation"}, .actions = {"behavior/action"}})) {
    steps += batch.size;
    truncated += static_cast<std::size_t>(std::count(batch.truncated.begin(), batch.truncated.end(), 1));
  }
  EXPECT_EQ(steps, 14u);
  EXPECT_EQ(truncated, 1u);
  // The metadata are the configuration; nothing else is new.
  const auto diff = json::parse(this->run({"diff", run, out(), "--json"}).output);
  ASSERT_EQ(diff["differences"].size(), 1u) << diff.dump(2);
  EXPECT_EQ(diff["differences"][0]["what"], "config");
}

TEST_F(ImportHdf5Test, SpikesInAnyOrderComeInTheOrderOfTheirTimes) {
  const auto source = sources("sonata");
  const auto report = parsed({"import", source, "--from", "sonata", "--dt", "0.1", "-o", out()});
  EXPECT_EQ(report["streams"],
            json({{"neural_states/v", 200}, {"spikes/big", 3}, {"spikes/exc", 2000}, {"spikes/silent", 0}}));
  EXPECT_EQ(report["notes"], json({"ecp.h5 was left out: it is no SONATA (episodes: 1)"}));
  expect_well("sonata", source);
  const auto episode = neurotape::Run(out()).episode(0);
  EXPECT_EQ(episode.stream("spikes/big").columns[1].dtype, Dtype::u64);
  EXPECT_EQ(episode.neural_state<float>("v").column_ids(), (std::vector<std::uint64_t>{7, 3, 40}));
  EXPECT_EQ(episode.attributes()["imported_from"], json({{"files", {"spikes.h5", "v.h5"}}, {"source", "sonata"}}));
}

TEST_F(ImportHdf5Test, TheTimestepIsThatOfTheReport) {
  const auto source = sources("sonata");
  EXPECT_EQ(text({"import", source / "v.h5", "--from", "sonata", "-o", out()}),
            out().string() + ": 1 episode, 200 rows\n\n  stream           rows\n  neural_states/v   200\n");
  EXPECT_EQ(neurotape::Run(out()).episode(0).dt(), 0.5);
  EXPECT_EQ(neurotape::Run(out()).episode(0).dt_unit(), "ms");
  expect_refused({"import", source / "spikes.h5", "--from", "sonata", "-o", directory() / "other"},
                 {"spikes do not say how long a timestep is; --dt does", "spikes.h5"});
  expect_refused({"import", source / "v.h5", "--from", "sonata", "-o", directory() / "other", "--dt", "0.3"},
                 {"/report/exc/data: its rows are 0.5 apart, which is no multiple of the timestep 0.3"});
  expect_refused(
      {"import", source / "v.h5", "--from", "sonata", "-o", directory() / "other", "--dt", "0.1", "--dt-unit", "s"},
      {"its times are in ms"});
}

TEST_F(ImportHdf5Test, MoreSpikesThanAreSortedAtOnceAreSorted) {
  const auto source = sources("large") / "large.h5";
  text({"import", source, "--from", "sonata", "--dt", "0.1", "-o", out()});
  expect_well("sonata", source);
}

TEST_F(ImportHdf5Test, CompartmentsAreInTheTableOfNeurons) {
  const auto source = sources("compartments");
  const auto report = parsed({"import", source / "v.h5", "--from", "sonata", "-o", out()});
  EXPECT_EQ(report["streams"], json({{"neural_states/v_a", 4}, {"neural_states/v_b", 4}}));
  EXPECT_THAT(report["notes"].dump(), HasSubstr("its column `report` counts v_a, v_b"));
  expect_well("sonata", source / "v.h5");
  const auto neurons = neurotape::Run(out()).neurons();
  EXPECT_EQ(neurons.column<std::uint64_t>("node_ids"), (std::vector<std::uint64_t>{5, 5, 9, 1, 1}));
  EXPECT_EQ(neurons.column<std::uint64_t>("element_ids"), (std::vector<std::uint64_t>{0, 1, 0, 3, 4}));
  EXPECT_EQ(neurons.column<std::uint32_t>("report"), (std::vector<std::uint32_t>{0, 0, 0, 1, 1}));
  EXPECT_EQ(neurons.column<std::uint64_t>("column"), (std::vector<std::uint64_t>{0, 1, 2, 0, 1}));
}

TEST_F(ImportHdf5Test, NestedSpacesOfMinariAreStreams) {
  const auto source = sources("minari");
  for (const auto& path : {source, source / "data", source / "data/main_data.hdf5"}) {
    SCOPED_TRACE(path);
    std::filesystem::remove_all(out());
    const auto report = parsed({"import", path, "--from", "minari", "-o", out()});
    EXPECT_EQ(report["name"], "robot-v3");
    EXPECT_EQ(report["notes"], json({"infos/label was left out: it has not a number for each step (episodes: 3)"}));
    expect_well("minari", source);
  }
  EXPECT_THAT(text({"verify", out()}), HasSubstr(": sound"));
}

TEST_F(ImportHdf5Test, WhatIsWrongIsToldWithTheFileAndTheDataset) {
  const auto source = sources("wrong");
  const auto refused = [&](const char* format, const std::string& file, const std::vector<std::string>& words) {
    SCOPED_TRACE(file);
    std::vector<std::string> arguments{"import", source / file, "--from", format, "-o", out()};
    if (std::string(format) == "sonata") arguments.insert(arguments.end(), {"--dt", "0.5"});
    auto all = words;
    all.push_back(file);
    expect_refused(arguments, all);
    expect_nothing_left();
  };
  refused("minari", "no_actions.hdf5", {"there is no /episode_0/actions in it"});
  refused("minari", "short_observations.hdf5", {"/episode_0/observations: expected 3 rows, got 2"});
  refused("minari", "long_rewards.hdf5", {"/episode_0/rewards: expected 2 rows, as total_steps says, got 3"});
  refused("minari", "texts.hdf5", {"/episode_0/observations: expected numbers or booleans"});
  refused("minari", "no_flags.hdf5", {"/episode_0/terminations: expected booleans"});
  refused("minari", "nan.h5", {"it is no dataset of Minari"});
  refused("sonata", "nan.h5", {"/spikes/p/timestamps: row 1: nan is no time"});
  refused("sonata", "negative.h5", {"/spikes/p/node_ids: row 1: a negative id"});
  refused("sonata", "lengths.h5", {"/spikes/p/timestamps: it has 2 rows, but /spikes/p/node_ids has 1"});
  refused("sonata", "flat.h5", {"/report/p/data: expected 2 dimensions, got the shape (4,)"});
  refused("sonata", "pointers.h5", {"index_pointers: expected 3 ascending numbers that end with 2"});
  refused("sonata", "elements.h5", {"element_ids: expected 2 ids, one for each column, got 1"});
  refused("sonata", "time.h5", {"/report/p/mapping/time: expected three numbers"});
  expect_refused({"import", source / "units.h5", "--from", "sonata", "--dt", "1", "-o", out()},
                 {"times are in s and in ms"});
  refused("sonata", "no_actions.hdf5", {"it is no SONATA"});
  std::ofstream(source / "notes.h5") << "no HDF5";
  refused("sonata", "notes.h5", {"it is no HDF5 file"});
  refused("minari", "notes.h5", {"it is no HDF5 file"});
}

TEST_F(ImportHdf5Test, SonataOfOthers) {
  const auto spikes = foreign("spikes");
  if (spikes.empty()) GTEST_SKIP() << kNoForeignData;
  const std::string files[] = {"sonata/examples/9_cells/output",
                               "sonata/examples/300_cells/output/spikes.h5",
                               "sonata/examples/300_cells/inputs/external_spike_trains.h5",
                               "sonata/examples/300_intfire/inputs/lgn_spikes.h5",
                               "sonata/src/pysonata/sonata/tests/reports/spike_trains/spike_files/spikes.multipop.h5",
                               "sonata/src/pysonata/sonata/tests/reports/spike_trains/spike_files/spikes.old.h5",
                               "bmtk/examples/bio_on_off/output",
                               "bmtk/examples/bio_450cells_replay/output_prev/spikes.h5",
                               "bmtk/examples/point_stdp/inputs/virtual_spikes.h5",
                               "bmtk/examples/pop_7pops_converted/inputs/tw_spikes.h5"};
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    std::filesystem::remove_all(out());
    text({"import", spikes / file, "--from", "sonata", "--dt", "0.1", "-o", out()});
    expect_well("sonata", spikes / file);
  }
  expect_refused(
      {"import", foreign("rl_episodes/robosuite/robosuite/models/assets/demonstrations/SawyerLift/demo.hdf5"), "--from",
       "minari", "-o", directory() / "robot"},
      {"it is no dataset of Minari", "demo.hdf5"});
}

TEST_F(ImportHdf5Test, FilesThatHarmTheirReadersAreRefused) {
  const auto hostile = foreign("hdf5_robustness");
  if (hostile.empty()) GTEST_SKIP() << kNoForeignData;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(hostile / "cve_hdf5"))
    for (const char* format : {"sonata", "minari"}) {
      SCOPED_TRACE(entry.path());
      if (!entry.is_regular_file()) continue;
      const auto finished = run({"import", entry.path(), "--from", format, "--dt", "1", "-o", out()});
      EXPECT_EQ(finished.status, 2);
      EXPECT_THAT(finished.errors, HasSubstr("neurotape: "));
      expect_nothing_left();
    }
}

}  // namespace
}  // namespace neurotape::tool
