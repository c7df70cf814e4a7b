#include <algorithm>
#include <atomic>
#include <thread>

#include "gate.hpp"
#include "memory_fixture.hpp"

namespace neurotape {
namespace {

constexpr std::size_t kValues = 10'000;

/// Streams that record against a disk that stands still.
class FullRing : public InMemory {
 protected:
  FullRing() {
    run_->before_write = [this] { gate_.pass(); };
    gate_.close();
  }

  ExperimentOptions options(Overflow overflow) {
    ExperimentOptions options;
    options.memory_cap = 16_MB;
    options.n_workers = 1;
    options.overflow = overflow;
    return options;
  }

  std::uint64_t rows_in_gaps(const std::string& cause) {
    std::uint64_t rows = 0;
    for (const auto& gap : episode().gaps)
      if (gap.cause == cause) rows += gap.rows;
    return rows;
  }
  /// Episodes that the disk has to the end.
  std::ptrdiff_t episodes_stored() {
    const std::lock_guard lock(run_->mutex);
    return std::count_if(run_->episodes.begin(), run_->episodes.end(),
                         [](const auto& numbered) { return numbered.second.finished; });
  }
  static std::uint64_t rows_dropped(const Episode& episode, const std::string& path) {
    const auto streams = episode.stats().streams;
    return std::find_if(streams.begin(), streams.end(), [&](const auto& stream) { return stream.stream == path; })
        ->rows_dropped;
  }

