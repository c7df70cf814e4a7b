// What `on_error` may do: throw, ask for figures, and nothing that has to wait.

#include <atomic>
#include <cerrno>
#include <stdexcept>

#include "backends/io/operations.hpp"
#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

class BrokenDisk final : public io::Operations {
 public:
  ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset) override {
    if (!broken) return Operations::pwrite(file, bytes, count, offset);
    errno = EIO;
    return -1;
  }
  int fallocate(int file, off_t offset, off_t length) override {
    if (!broken) return Operations::fallocate(file, offset, length);
    errno = EIO;
    return -1;
  }
  std::atomic<bool> broken{false};
};

/// A recorder that meets an error of each kind: of a call, of the disk, and the line at the end.
class Callbacks : public RunTest {
 protected:
  /// \param action is called with each error, in the thread that met it
  void meet_errors(const std::function<void(Experiment&, Episode&, const Error&)>& action) {
    BrokenDisk disk;
    const io::Replaced replaced(disk);
    std::optional<Experiment> experiment;
    std::optional<Episode> episode;
    experiment.emplace(
        create({.memory_cap = 16_MB, .commit_interval = std::chrono::hours(1), .on_error = [&](const Error& error) {
                  ++told_;
                  if (std::this_thread::get_id() != main_) ++told_by_others_;
                  action(*experiment, *episode, error);
                }}));
    episode.emplace(experiment->start_episode());
    auto stream = episode->neural_state<double>("v", {1'000});
    const std::vector<double> row(1'000, 0.5);
    for (std::int64_t t = 0; t < 100; ++t) stream.record(t, row);
    stream.record(5, row);  // goes back
    episode->log_event("", 5);
    EXPECT_EQ(told_, 2);
    experiment->flush();
    disk.broken = true;
    for (std::int64_t t = 100; t < 5'000; ++t) stream.record(t, row);
    EXPECT_THROW(experiment->flush(), Error);
    EXPECT_GT(told_by_others_, 0);
    disk.broken = false;
    EXPECT_THROW(episode->finish(), Error);
    EXPECT_EQ(error_of([&] { experiment->close(); }).code(), ErrorCode::timestep_order);
    EXPECT_GT(told_, 3);
    path_ = experiment->path();
  }

  std::atomic<int> told_{0};
  std::atomic<int> told_by_others_{0};
  const std::thread::id main_ = std::this_thread::get_id();
  std::filesystem::path path_;
};

TEST_F(Callbacks, ThatThrowHarmNothing) {
  meet_errors([](Experiment&, Episode&, const Error&) { throw std::runtime_error("of the handler"); });
  EXPECT_EQ(Run(path_).episode(0).neural_state<double>("v").rows(), 100U);
}

TEST_F(Callbacks, MayAskForFigures) {
  std::atomic<int> asked = 0;
  meet_errors([&](Experiment& experiment, Episode& episode, const Error& error) {
    EXPECT_GT(experiment.stats().total.rows_offered, 0U) << error.what();
    EXPECT_FALSE(experiment.stats().last_error.empty());
    EXPECT_FALSE(experiment.path().empty());
    EXPECT_GE(episode.stats().total.rows_offered, 100U);
    EXPECT_EQ(episode.id(), "episode_0000");
    ++asked;
  });
  EXPECT_EQ(asked, told_);
}

TEST_F(Callbacks, AreRefusedWhatWaits) {
  meet_errors([](Experiment& experiment, Episode&, const Error&) {
    const std::vector<int> column{1};
    EXPECT_EQ(error_of([&] { experiment.flush(); }).code(), ErrorCode::invalid_argument);
    EXPECT_EQ(error_of([&] { experiment.close(); }).code(), ErrorCode::invalid_argument);
    EXPECT_EQ(error_of([&] { experiment.save_config({{"a", 1}}); }).code(), ErrorCode::invalid_argument);
    EXPECT_EQ(error_of([&] { experiment.save_neurons({{"a", column}}); }).code(), ErrorCode::invalid_argument);
    EXPECT_TRUE(says(error_of([&] { experiment.flush(); }), {"flush()", "on_error"}));
  });
}

// What they log is counted, and not recorded; what they record through a handle of their own never waits.
TEST_F(Callbacks, ThatRecordDoNotWaitForThemselves) {
  std::atomic<int> logged = 0;
  meet_errors([&](Experiment&, Episode& episode, const Error& error) {
    const auto before = episode.stats().total.rows_rejected;
    episode.log_event("error", 1, {{"text", error.what()}});
    episode.log_timestep(1, {.reward = 1.0});
    episode.log_weight_change(1, 2, 0.5, 0.6);
    EXPECT_EQ(episode.stats().total.rows_rejected, before + 3);
    ++logged;
  });
  EXPECT_EQ(logged, told_);
  EXPECT_EQ(Run(path_).episode(0).events().size(), 0U);
}

TEST_F(Callbacks, ThatRecordWrongRowsAreNotCalledForThem) {
  std::optional<RewardStream> rewards;
  int calls = 0;
  auto experiment = create({.on_error = [&](const Error&) {
    ++calls;
    rewards->record(1, 0.5);  // goes back
  }});
  auto episode = experiment.start_episode();
  rewards.emplace(episode.rewards());
  auto others = episode.behavior<double>("x", {});
  rewards->record(7, 0.5);
  others.record(2, 0.5);
  others.record(1, 0.5);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(episode.stats().total.rows_rejected, 2U);
  EXPECT_THROW(experiment.close(), Error);
}

}  // namespace
}  // namespace neurotape::outside
