// A disk that is full for a while: what each policy makes of it.

#include <atomic>
#include <cerrno>
#include <map>
#include <numeric>
#include <thread>
#include <vector>

#include "backends/io/operations.hpp"
#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

using namespace std::chrono_literals;

class SmallDisk final : public io::Operations {
 public:
  ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset) override {
    return refuses() ? -1 : Operations::pwrite(file, bytes, count, offset);
  }
  int fallocate(int file, off_t offset, off_t length) override {
    return refuses() ? -1 : Operations::fallocate(file, offset, length);
  }
  std::atomic<bool> full{false};

 private:
  bool refuses() const {
    if (full) errno = ENOSPC;
    return full;
  }
};

class CountingSyncs final : public io::Operations {
 public:
  int fdatasync(int file) override {
    ++syncs;
    return Operations::fdatasync(file);
  }
  std::atomic<int> syncs{0};
};

using DurabilityOption = RunTest;

TEST_F(DurabilityOption, OnlyPowerWaitsForTheDisk) {
  for (const auto durability : {Durability::process, Durability::power}) {
    CountingSyncs disk;
    const io::Replaced replaced(disk);
    auto experiment = create({.durability = durability});
    experiment.start_episode().rewards().record(0, 1);
    experiment.flush();
    EXPECT_EQ(disk.syncs > 0, durability == Durability::power);
    experiment.close();
    EXPECT_EQ(disk.syncs > 0, durability == Durability::power);
  }
}

/// The next sync of a directory fails.
class ForgetfulDirectory final : public io::Operations {
 public:
  int fsync(int file) override {
    if (failures <= 0) return Operations::fsync(file);
    --failures;
    errno = EIO;
    return -1;
  }
  std::atomic<int> failures{0};
};

TEST_F(DurabilityOption, NamesThatCannotBeSyncedEndTheEpisodesThatGotThemAndNoOthers) {
  ForgetfulDirectory disk;
  const io::Replaced replaced(disk);
  auto experiment = create({.commit_interval = std::chrono::hours(1), .durability = Durability::power});
  auto before = experiment.start_episode();
  auto before_rewards = before.rewards();
  before_rewards.record(0, 1);
  experiment.flush();
  before_rewards.record(1, 1);
  disk.failures = 1;
  auto during = experiment.start_episode();
  during.rewards().record(0, 1);
  EXPECT_EQ(error_of([&] { experiment.flush(); }).code(), ErrorCode::io);
  EXPECT_EQ(disk.failures, 0);
  EXPECT_TRUE(says(error_of([&] { during.finish(); }), {"waiting until its names are on the disk"}));
  auto after = experiment.start_episode();
  auto after_rewards = after.rewards();
  after_rewards.record(0, 1);
  EXPECT_EQ(error_of([&] { experiment.flush(); }).code(), ErrorCode::io) << "flush tells the first one";
  after_rewards.record(1, 1);
  after.finish();
  before.finish();
  error_of([&] { experiment.close(); });
  const Run run(experiment.path());
  for (const std::uint64_t number : {0U, 2U}) {
    EXPECT_EQ(run.episode(number).status(), "complete");
    EXPECT_EQ(run.episode(number).rewards().rows(), 2U);
  }
}

/// Counts what the system is asked to write before anybody waits for it.
class WrittenBehind final : public io::Operations {
 public:
  int sync_file_range(int file, off_t offset, off_t count, unsigned flags) override {
    ++calls;
    return Operations::sync_file_range(file, offset, count, flags);
  }
  std::atomic<int> calls{0};
};

