#include <array>
#include <cmath>
#include <csignal>
#include <future>
#include <neurotape/npz.hpp>

#include "import_fixture.hpp"

namespace neurotape::tool {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ImportTest : public ImportFixture {};

TEST_F(ImportTest, WhatCsvAndNpzHoldComesBackToTheBit) {
  for (const char* format : {"csv", "npz"}) {
    SCOPED_TRACE(format);
    const auto run = rich_run();
    const auto exported = exported_to(format, run);
    const auto report = parsed({"import", exported, "--from", format, "-o", out()});
    EXPECT_EQ(report["episodes"], 3);
    EXPECT_EQ(report["name"], "rich");
    EXPECT_THAT(report["notes"], IsEmpty());
    EXPECT_EQ(text({"diff", run, out()}), "equal\n");
    EXPECT_THAT(text({"verify", out()}), HasSubstr(": sound"));
    const neurotape::Run imported(out());
    EXPECT_EQ(imported.episode(1).status(), "aborted");
    EXPECT_EQ(imported.episode(0).attributes()["imported_from"]["episode"], "episode_0000");
    EXPECT_EQ(imported.episode(0).neural_state<float>("some").column_ids(), (std::vector<std::uint64_t>{2, 5}));
    EXPECT_EQ(imported.episode(0).stream("neural_states/some").every, 10);
    EXPECT_EQ(imported.episode(0).stream("spikes/exc").population_size, 4u);
    std::filesystem::remove_all(out());
    std::filesystem::remove_all(exported);
  }
}

TEST_F(ImportTest, TheNetworkComesBackToTheBit) {
  auto experiment = create();
  experiment.save_neurons({{"ids", std::vector<std::uint64_t>{1, 1ULL << 60U}},
                           {"inhibitory", std::array{false, true}},
                           {"x, y", std::vector<float>{-0.0F, 0.1F}}});
  experiment.save_connections(
      {{"sources", std::vector<std::uint16_t>{0, 1, 1}}, {"weights", std::vector<double>{0.1, -1, 1e308}}});
  experiment.start_episode().finish();
  experiment.close();
  for (const char* format : {"csv", "npz"}) {
    SCOPED_TRACE(format);
    const auto exported = exported_to(format, experiment.path());
    EXPECT_THAT(parsed({"import", exported, "--from", format, "-o", out()})["notes"], IsEmpty());
    const neurotape::Run imported(out());
    EXPECT_EQ(imported.neurons().names(), (std::vector<std::string>{"ids", "inhibitory", "x, y"}));
    EXPECT_THAT(imported.neurons().column<std::uint64_t>("ids"), ElementsAre(1, 1ULL << 60U));
    EXPECT_THAT(imported.neurons().column<bool>("inhibitory"), ElementsAre(false, true));
    EXPECT_TRUE(std::signbit(imported.neurons().column<float>("x, y")[0]));
    EXPECT_THAT(imported.connections().column<std::uint16_t>("sources"), ElementsAre(0, 1, 1));
    EXPECT_THAT(imported.connections().column<double>("weights"), ElementsAre(0.1, -1, 1e308));
    std::filesystem::remove_all(out());
    std::filesystem::remove(exported / "network" / (std::string("neurons.") + format));
    expect_refused({"import", exported, "--from", format, "-o", out()}, {"network/neurons", "run.json"});
  }
}

TEST_F(ImportTest, GapsAreKeptBesideTheRows) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto x = episode.behavior<double>("x", {});
  for (int t = 0; t < 4; ++t) x.record(t, t == 2 ? std::nan("") : t * 0.5);
  episode.finish();
  experiment.close();
  const auto report = parsed({"import", exported_to("csv", experiment.path()), "--from", "csv", "-o", out()});
  EXPECT_THAT(report["notes"].dump(), HasSubstr("gaps"));
  const auto kept = neurotape::Run(out()).episode(0).attributes()["imported_from"]["gaps"];
  EXPECT_EQ(kept.dump(), R"([{"cause":"nan","first_timestep":2,"last_timestep":2,"rows":1,"stream":"behavior/x"}])");
}

