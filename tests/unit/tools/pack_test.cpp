#include "small_run.hpp"

namespace neurotape::tool {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class PackTest : public JudgedRunTest {
 protected:
  std::filesystem::path file() const { return directory() / "packed.h5"; }
  std::string judged(const char* how, const std::filesystem::path& a, const std::filesystem::path& b) const {
    const auto verdict = support::run_python("unit/tools/pack_judge.py", {how, a.string(), b.string()});
    EXPECT_EQ(verdict.status, 0) << verdict.output;
    return verdict.output;
  }
  void expect_sound(const std::filesystem::path& path) const {
    EXPECT_THAT(text({"verify", path}), HasSubstr(": sound"));
  }

  /// An episode of a file of its own, with rows of more than 1 MiB, and small ones.
  std::filesystem::path mixed_run() const {
    auto experiment = create();
    {
      auto episode = experiment.start_episode({.seed = 3, .attributes = {{"maze", "T"}}});
      auto wide = episode.neural_state<float>("wide", {300'000});
      std::vector<float> row(300'000);
      for (int t = 0; t < 8; ++t) {
        for (std::size_t i = 0; i < row.size(); ++i)
          row[i] = static_cast<float>((i * 2654435761U + static_cast<std::size_t>(t)) % 1'000'003);
        wide.record(t, row);
        if (t == 4) experiment.flush();
      }
      episode.spikes("exc").record(2, std::vector<int>{1});
      episode.finish();
    }
    record_small(experiment);
    experiment.close();
    return experiment.path();
  }

 private:
  static void record_small(Experiment& experiment) {
    auto episode = experiment.start_episode();
    episode.rewards().record(1, 0.5);
    episode.log_event("end", 1, {});
    episode.finish();
  }
};

TEST_F(PackTest, PackedAndUnpackedChunksAreThoseThatWereRecorded) {
  for (const auto& run : {small_run(), mixed_run()}) {
    SCOPED_TRACE(run);
    const auto report = parsed({"pack", run, "-o", file()});
    EXPECT_EQ(report["episodes"], Run(run).size());
    EXPECT_EQ(report["bytes_after"], std::filesystem::file_size(file()));
    judged("SAME", run / "experiment_data.h5", file());
    expect_sound(file());
    const auto back = directory() / "back";
    text({"unpack", file(), "-o", back});
    judged("SAME", run / "experiment_data.h5", back / "experiment_data.h5");
    expect_sound(back);
    EXPECT_EQ(parsed({"info", back})["config"], parsed({"info", run})["config"]);
    std::filesystem::remove_all(back);
    std::filesystem::remove(file());
  }
}

TEST_F(PackTest, AnUnpackedRunCanBeRecordedInto) {
  text({"pack", small_run(), "-o", file()});
  const auto back = directory() / "back";
  text({"unpack", file(), "-o", back});
  auto experiment = Experiment::open(back);
  EXPECT_EQ(experiment.start_episode().id(), "episode_0003");
  experiment.close();
  EXPECT_THAT(Run(back).numbers(), ElementsAre(0, 1, 2, 3));
}

TEST_F(PackTest, CommandsReadAPackedFile) {
  const auto run = small_run();
  text({"pack", run, "-o", file()});
  EXPECT_EQ(text({"show", file(), "1", "behavior/position", "--csv"}),
            text({"show", run, "1", "behavior/position", "--csv"}));
  const auto of_run = parsed({"info", run}), of_file = parsed({"info", file()});
  for (const char* key : {"name", "created", "config", "network", "episodes", "streams", "provenance"})
    EXPECT_EQ(of_run[key], of_file[key]) << key;
}

TEST_F(PackTest, OnlyTheChosenEpisodes) {
  text({"pack", small_run(), "-o", file(), "--episodes", "0,2"});
  EXPECT_THAT(Run(file()).numbers(), ElementsAre(0, 2));
}

TEST_F(PackTest, AnotherCodecHasTheSameValues) {
  for (const auto& run : {small_run(), mixed_run()}) {
    const auto recode = [&](std::vector<std::string> arguments) {
      std::vector<std::string> all{"pack", run, "-o", file()};
      all.insert(all.end(), arguments.begin(), arguments.end());
      text(all);
      expect_sound(file());
      const auto verdict = judged("RECODED", run / "experiment_data.h5", file());
      std::filesystem::remove(file());
      return verdict;
    };
    EXPECT_THAT(recode({"--level", "9"}), HasSubstr("gzip 9 gzip:9\n"));
    EXPECT_THAT(recode({"--codec", "lzf"}), HasSubstr("lzf None lzf\n"));
    EXPECT_THAT(recode({"--codec", "blosc:zstd", "--level", "3"}), HasSubstr(" blosc:zstd:3:byte\n"));
    EXPECT_THAT(recode({"--codec", "none"}), HasSubstr("None None none\n"));
  }
}

TEST_F(PackTest, AnEpisodeThatWasCutOffStaysAsItWas) {
  const auto dead = cut_off();
  text({"pack", dead, "-o", file()});
  const auto packed = Run(file()).episode(0), before = Run(dead).episode(0);
  EXPECT_EQ(packed.status(), "recording");
  EXPECT_EQ(packed.neural_state<float>("v").rows(), 40u);
  EXPECT_EQ(packed.neural_state<float>("v").all().values, before.neural_state<float>("v").all().values);
  const auto back = directory() / "back";
  text({"unpack", file(), "-o", back});
  EXPECT_EQ(Run(back).episode(0).neural_state<float>("v").all().values, before.neural_state<float>("v").all().values);
}

TEST_F(PackTest, RunsOfAnExperimentBecomeOne) {
  const auto one = recorded();
  const auto two = mixed_run();
  const auto all = directory() / "all";
  EXPECT_EQ(parsed({"merge", one, two, "-o", all})["episodes"], 4);
  expect_sound(all);
  const Run merged(all), second(two);
  EXPECT_THAT(merged.numbers(), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(merged.config(), Run(one).config());
  const auto was = merged.episode(2).attributes()["merged_from"];
  EXPECT_EQ(was["run"], two.filename().string());
  EXPECT_EQ(was["episode"], 0);
  EXPECT_EQ(was["created"], second.attributes()["created"]);
  EXPECT_EQ(was["config"], second.config()) << "it differs";
  EXPECT_EQ(merged.episode(2).attributes()["maze"], "T");
  EXPECT_EQ(merged.episode(2).id(), "episode_0002");
  EXPECT_EQ(merged.episode(2).seed(), 3u);
  EXPECT_EQ(merged.episode(2).neural_state<float>("wide").all().values,
            second.episode(0).neural_state<float>("wide").all().values);
  EXPECT_FALSE(merged.episode(0).attributes()["merged_from"].contains("config"));
}

TEST_F(PackTest, MoreEpisodesThanASegmentHolds) {
  auto experiment = create();
  for (int i = 0; i < 1'001; ++i) {
    auto episode = experiment.start_episode();
    episode.rewards().record(i, 0.5 * i);
    episode.finish();
  }
  experiment.close();
  const auto merged = directory() / "merged", back = directory() / "back";
  EXPECT_EQ(parsed({"merge", experiment.path(), "-o", merged})["episodes"], 1'001);
  text({"pack", merged, "-o", file()});
  EXPECT_EQ(parsed({"unpack", file(), "-o", back})["episodes"], 1'001);
  EXPECT_EQ(text({"diff", experiment.path(), back}), "equal\n");
  expect_sound(back);
}

TEST_F(PackTest, WhatIsNotInACopyIsSaid) {
  const auto recorded_with = [&](double weight) {
    auto experiment = create();
    experiment.save_connections({{"weights", std::vector<double>{weight}}});
    experiment.start_episode().finish();
    experiment.metrics("epoch_statistics.csv").append({{"epoch", 1}});
    experiment.close();
    return experiment.path();
  };
  const auto a = recorded_with(0.5), b = recorded_with(0.25);
  EXPECT_THAT(text({"pack", a, "-o", file()}),
              HasSubstr("note: not copied from " + a.filename().string() + ": epoch_statistics.csv"));
  const auto merged = directory() / "merged";
  const auto notes = parsed({"merge", a, b, "-o", merged})["notes"].dump();
  EXPECT_THAT(notes, HasSubstr("the network of " + b.filename().string() + " differs, and was left out"));
  const Run run(merged);
  EXPECT_FALSE(run.episode(0).attributes()["merged_from"].contains("network"));
  EXPECT_EQ(run.episode(1).attributes()["merged_from"]["network"], "another one");
}

TEST_F(PackTest, EpisodesThatCannotBeReadAreNotLeftOutWithoutAWord) {
  const auto run = small_run(), copy = directory() / "copy", out = directory() / "out";
  std::filesystem::copy(run, copy, std::filesystem::copy_options::recursive);
  const auto segment = file_of(copy, "segment_");
  std::fstream(segment, std::ios::in | std::ios::out) << "no HDF5 any more";
  const auto name = std::filesystem::path(segment).filename().string();
  expect_refused({"pack", copy, "-o", file()}, {name});
  expect_refused({"merge", run, copy, "-o", out}, {name});
  expect_refused({"export", copy, "--to", "csv", "-o", out}, {name});
  expect_refused({"diff", run, copy}, {name});
  EXPECT_EQ(this->run({"stats", copy}).status, 2);
  EXPECT_FALSE(std::filesystem::exists(file()) || std::filesystem::exists(out));
}

TEST_F(PackTest, AttributesOfOtherProgramsAreKept) {
  const auto run = small_run();
  const auto python = [](const std::string& code) {
    return support::run_command(support::with_plugins() + "'" NEUROTAPE_PYTHON "' -c \"import h5py; " + code + "\"")
        .output;
  };
  const std::string segment = file_of(run, "segment_");
  EXPECT_EQ(python("f = h5py.File('" + segment +
                   "', 'r+'); g = f['episode_0000']; g.attrs['note'] = 'Größe'; "
                   "g['rewards'].attrs['by'] = ['Ada', 'Grace']"),
            "");
  text({"pack", run, "-o", file()});
  text({"pack", run, "-o", directory() / "recoded.h5", "--codec", "lzf"});
  text({"unpack", file(), "-o", directory() / "back"});
  for (const std::string path : {file(), directory() / "recoded.h5", directory() / "back" / "experiment_data.h5"})
    EXPECT_EQ(python("g = h5py.File('" + path +
                     "')['episodes/episode_0000']; "
                     "print(g.attrs['note'], list(g['rewards'].attrs['by']))"),
              "Größe ['Ada', 'Grace']\n");
}

TEST_F(PackTest, ARunOfTheOlderExporterIsRefused) {
  const auto made = support::run_python("unit/loader/golden.py", {"exporter", directory().string()});
  ASSERT_EQ(made.status, 0) << made.output;
  std::filesystem::path old;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory()))
    if (entry.path().filename() == "experiment_data.h5") old = entry.path().parent_path();
  for (const char* command : {"pack", "merge", "unpack"}) {
    expect_refused({command, old, "-o", file()}, {"older Python exporter"});
    EXPECT_FALSE(std::filesystem::exists(file()));
  }
}

TEST_F(PackTest, WhatCannotBeCopiedLeavesNothing) {
  const auto run = small_run();
  expect_refused({"pack", run, "-o", file(), "--episodes", "9"}, {"no episode 9"});
  expect_refused({"pack", run, "-o", file(), "--codec", "zip"}, {"zip"});
  expect_refused({"merge", run, recorded(), "-o", file()}, {"'small' and 'trial' are runs of different experiments"});
  expect_refused({"unpack", directory() / "nowhere", "-o", file()}, {"no such run"});
  expect_refused({"pack", run, "-o", directory() / "no" / "such" / "directory"}, {"directory"});
  EXPECT_FALSE(std::filesystem::exists(file()));
  std::ofstream(file()) << "precious";
  for (const char* command : {"pack", "unpack", "merge"}) expect_refused({command, run, "-o", file()}, {"packed.h5"});
  EXPECT_EQ(std::filesystem::file_size(file()), 8u);
  for (const auto& entry : std::filesystem::directory_iterator(directory()))
    EXPECT_THAT(entry.path().filename().string(), testing::Not(testing::StartsWith(".packed"))) << "left behind";
}

TEST_F(PackTest, WhatAKilledProcessOfTheSameNumberLeftIsNotInTheWay) {
  const std::string run = small_run(), out = directory() / "out";
  const std::string rest = "'" + (directory() / ".out.").string() + "'$$";  // exec keeps the number
  for (const std::string& command : {"pack '" + run + "'", "merge '" + run + "'", "export '" + run + "' --to csv",
                                     "export '" + run + "' --to nwb"}) {
    for (const std::string& left : {"mkdir -p " + rest + "/episodes/episode_0000/spikes && touch " + rest +
                                        "/run.json " + rest + "/setup.h5 " + rest + "/episode_0000.nwb",
                                    "touch " + rest}) {
      const auto done =
          support::run_command(left + "; exec '" + tool().string() + "' " + command + " -o '" + out + "'");
      EXPECT_EQ(done.status, 0) << command << ": " << done.output;
      EXPECT_GT(std::filesystem::remove_all(out), 0u);
    }
  }
}

TEST_F(PackTest, AnEpisodeThatIsBeingRecordedIsRefused) {
  auto experiment = create();
  auto finished = experiment.start_episode();
  finished.rewards().record(0, 1.0);
  finished.finish();
  auto episode = experiment.start_episode();
  episode.rewards().record(0, 1.0);
  experiment.flush();
  expect_refused({"pack", experiment.path(), "-o", file()}, {"episode_0001", "is being recorded"});
  text({"pack", experiment.path(), "-o", file(), "--episodes", "0"});
  EXPECT_EQ(Run(file()).episode(0).rewards().rows(), 1u);
}

}  // namespace
}  // namespace neurotape::tool