  Gate gate_;
  std::vector<float> row_ = std::vector<float>(kValues, 1.0F);
};

TEST_F(FullRing, DropNewestNeverWaitsAndCountsEveryRow) {
  auto recorded = experiment(options(Overflow::drop_newest));
  auto trial = recorded.start_episode();
  auto voltage = trial.neural_state<float>("v", {kValues});
  for (int t = 0; t < 2000; ++t) voltage.record(t, row_);
  const auto stats = trial.stats().total;
  EXPECT_EQ(stats.rows_offered, 2000U);
  EXPECT_EQ(stats.rows_recorded + stats.rows_dropped, 2000U);
  EXPECT_GT(stats.rows_dropped, 0U);
  EXPECT_GT(stats.rows_recorded, 100U);
  EXPECT_EQ(stats.waits, 0U);
  EXPECT_EQ(stats.waited.count(), 0);
  gate_.open();
  trial.finish();
  recorded.close();
  EXPECT_EQ(stream("neural_states/v").rows, stats.rows_recorded);
  EXPECT_EQ(rows_in_gaps("overflow"), stats.rows_dropped);
  ASSERT_EQ(told().size(), 1U) << "one line at close";
  EXPECT_NE(std::string(told().front().what()).find("of 2000 rows were not recorded"), std::string::npos);
}

TEST_F(FullRing, GapsAndRowsCoverAllTimesteps) {
  auto recorded = experiment(options(Overflow::drop_newest));
  auto trial = recorded.start_episode();
  auto voltage = trial.neural_state<float>("v", {kValues});
  for (int t = 0; t < 1000; ++t) voltage.record(t, row_);
  gate_.open();
  recorded.flush();  // room again
  for (int t = 1000; t < 1100; ++t) voltage.record(t, row_);
  trial.finish();
  recorded.close();
  std::vector<int> seen(1100);
  for (const auto t : timesteps("neural_states/v")) ++seen[static_cast<std::size_t>(t)];
  for (const auto& gap : episode().gaps) {
    EXPECT_EQ(gap.rows, static_cast<std::uint64_t>(gap.last_timestep - gap.first_timestep + 1));
    for (auto t = gap.first_timestep; t <= gap.last_timestep; ++t) ++seen[static_cast<std::size_t>(t)];
  }
  EXPECT_EQ(seen, std::vector<int>(1100, 1));
  EXPECT_EQ(seen[1050], 1);
}

TEST_F(FullRing, NoRoomForEncodedChunksIsNoDeadlock) {
  std::atomic<int> encoded = 0;
  run_->before_encode = [&] { ++encoded; };
  auto settings = options(Overflow::block);
  settings.n_workers = 2;
  auto recorded = experiment(settings);
  auto trial = recorded.start_episode();
  auto a = trial.neural_state<float>("a", {kValues}), b = trial.neural_state<float>("b", {kValues});
  const auto record = [&](DenseStream<float>& stream) {
    for (int t = 0; t < 1000; ++t) stream.record(t, row_);
  };
  std::thread one([&] { record(a); }), two([&] { record(b); });
  gate_.wait_for_visitor();
  while (trial.stats().streams[0].waits == 0 || trial.stats().streams[1].waits == 0) std::this_thread::yield();
  EXPECT_LT(encoded, 30) << "of more than 120 chunks: workers wait, though the ring is full of what they could encode";
  std::thread flushing([&] { recorded.flush(); });
  gate_.open();
  one.join();
  two.join();
  flushing.join();
  trial.finish();
  recorded.close();
  for (const char* path : {"neural_states/a", "neural_states/b"}) EXPECT_EQ(stream(path).rows, 1000U);
}

// Each of these calls would wait for ever, if it waited for the disk.
TEST_F(FullRing, EpisodesEndAndBeginWhileTheDiskStandsStill) {
  auto recorded = experiment(options(Overflow::block));
  const auto record = [this](Episode& trial, std::int64_t rows) {
    auto voltage = trial.neural_state<float>("v", {kValues});
    for (std::int64_t t = 0; t < rows; ++t) voltage.record(t, row_);
  };
  auto first = recorded.start_episode();
  record(first, 10);
  first.finish();
  gate_.wait_for_visitor();
  auto second = recorded.start_episode();
  record(second, 11);
  second.abort();
  {
    auto third = recorded.start_episode();
    record(third, 12);
  }
  auto discarded = recorded.start_episode();
  record(discarded, 13);
  discarded.abort(true);
  auto last = recorded.start_episode();
  record(last, 14);
  last.finish();
  EXPECT_EQ(episodes_stored(), 0);
  gate_.open();
  recorded.close();
  EXPECT_EQ(episodes_stored(), 4);
  EXPECT_FALSE(run_->episodes.contains(3));
  for (const std::uint64_t number : {0U, 1U, 2U, 4U}) {
    EXPECT_EQ(stream("neural_states/v", number).rows, 10 + number);
    EXPECT_EQ(stream("neural_states/v", number).values<float>(1), std::vector<float>((10 + number) * kValues, 1.0F));
    EXPECT_EQ(timesteps("neural_states/v", number).back(), static_cast<std::int64_t>(9 + number));
    EXPECT_EQ(episode(number).end.status, number == 1 ? "aborted" : "complete");
  }
  EXPECT_TRUE(told().empty());
}

// Whatever others hold, and although nothing is encoded any more.
TEST_F(FullRing, LeavesEveryLaneTwoBlocks) {
  Gate encoding;
  encoding.close();
  run_->before_encode = [&] { encoding.pass(); };
  auto recorded = experiment(options(Overflow::drop_newest));
  auto trial = recorded.start_episode();
  const StreamOptions patient{.overflow = Overflow::block_for(std::chrono::milliseconds(1))};
  auto slow = trial.neural_state<double>("slow", {}, patient);
  auto spikes = trial.spikes("slow", patient);
  auto fast = trial.neural_state<float>("fast", {kValues}, {.chunk_rows = 1});
  std::int64_t t = 0;
  const auto record_until_one_is_dropped = [&] {
    const auto before = rows_dropped(trial, "neural_states/fast");
    while (rows_dropped(trial, "neural_states/fast") == before) fast.record(t++, row_);
  };
  record_until_one_is_dropped();
  encoding.wait_for_visitor();  // who keeps no block back for itself
  record_until_one_is_dropped();
  constexpr std::size_t kBlocks = 2 * 65'536;
  constexpr auto kSlow = static_cast<std::int64_t>(kBlocks / 16 - 100);    // a timestep and a value
  constexpr auto kSpikes = static_cast<std::int64_t>(kBlocks / 12 - 100);  // a timestep and an id
  for (std::int64_t i = 0; i < kSlow; ++i) slow.record(i, static_cast<double>(i));
  for (std::int64_t i = 0; i < kSpikes; ++i) spikes.record(i, 1);
  const auto stats = trial.stats();
  EXPECT_EQ(rows_dropped(trial, "neural_states/slow"), 0U);
  EXPECT_EQ(rows_dropped(trial, "spikes/slow"), 0U);
  EXPECT_EQ(stats.total.waits, 0U);
  gate_.open();
  encoding.open();
  trial.finish();
  recorded.close();
  EXPECT_EQ(stream("neural_states/slow").rows, static_cast<std::uint64_t>(kSlow));
  EXPECT_EQ(stream("spikes/slow").rows, static_cast<std::uint64_t>(kSpikes));
}

TEST_F(FullRing, BlockWaitsAndLosesNothing) {
  auto recorded = experiment(options(Overflow::block));
  auto trial = recorded.start_episode();
  auto voltage = trial.neural_state<float>("v", {kValues});
  std::thread simulation([&] {
    for (int t = 0; t < 2000; ++t) voltage.record(t, row_);
  });
  gate_.wait_for_visitor();
  while (trial.stats().total.waits == 0) std::this_thread::yield();
  gate_.open();
  simulation.join();
  EXPECT_GT(trial.stats().total.waited.count(), 0);
  trial.finish();
  recorded.close();
  EXPECT_EQ(stream("neural_states/v").rows, 2000U);
  EXPECT_TRUE(episode().gaps.empty());
  EXPECT_TRUE(told().empty());
}

TEST_F(FullRing, BlockWithALimitDropsAfterIt) {
  auto recorded = experiment(options(Overflow::block_for(std::chrono::milliseconds(1))));
  auto trial = recorded.start_episode();
  auto voltage = trial.neural_state<float>("v", {kValues});
  for (int t = 0; t < 500; ++t) voltage.record(t, row_);
  const auto stats = trial.stats().total;
  EXPECT_GT(stats.waits, 0U);
  EXPECT_GE(stats.waited, std::chrono::milliseconds(1));
  gate_.open();
  trial.finish();
  recorded.close();
  EXPECT_EQ(rows_in_gaps("timeout"), stats.rows_dropped);
  EXPECT_EQ(stream("neural_states/v").rows + stats.rows_dropped, 500U);
}

TEST_F(FullRing, DecimateKeepsEveryKthRowWhilePressureLasts) {
  auto recorded = experiment(options(Overflow::decimate));
  auto trial = recorded.start_episode();
  auto voltage = trial.neural_state<float>("v", {kValues});
  for (int t = 0; t < 3000; ++t) voltage.record(t, row_);
  const auto stats = trial.stats().total;
  gate_.open();
  trial.finish();
  recorded.close();
  EXPECT_GT(rows_in_gaps("decimate"), 0U);
  EXPECT_EQ(rows_in_gaps("decimate") + rows_in_gaps("overflow"), stats.rows_dropped);
  EXPECT_EQ(stats.rows_recorded + stats.rows_dropped, 3000U);
  const auto kept = timesteps("neural_states/v");
  std::int64_t widest = 1;
  for (std::size_t i = 1; i < kept.size(); ++i) widest = std::max(widest, kept[i] - kept[i - 1]);
  EXPECT_GE(widest, 2);
}

// Distances between rows that were kept, each as often as it changes: 1, 2, 4 while they double.
std::vector<std::int64_t> distances_in_turn(const std::vector<std::int64_t>& timesteps) {
  std::vector<std::int64_t> distances;
  for (std::size_t i = 1; i < timesteps.size(); ++i)
    if (const auto distance = timesteps[i] - timesteps[i - 1]; distances.empty() || distances.back() != distance)
      distances.push_back(distance);
  return distances;
}

TEST_F(FullRing, DecimateDoublesKWhileTheRingStaysFullAndHalvesItAfterwards) {
  Gate encoding;
  encoding.close();
  run_->before_encode = [&] { encoding.pass(); };
  auto settings = options(Overflow::decimate);
  settings.commit_interval = std::chrono::hours(1);
  auto recorded = experiment(settings);
  auto trial = recorded.start_episode();
  constexpr std::size_t kWide = 25'000;  // 100 kB: all blocks are of 1 MiB, and hold 10 rows
  constexpr std::int64_t kFull = 1000, kRows = 1300;
  auto voltage = trial.neural_state<float>("v", {kWide}, {.chunk_rows = 1});
  const std::vector<float> row(kWide, 1.0F);
  for (std::int64_t t = 0; t < kFull; ++t) {
    voltage.record(t, row);
    if (t == 10) encoding.wait_for_visitor();  // who keeps no block back for itself
  }
  gate_.open();
  encoding.open();
  for (std::int64_t t = kFull; t < kRows; ++t) {
    recorded.flush();  // the ring drains, and stays so
    voltage.record(t, row);
  }
  const auto stats = trial.stats().total;
  trial.finish();
  recorded.close();
  const auto kept = timesteps("neural_states/v");
  EXPECT_EQ(kept.size(), stats.rows_recorded);
  const auto full = std::lower_bound(kept.begin(), kept.end(), kFull);
  const auto doubling = distances_in_turn({kept.begin(), full});
  ASSERT_GE(doubling.size(), 3U) << "1, 2, 4 at least";
  for (std::size_t i = 0; i < doubling.size(); ++i) EXPECT_EQ(doubling[i], 1 << i);
  const auto halving = distances_in_turn({full, kept.end()});
  ASSERT_EQ(halving.size(), doubling.size() - 1);
  for (std::size_t i = 0; i < halving.size(); ++i) EXPECT_EQ(halving[i], 1 << (halving.size() - 1 - i));
  EXPECT_EQ(kept.back(), kRows - 1);
  EXPECT_EQ(stats.rows_recorded + stats.rows_dropped, static_cast<std::uint64_t>(kRows));
  EXPECT_EQ(rows_in_gaps("decimate") + rows_in_gaps("overflow"), stats.rows_dropped);
}

TEST_F(FullRing, SparseStreamsDropWholeTimesteps) {
  auto recorded = experiment(options(Overflow::drop_newest));
  auto trial = recorded.start_episode();
  auto spikes = trial.spikes("lgn");
  std::vector<std::uint32_t> ids(50'000);
  for (int t = 0; t < 200; ++t) spikes.record(t, ids);
  const auto stats = trial.stats().total;
  EXPECT_EQ(stats.rows_dropped % ids.size(), 0U);
  EXPECT_GT(stats.rows_dropped, 0U);
  gate_.open();
  trial.finish();
  recorded.close();
  EXPECT_EQ(stream("spikes/lgn").rows, stats.rows_recorded);
  EXPECT_EQ(rows_in_gaps("overflow"), stats.rows_dropped);
}

TEST_F(FullRing, ABatchLargerThanTheRingIsDroppedAsAWhole) {
  auto recorded = experiment(options(Overflow::drop_newest));
  auto trial = recorded.start_episode();
  auto spikes = trial.spikes("all");
  spikes.record(0, std::vector<std::uint32_t>(4'000'000));
  spikes.record(1, std::vector<std::uint32_t>(10));
  gate_.open();
  trial.finish();
  recorded.close();
  EXPECT_EQ(stream("spikes/all").rows, 10U);
  EXPECT_EQ(rows_in_gaps("overflow"), 4'000'000U);
}

TEST_F(FullRing, AStreamMayHaveAnotherPolicyThanTheExperiment) {
  auto recorded = experiment(options(Overflow::block));
  auto trial = recorded.start_episode();
  auto voltage = trial.neural_state<float>("v", {kValues}, {.overflow = Overflow::drop_newest});
  for (int t = 0; t < 1000; ++t) voltage.record(t, row_);
  EXPECT_GT(trial.stats().total.rows_dropped, 0U);
  gate_.open();
}

TEST_F(FullRing, EveryKindOfStreamMayHaveAnotherPolicyThanTheExperiment) {
  auto recorded = experiment(options(Overflow::block_for(std::chrono::milliseconds(1))));
  auto trial = recorded.start_episode();
  const StreamOptions drops{.overflow = Overflow::drop_newest};
  auto rewards = trial.rewards(drops);
  auto changes = trial.weight_changes(drops);
  auto spikes = trial.spikes("p", drops);
  const std::vector<std::uint64_t> ids(1000);
  const std::vector<float> weights(1000);
  std::int64_t t = 0;
  for (; rows_dropped(trial, "weight_changes") == 0; ++t) changes.record(t, ids, weights, weights);
  for (; rows_dropped(trial, "spikes/p") == 0; ++t) spikes.record(t, ids);
  while (rows_dropped(trial, "rewards") == 0)
    for (int i = 0; i < 1000; ++i) rewards.record(t++, 0.5);
  const auto stats = trial.stats().total;
  EXPECT_EQ(stats.waits, 0U);
  gate_.open();
  trial.finish();
  recorded.close();
  EXPECT_EQ(rows_in_gaps("overflow"), stats.rows_dropped);
}

TEST_F(FullRing, EventsStayWholeWhenSomeAreDropped) {
  auto recorded = experiment(options(Overflow::drop_newest));
  auto trial = recorded.start_episode();
  const std::string text(30'000, 'x');
  for (int t = 0; t < 2000; ++t) trial.log_event("note", t, {{"t", t}, {"text", text}});
  gate_.open();
  recorded.flush();
  trial.log_event("note", 2000, {{"t", 2000}});
  trial.finish();
  recorded.close();
  const auto ends = stream("events").values<std::uint64_t>(2);
  const auto bytes = stream("events/data").values<char>(0);
  const auto times = timesteps("events");
  ASSERT_EQ(ends.size(), times.size());
  ASSERT_LT(ends.size(), 2000U);
  EXPECT_EQ(times.back(), 2000) << "there is room again";
  std::uint64_t begin = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto event = nlohmann::json::parse(bytes.data() + begin, bytes.data() + ends[i]);
    EXPECT_EQ(event["t"], times[i]);
    begin = ends[i];
  }
}

TEST_F(FullRing, TheRingStaysUnderItsCap) {
  auto recorded = experiment(options(Overflow::drop_newest));
  auto trial = recorded.start_episode();
  auto voltage = trial.neural_state<float>("v", {kValues});
  for (int t = 0; t < 2000; ++t) voltage.record(t, row_);
  const auto stats = recorded.stats();
  EXPECT_LE(stats.ring_peak_bytes, 16_MB);
  EXPECT_GT(stats.ring_used_bytes, stats.ring_bytes / 2);
  gate_.open();
}

}  // namespace
}  // namespace neurotape
