// What happens to rows for which the ring has no room, by policy.

#include <algorithm>
#include <chrono>
#include <numeric>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

using namespace std::chrono_literals;

// One timestep that is larger than the ring: a lane cannot have room for all of it, whatever the workers do.
class OverflowOptions : public RunTest {
 protected:
  struct Outcome {
    std::uint64_t rows = 0;
    std::vector<GapRecord> gaps;
  };
  Outcome recorded(ExperimentOptions options, const StreamOptions& stream) {
    options.memory_cap = 16_MB;
    auto experiment = create(std::move(options));
    auto episode = experiment.start_episode();
    auto spikes = episode.spikes("p", stream);
    std::vector<std::uint32_t> many(3'000'000);
    std::iota(many.begin(), many.end(), 0U);
    spikes.record(1, std::vector{1, 2, 3});
    spikes.record(2, many);
    spikes.record(3, std::vector{4, 5, 6});
    episode.finish();
    experiment.close();
    const auto seen = Run(experiment.path()).episode(0);
    const auto total = experiment.stats().total;
    EXPECT_EQ(total.rows_offered, 3'000'006U);
    EXPECT_EQ(total.rows_offered, total.rows_recorded + total.rows_dropped);
    return {seen.spikes("p").rows(), seen.gaps()};
  }
  static void expect_dropped(const Outcome& outcome, const std::string& cause) {
    EXPECT_EQ(outcome.rows, 6U);
    ASSERT_EQ(outcome.gaps.size(), 1U);
    EXPECT_EQ(outcome.gaps[0].stream, "spikes/p");
    EXPECT_EQ(outcome.gaps[0].first_timestep, 2);
    EXPECT_EQ(outcome.gaps[0].last_timestep, 2);
    EXPECT_EQ(outcome.gaps[0].rows, 3'000'000U);
    EXPECT_EQ(outcome.gaps[0].cause, cause);
  }
};

TEST_F(OverflowOptions, BlockLosesNothing) {
  const Outcome outcome = recorded({}, {});
  EXPECT_EQ(outcome.rows, 3'000'006U);
  EXPECT_TRUE(outcome.gaps.empty());
}

TEST_F(OverflowOptions, DropNewestOfTheExperiment) {
  expect_dropped(recorded({.overflow = Overflow::drop_newest}, {}), "overflow");
}

TEST_F(OverflowOptions, DropNewestOfTheStream) {
  expect_dropped(recorded({}, {.overflow = Overflow::drop_newest}), "overflow");
}

TEST_F(OverflowOptions, BlockOfTheStreamGoesBeforeTheExperiments) {
  EXPECT_EQ(recorded({.overflow = Overflow::drop_newest}, {.overflow = Overflow::block}).rows, 3'000'006U);
}

TEST_F(OverflowOptions, BlockForSomeTime) {
  expect_dropped(recorded({}, {.overflow = Overflow::block_for(5ms)}), "timeout");
}

// Columns that one thread has recorded and another has not hold the ring, and nothing but that thread gives it back.
TEST_F(OverflowOptions, DecimateKeepsEveryKthRow) {
  constexpr std::uint64_t kWide = 8'192;
  auto experiment = create({.memory_cap = 16_MB, .commit_interval = 1h});
  auto episode = experiment.start_episode();
  auto decimated = episode.neural_state<double>("decimated", {16}, {.overflow = Overflow::decimate});
  auto wide = episode.neural_state<float>("wide", {kWide}, {.overflow = Overflow::drop_newest});
  auto eager = wide.columns(0, kWide / 2);
  auto silent = wide.columns(kWide / 2, kWide / 2);
  const std::vector<float> half(kWide / 2);
  const auto dropped = [&](const std::string& path) {
    const auto stats = episode.stats();
    return std::find_if(stats.streams.begin(), stats.streams.end(), [&](const auto& s) { return s.stream == path; })
        ->rows_dropped;
  };
  std::int64_t t = 0;
  while (dropped("neural_states/wide") == 0) eager.record(t++, half);
  for (std::int64_t s = 0; s < 20'000; ++s) decimated.record(s, std::vector<double>(16, static_cast<double>(s)));
  EXPECT_GT(dropped("neural_states/decimated"), 10'000U);
  for (std::int64_t s = 0; s < t; ++s) silent.record(s, half);
  episode.finish();
  experiment.close();
  const auto seen = Run(experiment.path()).episode(0);
  const auto rows = seen.neural_state<double>("decimated").all();
  ASSERT_GT(rows.size(), 0U);
  for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows.row(i)[15], static_cast<double>(rows.timesteps[i]));
  std::uint64_t lost = 0;
  bool named = false;
  for (const auto& gap : seen.gaps()) {
    if (gap.stream != "neural_states/decimated") continue;
    lost += gap.rows;
    named = named || gap.cause == "decimate";
  }
  EXPECT_TRUE(named);
  EXPECT_EQ(rows.size() + lost, 20'000U);
}

}  // namespace
}  // namespace neurotape::outside