TEST_F(ImportTest, WhatIsChosenOfAnExportIsNumberedAnew) {
  text({"export", small_run(), "--to", "csv", "-o", directory() / "exported", "--episodes", "2"});
  EXPECT_EQ(text({"import", directory() / "exported", "--from", "csv", "-o", out()}),
            out().string() +
                ": 1 episode, 11 rows\n\n"
                "  stream             rows\n"
                "  behavior/position     2\n"
                "  events                1\n"
                "  neural_states/v       2\n"
                "  rewards               2\n"
                "  spikes/exc            3\n"
                "  weight_changes        1\n");
  EXPECT_EQ(neurotape::Run(out()).episode(0).attributes()["imported_from"],
            json({{"episode", "episode_0002"}, {"source", "exported"}}));
}

TEST_F(ImportTest, ADirectoryWithoutDescriptionsHasTheTypesOfItsNumbers) {
  const auto exported = exported_to("csv", small_run());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(exported))
    if (entry.path().extension() == ".json") std::filesystem::remove(entry.path());
  const auto report = parsed({"import", exported, "--from", "csv", "-o", out(), "--dt", "0.5", "--name", "small"});
  EXPECT_EQ(report["name"], "small");
  const auto episode = neurotape::Run(out()).episode(0);
  EXPECT_EQ(episode.dt(), 0.5);
  EXPECT_EQ(episode.behavior<double>("position").all().values[2], 0.25);
  EXPECT_EQ(episode.neural_state<double>("v").rows(), 4u);
  EXPECT_EQ(episode.stream("spikes/exc").columns[1].dtype, Dtype::u32);
}

TEST_F(ImportTest, ATableIsADenseStream) {
  const auto path = (directory() / "joints.csv").string();
  write("joints.csv", "timestep,shoulder,elbow\r\n0,1,-2\r\n10,3,4\r\n");
  EXPECT_EQ(text({"import", path, "--from", "csv", "-o", out(), "--json"}),
            "{\n"
            "  \"run\": \"" +
                out().string() +
                "\",\n"
                "  \"name\": \"joints\",\n"
                "  \"from\": \"csv\",\n"
                "  \"source\": \"" +
                path +
                "\",\n"
                "  \"episodes\": 1,\n"
                "  \"rows\": 2,\n"
                "  \"streams\": {\n"
                "    \"behavior/joints\": 2\n"
                "  },\n"
                "  \"notes\": []\n"
                "}\n");
  const auto episode = neurotape::Run(out()).episode(0);
  const auto rows = episode.behavior<std::int64_t>("joints").all();
  EXPECT_EQ(rows.timesteps, (std::vector<std::int64_t>{0, 10}));
  EXPECT_EQ(rows.values, (std::vector<std::int64_t>{1, -2, 3, 4}));
  EXPECT_EQ(episode.attributes()["imported_from"],
            json({{"columns", {"shoulder", "elbow"}}, {"source", "joints.csv"}}));
}

