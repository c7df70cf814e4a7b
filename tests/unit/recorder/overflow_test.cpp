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