TEST_F(DurabilityOption, TheSystemIsAskedToWriteEvery16MiB) {
  WrittenBehind disk;
  const io::Replaced replaced(disk);
  auto experiment = create({.memory_cap = 64_MB, .codec = Codec::none(), .commit_interval = std::chrono::hours(1)});
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<double>("v", {2'000});
  const std::vector<double> row(2'000, 0.5);
  for (std::int64_t t = 0; t < 5'000; ++t) v.record(t, row);  // 80 MB
  episode.finish();
  experiment.flush();
  EXPECT_GE(disk.calls, 4);
  EXPECT_LE(disk.calls, 8);
  experiment.close();
}

class FullDisk : public RunTest {
 protected:
  static constexpr std::int64_t kRows = 4'000;  // of 16 kB: four times the cap

  Experiment create_with(OnDiskError policy) {
    return create({.memory_cap = 16_MB, .codec = Codec::none(), .commit_interval = 20ms, .on_disk_error = policy});
  }
  static void record(DenseStream<double>& stream, std::int64_t first, std::int64_t end) {
    std::vector<double> row(2'000);
    for (std::int64_t t = first; t < end; ++t) {
      std::iota(row.begin(), row.end(), static_cast<double>(t));
      stream.record(t, row);
    }
  }
  static void expect_rows(const DenseRows<double>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i)
      ASSERT_EQ(rows.row(i)[1'999], static_cast<double>(rows.timesteps[i] + 1'999)) << rows.timesteps[i];
  }
  bool told_of_the_disk() const {
    const auto errors = told();
    return std::any_of(errors.begin(), errors.end(), [](const Error& error) { return error.code() == ErrorCode::io; });
  }

  SmallDisk disk_;
  io::Replaced replaced_{disk_};
};

TEST_F(FullDisk, WaitLosesNothing) {
  auto experiment = create_with(OnDiskError::wait);
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<double>("v", {2'000});
  record(stream, 0, 100);
  experiment.flush();
  disk_.full = true;
  std::thread simulation([&] { record(stream, 100, kRows); });
  wait_until([&] { return told_of_the_disk(); });
  EXPECT_TRUE(says(told().front(), {"No space left", "waiting", "episode_0000.h5"}));
  EXPECT_EQ(told().front().context().stream, "neural_states/v");
  disk_.full = false;
  simulation.join();
  episode.finish();
  experiment.close();
  EXPECT_EQ(told().size(), 1U);
  const auto rows = Run(experiment.path()).episode(0).neural_state<double>("v").all();
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(kRows));
  expect_rows(rows);
}

TEST_F(FullDisk, DropNeverWaitsAndTellsEveryRow) {
  auto experiment = create_with(OnDiskError::drop);
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<double>("v", {2'000});
  record(stream, 0, 100);
  experiment.flush();
  disk_.full = true;
  record(stream, 100, kRows);  // would never return if it waited
  EXPECT_GT(episode.stats().total.rows_dropped, 0U);
  disk_.full = false;
  experiment.flush();
  record(stream, kRows, kRows + 100);
  episode.finish();
  experiment.close();
  const auto total = experiment.stats().total;
  EXPECT_EQ(total.rows_recorded + total.rows_dropped, static_cast<std::uint64_t>(kRows + 100));
  EXPECT_EQ(total.rows_committed, total.rows_recorded);
  const auto seen = Run(experiment.path()).episode(0);
  const auto rows = seen.neural_state<double>("v").all();
  EXPECT_EQ(rows.size(), total.rows_recorded);
  EXPECT_EQ(rows.timesteps.back(), kRows + 99);
  expect_rows(rows);
  std::uint64_t dropped = 0;
  for (const auto& gap : seen.gaps()) {
    EXPECT_EQ(gap.cause, "disk");
    dropped += gap.rows;
  }
  EXPECT_EQ(dropped, total.rows_dropped);
}

TEST_F(FullDisk, DropKeepsTimestepsAndEventsWhole) {
  auto experiment = create_with(OnDiskError::drop);
  auto episode = experiment.start_episode();
  auto spikes = episode.spikes("all");
  const std::vector<std::uint32_t> ids(3'000, 7);
  const std::string text(5'000, 'x');
  const auto simulate = [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t t = from; t < to; ++t) {
      spikes.record(t, ids);
      episode.log_event("note", t, {{"t", t}, {"text", text}});
    }
  };
  simulate(0, 10);
  experiment.flush();
  disk_.full = true;
  simulate(10, kRows);
  EXPECT_GT(episode.stats().total.rows_dropped, 0U);
  disk_.full = false;
  experiment.flush();
  simulate(kRows, kRows + 10);
  episode.finish();
  experiment.close();
  const auto seen = Run(experiment.path()).episode(0);
  const auto events = seen.events();
  ASSERT_GT(events.size(), 20U);
  EXPECT_EQ(events.back().timestep, kRows + 9);
  for (const auto& event : events) EXPECT_EQ(event.data["t"], event.timestep);
  std::map<std::int64_t, std::size_t> of_timestep;
  for (const auto t : seen.spikes("all").all().timesteps) ++of_timestep[t];
  for (const auto& [t, count] : of_timestep) EXPECT_EQ(count, ids.size()) << t;
}

TEST_F(FullDisk, DropDoesNotWaitAtTheEnd) {
  auto experiment = create_with(OnDiskError::drop);
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<double>("v", {2'000});
  record(stream, 0, 100);
  experiment.flush();
  disk_.full = true;
  record(stream, 100, 200);
  EXPECT_EQ(error_of([&] { experiment.close(); }).code(), ErrorCode::io);
  EXPECT_GE(Run(experiment.path()).episode(0).neural_state<double>("v").rows(), 100U);
}

TEST_F(FullDisk, StopEndsTheEpisodeAndTheNextOneRecords) {
  auto experiment = create_with(OnDiskError::stop);
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<double>("v", {2'000});
  record(stream, 0, 100);
  experiment.flush();
  disk_.full = true;
  record(stream, 100, kRows);
  wait_until([&] { return told_of_the_disk(); });
  const Error error = error_of([&] { episode.finish(); });
  EXPECT_TRUE(says(error, {"No space left", "episode_0000.h5"}));
  EXPECT_EQ(error.context().stream, "neural_states/v");
  EXPECT_EQ(experiment.stats().last_error, error.what());
  disk_.full = false;
  auto next = experiment.start_episode();
  auto again = next.neural_state<double>("v", {2'000});
  record(again, 0, kRows);
  next.finish();
  EXPECT_TRUE(says(error_of([&] { experiment.close(); }), {"No space left"}));
  const Run run(experiment.path());
  EXPECT_EQ(run.episode(0).status(), "recording");
  const auto rows = run.episode(0).neural_state<double>("v").all();
  EXPECT_GE(rows.size(), 100U);
  expect_rows(rows);
  EXPECT_EQ(run.episode(1).status(), "complete");
  EXPECT_EQ(run.episode(1).neural_state<double>("v").rows(), static_cast<std::uint64_t>(kRows));
}

}  // namespace
}  // namespace neurotape::outside
