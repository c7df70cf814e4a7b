// Readers that stay with a run that somebody records: what they see, and when.

#include <chrono>
#include <csignal>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "golden.hpp"
#include "loader/episode_file.hpp"

namespace neurotape {
namespace {

using namespace std::chrono_literals;
using namespace literals;

/// Commits when a test says so.
class FollowTest : public testing::Test {
 protected:
  using Run = neurotape::Run;  // GoogleTest has a private function of that name

  Experiment create() const {
    return Experiment::create(directory_.path(), "run",
                              {.codec = Codec::gzip(1), .commit_interval = 1h, .durability = Durability::process});
  }
  static std::vector<double> row(std::int64_t t) { return {static_cast<double>(t), static_cast<double>(-t)}; }
  static void record(DenseStream<double>& stream, std::int64_t from, std::int64_t to) {
    for (std::int64_t t = from; t < to; ++t) stream.record(t, row(t));
  }
  static void expect_rows(const DenseRows<double>& rows, std::int64_t from, std::int64_t to) {
    ASSERT_EQ(rows.size(), static_cast<std::size_t>(to - from));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      ASSERT_EQ(rows.timesteps[i], from + static_cast<std::int64_t>(i));
      ASSERT_EQ(rows.row(i)[1], static_cast<double>(-rows.timesteps[i]));
    }
  }

  support::TemporaryDirectory directory_;
};

TEST_F(FollowTest, RefreshShowsWhatWasCommittedSince) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<double>("v", {2}, {.chunk_rows = 64});
  record(v, 0, 10);
  experiment.flush();
  auto reader = Run(experiment.path()).episode(0);
  const auto first_look = reader.neural_state<double>("v");
  EXPECT_TRUE(reader.is_live());
  EXPECT_FALSE(reader.refresh());
  record(v, 10, 200);
  EXPECT_FALSE(reader.refresh()) << "nothing was committed";
  experiment.flush();
  EXPECT_TRUE(reader.refresh());
  expect_rows(reader.neural_state<double>("v").since(10), 10, 200);
  expect_rows(reader.neural_state<double>("v").all(), 0, 200);
  expect_rows(first_look.all(), 0, 10);
  EXPECT_FALSE(reader.refresh());
  EXPECT_EQ(reader.neural_state<double>("v").since(200).size(), 0U);
}

TEST_F(FollowTest, AStreamThatBeginsLaterIsSeen) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<double>("v", {2});
  record(v, 0, 3);
  experiment.flush();
  auto reader = Run(experiment.path()).episode(0);
  EXPECT_FALSE(reader.contains("spikes/p"));
  auto spikes = episode.spikes("p");
  spikes.record(7, std::vector{1, 2, 3});
  experiment.flush();
  EXPECT_TRUE(reader.refresh());
  EXPECT_EQ(reader.spikes("p").all().neuron_ids, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(reader.spikes("p").since(1).neuron_ids, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(reader.spikes("p").of({3}).since(1).neuron_ids, (std::vector<std::uint64_t>{3}));
  expect_error(ErrorCode::out_of_range, {"there are 3 rows"}, [&] { reader.spikes("p").since(4); });
  expect_error(ErrorCode::out_of_range, {"there are 3"}, [&] { reader.neural_state<double>("v").since(4); });
}

// A process can be stopped between any two looks at a file: after the first of them everything may be over for long.
class SleepingReader : public FollowTest, public testing::WithParamInterface<std::int64_t> {};

TEST_P(SleepingReader, ReadsOnInTheFileThatItHas) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<double>("v", {1024}, {.codec = Codec::none()});
  v.record(0, std::vector<double>(1024));
  experiment.flush();
  const auto path = experiment.path() / "episodes" / "episode_0000.h5";
  const auto file = loader::File::open(path);
  for (std::int64_t t = 1; t < GetParam(); ++t) v.record(t, std::vector<double>(1024, static_cast<double>(t)));
  experiment.flush();
  episode.finish();
  experiment.flush();
  if (std::filesystem::exists(path))
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - 1h);
  const auto rows = EpisodeReader(detail::EpisodeFile::open(file, "/", 0)).neural_state<double>("v").all();
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(GetParam()));
  for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows.row(i)[1023], static_cast<double>(i));
}

// One moves into a segment, so that the file loses its name; the other is too large for that.
INSTANTIATE_TEST_SUITE_P(Rows, SleepingReader, testing::Values(100, 600));

TEST_F(FollowTest, TheRecorderSaysHowFullItsRingIs) {
  auto experiment = create();
  const Run run(experiment.path());
  ASSERT_TRUE(run.recorder());
  EXPECT_EQ(run.recorder()->ring_bytes, 0U) << "before the first commit";
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<double>("v", {2});
  record(v, 0, 3);
  experiment.flush();
  const auto recorder = run.recorder().value();
  EXPECT_EQ(recorder.ring_bytes, experiment.stats().ring_bytes);
  EXPECT_GT(recorder.ring_used_bytes, 0U);
  EXPECT_GE(recorder.ring_peak_bytes, recorder.ring_used_bytes);
  EXPECT_LE(recorder.since, run.episode(0).started());
  EXPECT_EQ(Run(experiment.path() / "episodes" / "episode_0000.h5").recorder()->since, recorder.since);
  episode.finish();
  experiment.close();
  EXPECT_FALSE(run.recorder());
}

