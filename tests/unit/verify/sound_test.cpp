#include <algorithm>
#include <fstream>

#include "fixture.hpp"

namespace neurotape::verification {
namespace {

class Sound : public VerifyTest, public testing::WithParamInterface<const char*> {
 protected:
  static Codec codec() { return Codec::parse(GetParam()); }
};

TEST_P(Sound, AClosedRunHasNoFaults) {
  const auto run = recorded(codec());
  const auto report = verify(run);
  expect_sound(report);
  EXPECT_EQ(report.path, run);
  EXPECT_FALSE(report.being_recorded);
  EXPECT_THAT(report.left_behind, testing::IsEmpty());
  EXPECT_EQ(report.checked.episodes, 4U);
  EXPECT_EQ(report.checked.unfinished, 0U);
  EXPECT_GT(report.checked.bytes, 6U << 20);
  std::uint64_t rows = 0;
  for (const auto episode : Run(run))
    for (const auto& stream : episode.streams()) rows += stream.rows;
  EXPECT_EQ(report.checked.rows, rows);
}

TEST_P(Sound, AKilledRunIsJudgedByItsCommittedRows) {
  const auto run = killed(codec());
  const auto report = verify(run);
  expect_sound(report);
  EXPECT_EQ(report.checked.unfinished, 1U);
  EXPECT_THAT(report.left_behind, testing::Contains(".lock"));
}

TEST_P(Sound, ARecoveredRunHasNoFaults) {
  const auto run = killed(codec());
  recover(run);
  const auto report = verify(run);
  expect_sound(report);
  EXPECT_EQ(report.checked.unfinished, 0U);
  EXPECT_THAT(report.left_behind, testing::IsEmpty());
}

TEST_P(Sound, ARunThatIsBeingRecordedHasNoFaults) {
  auto experiment = create(codec());
  auto episode = experiment.start_episode();
  auto done = experiment.start_episode();
  EveryStream streams(episode), few(done, 8);
  for (int commit = 0; commit < 3; ++commit) {
    streams.record(333);
    few.record(3);
    if (commit == 1) done.abort();
    experiment.flush();
    const auto report = verify(experiment.path());
    expect_sound(report);
    EXPECT_TRUE(report.being_recorded);
    // The file of its own that an episode has had stays until the index no longer names it.
    EXPECT_EQ(report.checked.episodes, 2U);
    EXPECT_EQ(report.checked.unfinished, commit == 0 ? 2U : 1U);
  }
  episode.abort();
}

TEST_P(Sound, ARunThatWentOnHasNoFaults) {
  const auto run = killed(codec());
  {
    auto again = Experiment::open(run);
    auto episode = again.start_episode();
    episode.rewards().record(3, 1.0);
    episode.finish();
    again.close();
  }
  const auto report = verify(run);
  expect_sound(report);
  EXPECT_EQ(report.checked.episodes, 2U);
  EXPECT_EQ(report.checked.unfinished, 1U);
}

INSTANTIATE_TEST_SUITE_P(Codecs, Sound,
                         testing::Values("none", "gzip", "gzip:6", "lzf", "blosc:lz4:5", "blosc:zstd:3:bit"),
                         [](const auto& codec) {
                           std::string name = codec.param;
                           std::replace(name.begin(), name.end(), ':', '_');
                           return name;
                         });

class SoundFile : public VerifyTest {};

TEST_F(SoundFile, ASingleFileCanBeJudged) {
  const auto run = recorded();
  for (const auto& entry : fs::directory_iterator(run / "episodes")) {
    const auto report = verify(entry.path());
    expect_sound(report);
    EXPECT_EQ(report.checked.files, 1U);
    EXPECT_EQ(report.checked.episodes, entry.path().filename() == "episode_0000.h5" ? 1U : 3U);
  }
  EXPECT_EQ(verify(run / "experiment_data.h5").checked.episodes, 4U) << "the index stands for its run";
  EXPECT_EQ(verify(killed() / "episodes" / "episode_0000.h5").checked.unfinished, 1U);
}

TEST_F(SoundFile, AnyNumberOfThreadsFindsTheSame) {
  const auto run = recorded();
  damage(run, "flip_chunks", {"episodes/episode_0000.h5", "10"});
  const auto one = verify(run, {.jobs = 1});
  const auto many = verify(run, {.jobs = 7});
  EXPECT_THAT(one.faults, testing::SizeIs(10));
  EXPECT_EQ(texts_of(one), texts_of(many));
  EXPECT_EQ(one.checked.rows, many.checked.rows);
}

TEST_F(SoundFile, ProgressGrowsToWhatTheReportSays) {
  std::uint64_t bytes = 0;
  const auto report = verify(recorded(), {.jobs = 2, .on_progress = [&](const Verified& so_far) {
                                            EXPECT_GE(so_far.bytes, bytes);
                                            bytes = so_far.bytes;
                                          }});
  EXPECT_EQ(bytes, report.checked.bytes);
}

TEST_F(SoundFile, WhatIsNoRunIsRefused) {
  const auto refused = [](const fs::path& path, ErrorCode code) {
    try {
      verify(path);
      ADD_FAILURE() << path << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
    }
  };
  refused(directory() / "nowhere", ErrorCode::not_found);
  refused(directory(), ErrorCode::not_found);
  const auto file = directory() / "notes.txt";
  std::ofstream(file) << "not HDF5";
  refused(file, ErrorCode::damaged);
}

}  // namespace
}  // namespace neurotape::verification