TEST_F(ImportTest, ATableMayGoWhereItIsToldTo) {
  write("v.csv", "timestep,neuron_id\n3,5000000000\n3,1\n4,2");
  const auto report = parsed({"import", directory() / "v.csv", "--from", "csv", "-o", out(), "--stream", "spikes/big"});
  EXPECT_THAT(report["notes"].dump(), HasSubstr("its last line has no end"));
  const auto spikes = neurotape::Run(out()).episode(0).spikes("big").all();
  EXPECT_EQ(spikes.neuron_ids, (std::vector<std::uint64_t>{5'000'000'000, 1, 2}));
}

TEST_F(ImportTest, TimesBecomeTimestepsAndAreKeptWhereTheyLieBetween) {
  write("on.csv", "time,x\n0,1.5\n0.1,2\n0.30000000000000004,\n");
  const auto report =
      parsed({"import", directory() / "on.csv", "--from", "csv", "-o", out(), "--dt", "0.1", "--dt-unit", "s"});
  EXPECT_THAT(report["notes"].dump(), HasSubstr("on.csv: 1 empty fields became NaN"));
  const auto episode = neurotape::Run(out()).episode(0);
  EXPECT_EQ(episode.dt_unit(), "s");
  EXPECT_EQ(episode.behavior<double>("on").timesteps(), (std::vector<std::int64_t>{0, 1, 3}));
  EXPECT_FALSE(episode.contains("behavior/on_time"));
  write("off.csv", "time,x\n0.04,1\n0.17,2\n");
  std::filesystem::remove_all(out());
  text({"import", directory() / "off.csv", "--from", "csv", "-o", out(), "--dt", "0.1"});
  const auto off = neurotape::Run(out()).episode(0);
  EXPECT_EQ(off.behavior<std::int64_t>("off").timesteps(), (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(off.behavior<double>("off_time").all().values, (std::vector<double>{0.04, 0.17}));
}

TEST_F(ImportTest, AFirstLineOfNumbersIsNoHeader) {
  write("bare.csv", "0,1.5\n1,2.5\n");
  expect_refused({"import", directory() / "bare.csv", "--from", "csv", "-o", out()},
                 {"bare.csv", "line 1", "names of the columns"});
  expect_nothing_left();
}

TEST_F(ImportTest, WhatIsWrongWithATableIsToldWithItsLine) {
  const auto refused = [&](const std::string& content, const std::vector<std::string>& words,
                           std::vector<std::string> more = {}) {
    write("bad.csv", content);
    std::vector<std::string> arguments{"import", directory() / "bad.csv", "--from", "csv", "-o", out()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_refused(arguments, words);
    expect_nothing_left();
  };
  refused("", {"it is empty", "bad.csv"});
  refused("timestep,x\n0,1\n1,abc\n", {"line 3: 'abc' in column 'x' is no number", "bad.csv"});
  refused("timestep,x\n0,1\n1\n", {"line 3: expected 2 fields as in the header, got 1"});
  refused("timestep,x\n3,1\n3,2\n", {"line 3: timestep 3 comes after 3"});
  refused("timestep\n3\n", {"expected a column of timesteps, and columns of values"});
  refused("loss,step\n0.5,1\n", {"'loss' comes first, and has no timesteps", "--dt"});
  refused("time,x\n0.01,1\n0.02,2\n", {"line 3: timestep 0 comes after 0", "a smaller --dt"}, {"--dt", "0.1"});
  refused(
      "\x7f"
      "ELF\x02\x01\n",
      {"line 1: it is no CSV", "bad.csv"});
  refused("timestep,id\n1,2\n", {"expected the columns timestep,neuron_id,time, got timestep,id"},
          {"--stream", "spikes/s"});
  refused("timestep,type,data\n1,lick,{\n", {"line 2: the data of the event are no JSON"}, {"--stream", "events"});
  refused("timestep,x\n1,2\n", {"'voltage' is no path of a stream", "neural_states/NAME"}, {"--stream", "voltage"});
}

TEST_F(ImportTest, ArraysAreStreamsAndTheRestAttributes) {
  const std::vector<std::int64_t> timesteps{0, 5, 9};
  const std::vector<float> map{1, 2, 3, 4, 5, 6};
  const std::vector<double> rewards{0.5, 1, 1.5};
  write_npz(directory() / "trial.npz", {{"timesteps", timesteps},
                                        {"map", {ArrayView(map.data(), map.size()), Shape(3, 2, 1)}},
                                        {"rewards", rewards},
                                        {"rate", 256.0},
                                        {"subject", "mouse 7"},
                                        {"seed", 3},
                                        {"arm/left", rewards}});
  const auto report = parsed({"import", directory() / "trial.npz", "--from", "npz", "-o", out()});
  EXPECT_EQ(report["streams"], json({{"behavior/arm.left", 3}, {"behavior/map", 3}, {"rewards", 3}}));
  EXPECT_THAT(report["notes"].dump(), HasSubstr("seed was left out: 'seed' cannot be the name of an attribute"));
  EXPECT_THAT(report["notes"].dump(), HasSubstr("rate became an attribute of the episode"));
  const auto episode = neurotape::Run(out()).episode(0);
  EXPECT_EQ(episode.behavior<float>("map").shape(), Shape(2, 1));
  EXPECT_EQ(episode.behavior<float>("map").all().timesteps, timesteps);
  EXPECT_EQ(episode.rewards().all().values, rewards);
  EXPECT_EQ(episode.attributes()["rate"], 256.0);
  EXPECT_EQ(episode.attributes()["subject"], "mouse 7");
}

TEST_F(ImportTest, WhatIsWrongWithArraysIsToldWithTheirNames) {
  const auto path = directory() / "bad.npz";
  const auto refused = [&](const std::vector<NamedValue>& arrays, const std::vector<std::string>& words,
                           std::vector<std::string> more = {}) {
    write_npz(path, arrays);
    std::vector<std::string> arguments{"import", path, "--from", "npz", "-o", out()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_refused(arguments, words);
    expect_nothing_left();
  };
  const std::vector<std::int64_t> two{0, 1}, back{1, 0};
  const std::vector<double> three{1, 2, 3};
  refused({{"timesteps", two}, {"x", three}}, {"array 'x': expected 2 rows, one for each timestep, got 3", "bad.npz"});
  refused({{"timesteps", back}, {"x", two}}, {"row 1: timestep 0 comes after 1"});
  refused({{"timesteps", three}, {"x", three}}, {"array 'timesteps': expected integers, got float64"});
  refused({{"rate", 1.0}}, {"no array of numbers", "it has rate"});
  refused({{"x", three}}, {"there is no array 'timesteps' in it"}, {"--stream", "neural_states/v"});
  write("bad.npz", "PK no zip");
  expect_refused({"import", path, "--from", "npz", "-o", out()}, {"bad.npz"});
  expect_nothing_left();
}

TEST_F(ImportTest, WhatCannotBeImportedLeavesNothing) {
  const auto missing = (directory() / "missing").string();
  for (const char* format : {"csv", "npz", "sonata", "minari"})
    expect_refused({"import", missing, "--from", format, "-o", out(), "--dt", "1"}, {missing});
  std::filesystem::create_directory(directory() / "empty");
  for (const char* format : {"csv", "npz"})
    expect_refused({"import", directory() / "empty", "--from", format, "-o", out()},
                   {"there is no episode_0000 in it", std::string("--to ") + format});
  expect_refused({"import", directory() / "empty", "--from", "sonata", "-o", out()}, {"it is no SONATA"});
  expect_refused({"import", directory() / "empty", "--from", "minari", "-o", out()},
                 {"neither main_data.hdf5 nor data/main_data.hdf5"});
  const auto exported = exported_to("csv", small_run());
  std::filesystem::remove(exported / "episode_0001/rewards.csv");
  expect_refused({"import", exported, "--from", "csv", "-o", out()}, {"no file rewards.csv", "episode_0001"});
  std::ofstream(exported / "episode_0001/episode.json") << "{";
  expect_refused({"import", exported, "--from", "csv", "-o", out()}, {"it is no JSON", "episode.json"});
  std::ofstream(exported / "episode_0001/episode.json") << "{\"dt\": \"long\"}";
  expect_refused({"import", exported, "--from", "csv", "-o", out()}, {"not as `neurotape export` writes it"});
  expect_nothing_left();
}

TEST_F(ImportTest, ADiskThatTakesNoMoreLeavesNothing) {
  write("long.csv", long_table(100'000));
  const auto path = (directory() / "long.csv").string();
  const auto refused = support::run_command("bash -c \"trap '' XFSZ; ulimit -f 64; exec '" + tool().string() +
                                            "' import '" + path + "' --from csv -o '" + out().string() + "'\"");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.output, HasSubstr("File too large"));
  expect_nothing_left();
}

TEST_F(ImportTest, AProcessThatIsKilledLeavesNothing) {
  write("long.csv", long_table(3'000'000));
  auto importing = std::async(std::launch::async, [&] {
    return run({"import", directory() / "long.csv", "--from", "csv", "-o", out()});
  });
  const auto writer = [&]() -> pid_t {  // the directory has the number of the process that writes into it
    for (const auto& entry : std::filesystem::directory_iterator(directory()))
      if (const auto name = entry.path().filename().string(); name.starts_with(".imported."))
        return std::stoi(name.substr(name.rfind('.') + 1));
    return 0;
  };
  pid_t killed = 0;
  while (killed == 0 && importing.wait_for(std::chrono::seconds(0)) != std::future_status::ready) killed = writer();
  ASSERT_NE(killed, 0);
  ASSERT_EQ(::kill(killed, SIGKILL), 0);
  const auto finished = importing.get();
  EXPECT_EQ(finished.status, 2);
  EXPECT_EQ(finished.errors, "neurotape: the process that read it ended with signal 9 (Killed) (path '" +
                                 (directory() / "long.csv").string() + "')\n");
  expect_nothing_left();
}

TEST_F(ImportTest, AnOutputThatIsThereIsNotTouched) {
  std::filesystem::create_directory(out());
  std::ofstream(out() / "mine") << "precious";
  write("x.csv", "timestep,x\n0,1\n");
  expect_refused({"import", directory() / "x.csv", "--from", "csv", "-o", out()}, {"there already", "imported"});
  EXPECT_TRUE(std::filesystem::exists(out() / "mine"));
}

TEST_F(ImportTest, AnOptionThatWouldDoNothingIsRefused) {
  expect_refused({"import", "a.h5", "--from", "sonata", "-o", out(), "--stream", "rewards"},
                 {"--stream is for csv and npz, not for sonata"});
  expect_refused({"import", directory(), "--from", "csv", "-o", out(), "--stream", "rewards"}, {"for a single file"});
  expect_refused({"import", "a.csv", "--from", "csv", "-o", out(), "--dt-unit", "s"}, {"--dt-unit goes with --dt"});
  expect_refused({"import", "a.csv", "--from", "xlsx", "-o", out()}, {"--from", "csv"});
  expect_refused({"import", "a.csv", "-o", out()}, {"--from is required"});
}

TEST_F(ImportTest, HelpTeaches) {
  const auto help = text({"import", "--help"});
  for (const char* word :
       {"SRC", "--from", "--dt", "behavior/observation", "imported_from", "Examples:", "Exit status"})
    EXPECT_THAT(help, HasSubstr(word));
}

TEST_F(ImportTest, TablesOfOthers) {
  const auto metrics = foreign("training_metrics/genrisk/lightning_logs/version_6/metrics.csv");
  if (metrics.empty()) GTEST_SKIP() << kNoForeignData;
  text({"import", metrics, "--from", "csv", "-o", out()});
  EXPECT_EQ(neurotape::Run(out()).episode(0).behavior<double>("metrics").all().row(0)[1], -0.05641292780637741);
  std::filesystem::remove_all(out());
  const auto trials = foreign("rl_episodes/ibllib/brainbox/tests/fixtures/trials_df_test.csv");
  EXPECT_THAT(text({"import", trials, "--from", "csv", "-o", out()}), HasSubstr("empty fields became NaN"));
  EXPECT_EQ(neurotape::Run(out()).episode(0).behavior<double>("trials_df_test").all().row(0)[0], 25.135133333333332);
  expect_refused({"import", foreign("rl_episodes/rl-trained-agents/ppo/Hopper-v3_1/0.monitor.csv"), "--from", "csv",
                  "-o", directory() / "other"},
                 {"line 1", "0.monitor.csv"});
}

TEST_F(ImportTest, ArraysOfOthers) {
  const auto expert = foreign("rl_episodes/stable-baselines/stable_baselines/gail/dataset/expert_cartpole.npz");
  if (expert.empty()) GTEST_SKIP() << kNoForeignData;
  const auto report = parsed({"import", expert, "--from", "npz", "-o", out()});
  EXPECT_EQ(report["streams"], json({{"behavior/actions", 49527},
                                     {"behavior/episode_returns", 100},
                                     {"behavior/episode_starts", 49527},
                                     {"behavior/obs", 49527},
                                     {"rewards", 49527}}));
  const auto obs = NpzFile(expert).read("obs");
  const auto read = neurotape::Run(out()).episode(0).behavior<float>("obs").all();
  EXPECT_TRUE(std::ranges::equal(read.values, obs.values<float>()));
  std::filesystem::remove_all(out());
  const auto rollouts = foreign("rl_episodes/imitation/tests/testdata/expert_models/pendulum_0/rollouts/final.npz");
  EXPECT_THAT(text({"import", rollouts, "--from", "npz", "-o", out()}), HasSubstr("infos was left out"));
}

}  // namespace
}  // namespace neurotape::tool
