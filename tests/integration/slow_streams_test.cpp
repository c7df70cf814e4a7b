// Streams so slow that each commit finds only a few rows: the file grows with what was recorded, not with the commits.

#include <neurotape/maintenance.hpp>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

using SlowStream = RunTest;

TEST_F(SlowStream, AnHourOfCommitsCostsNoMoreThanItsRows) {
  constexpr int kCommits = 3'600, kRowsInEach = 10;  // 10 Hz, one commit a second
  auto experiment = create({.commit_interval = std::chrono::hours(1), .durability = Durability::process});
  auto episode = experiment.start_episode();
  auto stream = episode.behavior<float>("joints", {12}, {.chunk_rows = 128});  // as the rate would make it
  std::vector<float> row(12);
  for (int t = 0; t < kCommits * kRowsInEach; ++t) {
    row[static_cast<std::size_t>(t) % row.size()] = static_cast<float>(t);
    stream.record(t, row);
    if (t % kRowsInEach == kRowsInEach - 1) experiment.flush();
  }
  const auto total = experiment.stats().total;
  // What a kill would leave now, without the reserve behind it.
  const auto copy = directory() / "copy";
  std::filesystem::copy(experiment.path(), copy, std::filesystem::copy_options::recursive);
  recover(copy);
  const auto file = copy / "episodes" / "episode_0000.h5";
  const std::uint64_t commits = kCommits * 32;        // what `commits` says of a stream
  const std::uint64_t open_timesteps = 64 * 128 * 8;  // a chunk, raw, not full yet
  EXPECT_LE(std::filesystem::file_size(file),
            total.bytes_in + total.bytes_stored + commits + open_timesteps + (64U << 10));
  EXPECT_EQ(Run(copy).episode(0).behavior<float>("joints").rows(), static_cast<std::uint64_t>(kCommits * kRowsInEach));
  episode.finish();
  experiment.close();
}

}  // namespace
}  // namespace neurotape::outside
