#include <neurotape/npz.hpp>

#include "small_run.hpp"

namespace neurotape::tool {
namespace {

using testing::HasSubstr;

class ExportTest : public JudgedRunTest {
 protected:
  std::filesystem::path out() const { return directory() / "out"; }
  static std::string python(const std::string& code) {
    return support::run_command("'" NEUROTAPE_PYTHON "' -c \"import h5py, json; " + code + "\"").output;
  }
  /// Exports the small run and has it judged. \returns what the command says
  json judged(const std::string& format, std::vector<std::string> more = {}) const {
    const auto run = small_run();
    std::vector<std::string> arguments{"export", run, "--to", format, "-o", out()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto report = parsed(arguments);
    const auto verdict = support::run_python("unit/tools/export_judge.py", {format, run.string(), out().string()});
    EXPECT_EQ(verdict.status, 0) << verdict.output;
    EXPECT_EQ(verdict.output, "as it should be\n");
    return report;
  }
};

TEST_F(ExportTest, CsvIsWhatPandasReads) {
  const auto report = judged("csv");
  EXPECT_EQ(report["notes"], json::array());
  EXPECT_EQ(report["files"].size(), 2u + 3 * 7);
}

TEST_F(ExportTest, AStatusOfAnyTextStaysOneField) {
  const auto run = small_run();
  const std::string segment = file_of(run, "segment_");
  EXPECT_EQ(python("h5py.File('" + segment + "', 'r+')['episode_0000'].attrs['status'] = 'a,\\\"b'"), "");
  text({"export", run, "--to", "csv", "-o", out(), "--episodes", "0"});
  EXPECT_EQ(python("import csv; print(list(csv.reader(open('" + (out() / "episodes.csv").string() + "')))[1][1])"),
            "a,\"b\n");
}

TEST_F(ExportTest, NpzIsWhatNumpyReads) {
  judged("npz");
  EXPECT_EQ(NpzFile(out() / "episode_0000/neural_states/v.npz").read("values").shape(), Shape(4, 3));
}

TEST_F(ExportTest, JsonIsWhatPandasReads) { judged("json"); }

TEST_F(ExportTest, SonataFollowsTheRulesOfItsReaders) {
  const auto report = judged("sonata", {"--population", "cortex"});
  EXPECT_THAT(report["notes"].dump(), HasSubstr("rewards was left out: SONATA has no place for it (episodes: 3)"));
}

TEST_F(ExportTest, NwbFollowsTheRulesOfItsReaders) { judged("nwb"); }

TEST_F(ExportTest, MinariFollowsTheRulesOfItsReader) {
  const auto report = judged(
      "minari", {"--observations", "neural_states/v", "--actions", "behavior/position", "--dataset", "lab/small-v1"});
  EXPECT_THAT(report["notes"].dump(), HasSubstr("no observation after its last action"));
}

TEST_F(ExportTest, ExactTimesHaveTheUnitThatTheRunSays) {
  const auto record = [&](const char* unit, double dt) {
    ExperimentOptions options;
    options.dt = dt;
    options.dt_unit = unit;
    auto experiment = Experiment::create(directory(), "timed", options);
    auto episode = experiment.start_episode();
    auto spikes = episode.spikes("s", {.times = true});
    spikes.record(20, std::vector<int>{0, 1}, std::vector<double>{1.75, 2.0});
    episode.rewards().record(20, 1.0);
    episode.finish();
    experiment.close();
    return experiment.path();
  };
  const auto exported = [&](const char* format, const std::filesystem::path& path) {
    std::filesystem::remove_all(out());
    return parsed({"export", path, "--to", format, "-o", out(), "--dt-ms", "0.1"})["notes"].dump();
  };
  const auto nwb = [&] {
    return python("f = h5py.File('" + (out() / "episode_0000.nwb").string() +
                  "'); print(*f['units/spike_times'], *f['processing/behavior/rewards/timestamps'])");
  };
  EXPECT_EQ(exported("nwb", record("ms", 0)), "[]");
  EXPECT_EQ(nwb(), "0.00175 0.002 0.002\n");
  EXPECT_EQ(exported("nwb", record("ms", 0.5)), "[]");
  EXPECT_EQ(nwb(), "0.00175 0.002 0.01\n") << "what the run says, whatever the option";
  const char* const kNote = "spikes/s: its exact times have no known unit";
  EXPECT_THAT(exported("nwb", record("fortnights", 0)), HasSubstr(kNote));
  EXPECT_EQ(nwb(), "0.002 0.002 0.002\n");
  EXPECT_THAT(exported("sonata", record("fortnights", 0)), HasSubstr(kNote));
}

TEST_F(ExportTest, WhatAFormatHasNoPlaceForIsTold) {
  auto experiment = create();
  experiment.save_config({{"learning_rate", 0.25}});
  experiment.save_neurons({{"ids", std::vector<int>{4, 5}}});
  auto episode = experiment.start_episode();
  auto x = episode.behavior<double>("x", {});
  auto v = episode.neural_state<float>("v", {1});
  for (int t = 0; t < 3; ++t) {
    x.record(t, t == 1 ? std::nan("") : 1.0);
    v.record(t, std::vector<float>{1});
  }
  episode.abort();
  experiment.close();
  for (const std::string format : {"sonata", "nwb", "minari"}) {
    SCOPED_TRACE(format);
    std::vector<std::string> arguments{"export", experiment.path(), "--to", format, "-o", directory() / format};
    for (const char* more : {"--observations", "neural_states/v", "--actions", "behavior/x"})
      if (format == "minari") arguments.emplace_back(more);
    if (format != "minari") arguments.insert(arguments.end(), {"--dt-ms", "1"});
    const auto notes = parsed(arguments)["notes"].dump();
    for (const char* word : {"configuration", "network", "gaps", "aborted"}) EXPECT_THAT(notes, HasSubstr(word));
  }
  text({"export", experiment.path(), "--to", "json", "-o", out()});
  EXPECT_EQ(python("import json; d = '" + out().string() +
                   "/'; print(json.load(open(d + 'network/neurons.json')), "
                   "json.load(open(d + 'episode_0000.json'))['gaps'][0]['first_timestep'])"),
            "{'columns': ['ids'], 'data': [[4], [5]]} 1\n");
}

TEST_F(ExportTest, StreamsOfOneNameAreKeptApart) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  for (const char* name : {"rewards", "events", "x"}) episode.behavior<double>(name, {}).record(0, 1.0);
  for (const char* name : {"spikes", "x"}) episode.neural_state<float>(name, {2}).record(0, std::vector<float>{1, 2});
  episode.spikes("exc").record(0, std::vector<int>{1});
  episode.rewards().record(0, 2.0);
  episode.log_event("note", 0, {});
  episode.finish();
  experiment.close();
  const auto exported = [&](std::vector<std::string> more) {
    std::filesystem::remove_all(out());
    std::vector<std::string> arguments{"export", experiment.path(), "-o", out()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    text(arguments);
  };
  exported({"--to", "nwb"});
  EXPECT_EQ(python("print(*sorted(h5py.File('" + (out() / "episode_0000.nwb").string() + "')['processing/behavior']))"),
            "events events_behavior rewards rewards_behavior x\n");
  exported({"--to", "sonata"});
  for (const char* name : {"spikes.h5", "spikes_neural_state.h5", "x.h5"})
    EXPECT_TRUE(std::filesystem::exists(out() / "episode_0000" / name)) << name;
  exported({"--to", "minari", "--observations", "behavior/x,neural_states/x", "--actions", "behavior/rewards"});
  EXPECT_EQ(python("print(*h5py.File('" + (out() / "data/main_data.hdf5").string() + "')['episode_0/observations'])"),
            "x_behavior x_neural_state\n");
}

TEST_F(ExportTest, MinariHasBoundsOfIntegersAndTheEndOfAnEpisode) {
  auto experiment = create();
  {
    auto episode = experiment.start_episode();
    episode.behavior<std::int64_t>("state", {1}).record(0, std::vector<std::int64_t>{1});
    episode.behavior<std::uint64_t>("action", {1}).record(0, std::vector<std::uint64_t>{1});
    auto reward = episode.rewards();
    reward.record(-1, 5.0);
    reward.record(0, 1.0);
    episode.set_attribute("terminated", false);
    episode.finish();
  }
  experiment.close();
  const auto report = parsed({"export", experiment.path(), "--to", "minari", "-o", out(), "--observations",
                              "behavior/state", "--actions", "behavior/action"});
  EXPECT_THAT(report["notes"].dump(), HasSubstr("rewards before the first action were left out"));
  EXPECT_EQ(python("m = json.load(open('" + (out() / "data/metadata.json").string() +
                   "')); o, a = (json.loads(m[k + '_space']) for k in ('observation', 'action')); "
                   "e = h5py.File('" +
                   (out() / "data/main_data.hdf5").string() +
                   "')['episode_0']; "
                   "print(o['low'], o['high'], a['high'], *e['rewards'], *e['terminations'], *e['truncations'])"),
            "[-9223372036854775808] [9223372036854775807] [18446744073709551615] 1.0 False True\n");
}

TEST_F(ExportTest, ADataSetWithoutStepsIsRefused) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  episode.behavior<double>("x", {});
  episode.finish();
  experiment.close();
  expect_refused({"export", experiment.path(), "--to", "minari", "-o", out(), "--observations", "behavior/x",
                  "--actions", "behavior/x"},
                 {"no episode has a step"});
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(ExportTest, OnlyTheChosenEpisodes) {
  EXPECT_EQ(text({"export", small_run(), "--to", "json", "-o", out(), "--episodes", "1"}),
            out().string() + ": 2 files\n");
  EXPECT_TRUE(std::filesystem::exists(out() / "episode_0001.json"));
  EXPECT_FALSE(std::filesystem::exists(out() / "episode_0000.json"));
}

TEST_F(ExportTest, WhatFailsLeavesNothing) {
  const auto run = small_run();
  expect_refused({"export", run, "--to", "csv", "-o", out(), "--episodes", "0,7"}, {"no episode 7"});
  expect_refused({"export", run, "--to", "minari", "-o", out()}, {"--observations", "--actions"});
  expect_refused({"export", run, "--to", "minari", "-o", out(), "--observations", "rewards", "--actions", "rewards"},
                 {"dense streams"});
  expect_refused({"export", run, "--to", "xlsx", "-o", out()}, {"--to", "csv"});
  auto experiment = Experiment::create(directory(), "timeless");
  experiment.start_episode().spikes("s").record(0, std::vector<int>{1});
  experiment.close();
  expect_refused({"export", experiment.path(), "--to", "nwb", "-o", out()}, {"how long a timestep is", "--dt-ms"});
  for (const auto& entry : std::filesystem::directory_iterator(directory()))
    EXPECT_THAT(entry.path().filename().string(), testing::Not(HasSubstr("out."))) << "left behind";
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(ExportTest, AnOutputThatIsThereIsNotTouched) {
  std::filesystem::create_directory(out());
  std::ofstream(out() / "mine") << "precious";
  expect_refused({"export", small_run(), "--to", "csv", "-o", out()}, {"there already", "out"});
  EXPECT_TRUE(std::filesystem::exists(out() / "mine"));
}

}  // namespace
}  // namespace neurotape::tool