TEST_F(FollowTest, EpisodesAreListedWithoutBeingOpened) {
  auto experiment = create();
  experiment.start_episode().finish();
  experiment.flush();
  const Run run(experiment.path());
  std::filesystem::remove(experiment.path() / "experiment_data.h5");
  run.refresh();
  const auto unknown = run.listed_episodes();
  ASSERT_EQ(unknown.size(), 1U);
  EXPECT_EQ(unknown[0].object, "/episode_0000");
  EXPECT_EQ(unknown[0].status, "");
  EXPECT_FALSE(unknown[0].totals);
  EXPECT_EQ(run.episodes().at(0).status, "complete");
  experiment.close();
  run.refresh();
  EXPECT_EQ(run.listed_episodes().at(0).status, "complete");
  EXPECT_TRUE(run.listed_episodes().at(0).totals);
}

TEST_F(FollowTest, AnEpisodeThatEndsInASegmentIsFoundThere) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<double>("v", {2});
  record(v, 0, 3);
  experiment.flush();
  auto reader = Run(experiment.path() / "episodes" / "episode_0000.h5").episode(0);
  record(v, 3, 5);
  episode.finish();
  experiment.flush();
  EXPECT_TRUE(reader.refresh());
  EXPECT_EQ(reader.status(), "complete");
  EXPECT_EQ(reader.object(), "/episode_0000");
  EXPECT_FALSE(reader.is_live());
  expect_rows(reader.neural_state<double>("v").since(3), 3, 5);
  EXPECT_FALSE(reader.refresh());
  EXPECT_FALSE(reader.wait_for_commit(1h)) << "nothing can come, so it does not wait";
}

TEST_F(FollowTest, AnEpisodeIsFoundAfterItsSegmentWasMerged) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<double>("v", {2});
  record(v, 0, 3);
  experiment.flush();
  const Run run(experiment.path());
  auto reader = run.episode(0);
  episode.finish();
  for (int i = 0; i < 40; ++i) {
    auto brief = experiment.start_episode();
    brief.rewards().record(0, i);
    brief.finish();
    experiment.flush();
  }
  experiment.close();
  EXPECT_TRUE(reader.refresh());
  expect_rows(reader.neural_state<double>("v").all(), 0, 3);
  EXPECT_EQ(run.episode(40).rewards().all().values, std::vector<double>{39});
}

TEST_F(FollowTest, ADiscardedEpisodeIsSaidToBeGone) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<double>("v", {2});
  record(v, 0, 3);
  experiment.flush();
  auto reader = Run(experiment.path()).episode(0);
  episode.abort(true);
  experiment.flush();
  expect_error(ErrorCode::not_found, {"not there any more", "episode_0000"}, [&] { reader.refresh(); });
  expect_rows(reader.neural_state<double>("v").all(), 0, 3);
}

TEST_F(FollowTest, WaitingEndsWithTheCommitOrWithTheTime) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<double>("v", {2});
  record(v, 0, 3);
  experiment.flush();
  auto reader = Run(experiment.path()).episode(0);
  EXPECT_FALSE(reader.wait_for_commit(1ms));
  EXPECT_TRUE(reader.is_live());
  std::thread recorder([&] {
    record(v, 3, 9);
    experiment.flush();
  });
  EXPECT_TRUE(reader.wait_for_commit(std::chrono::milliseconds::max()));
  recorder.join();
  expect_rows(reader.neural_state<double>("v").since(3), 3, 9);
}

TEST_F(FollowTest, ARunTellsOfNewEpisodesAndOfItsRecorder) {
  auto experiment = create();
  const Run run(experiment.path());
  EXPECT_TRUE(run.is_live());
  EXPECT_EQ(run.size(), 0U);
  EXPECT_FALSE(run.refresh());
  auto episode = experiment.start_episode();
  episode.rewards().record(0, 1.5);
  experiment.flush();
  EXPECT_EQ(run.size(), 0U);
  EXPECT_TRUE(run.refresh());
  EXPECT_EQ(run.numbers(), std::vector<std::uint64_t>{0});
  EXPECT_TRUE(Run(run.episode(0).file()).is_live());
  EXPECT_FALSE(run.refresh());
  episode.finish();
  experiment.close();
  EXPECT_FALSE(run.is_live());
  EXPECT_FALSE(run.refresh());
}

TEST_F(FollowTest, AnEpisodeOfADeadRecorderIsNotLiveInARunThatGoesOn) {
  std::filesystem::path path;
  if (const pid_t child = ::fork(); child == 0) {
    auto experiment = create();
    auto episode = experiment.start_episode();
    episode.rewards().record(0, 1.5);
    experiment.flush();
    ::kill(::getpid(), SIGKILL);
  } else {
    ::waitpid(child, nullptr, 0);
  }
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) path = entry.path();
  EXPECT_FALSE(Run(path).is_live());
  EXPECT_EQ(Run(path).episode(0).status(), "recording");
  EXPECT_FALSE(Run(path).episode(0).is_live());
  auto experiment = Experiment::open(path);
  auto later = experiment.start_episode();
  later.rewards().record(0, 2.5);
  experiment.flush();
  EXPECT_TRUE(Run(path).is_live());
  EXPECT_TRUE(Run(path).episode(1).is_live());
  auto dead = Run(path).episode(0);
  EXPECT_FALSE(dead.is_live());
  EXPECT_FALSE(dead.wait_for_commit(1h));
  later.finish();
  experiment.close();
  recover(path);
  EXPECT_TRUE(dead.refresh());
  EXPECT_EQ(dead.status(), "recovered");
  EXPECT_EQ(dead.rewards().all().values, std::vector<double>{1.5});
}

}  // namespace
}  // namespace neurotape
