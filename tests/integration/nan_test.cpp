// Values that are not numbers, by policy.

#include <array>
#include <limits>
#include <set>
#include <vector>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

class NanPolicies : public JudgedTest {
 protected:
  struct Outcome {
    Stats stats;
    std::size_t rows = 0;
    std::vector<GapRecord> gaps;
  };
  Outcome recorded(Validate validate) {
    auto experiment = create({.validate = validate});
    auto episode = experiment.start_episode();
    auto stream = episode.neural_state<float>("v", {3});
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (std::int64_t t = 0; t < 100; ++t)
      stream.record(t, std::array{1.0F, t == 40 || t == 41 ? nan : 0.0F, t == 41 ? nan : 0.0F});
    episode.finish();
    experiment.close();
    const auto seen = Run(experiment.path()).episode(0);
    return {experiment.stats(), static_cast<std::size_t>(seen.neural_state<float>("v").rows()), seen.gaps()};
  }
};

TEST_F(NanPolicies, CountKeepsThem) {
  const Outcome outcome = recorded(NanPolicy::count);
  EXPECT_EQ(outcome.stats.total.nan_values, 3U);
  EXPECT_EQ(outcome.rows, 100U);
  EXPECT_TRUE(outcome.gaps.empty());
}

TEST_F(NanPolicies, RejectDropsTheirRows) {
  const Outcome outcome = recorded(NanPolicy::reject);
  EXPECT_EQ(outcome.stats.total.nan_values, 3U);
  EXPECT_EQ(outcome.rows, 98U);
  EXPECT_EQ(outcome.stats.total.rows_recorded, 98U);
  EXPECT_EQ(outcome.stats.total.rows_dropped, 2U);
  ASSERT_EQ(outcome.gaps.size(), 1U);
  EXPECT_EQ(outcome.gaps[0].stream, "neural_states/v");
  EXPECT_EQ(outcome.gaps[0].cause, "nan");
  EXPECT_EQ(outcome.gaps[0].first_timestep, 40);
  EXPECT_EQ(outcome.gaps[0].last_timestep, 41);
  EXPECT_EQ(outcome.gaps[0].rows, 2U);
}

// Each half of the option does what it does alone.
TEST_F(NanPolicies, GoWithAndWithoutTheChecksOfTheCaller) {
  const auto timesteps_kept = [&](Validate validate, bool refuses) {
    auto experiment = create({.validate = validate});
    auto episode = experiment.start_episode();
    auto stream = episode.neural_state<float>("v", {1});
    stream.record(5, 1.0F);
    stream.record(3, 1.0F);
    stream.record(8, std::numeric_limits<float>::quiet_NaN());
    EXPECT_EQ(episode.stats().total.rows_rejected, refuses ? 1U : 0U);
    if (refuses) {
      EXPECT_EQ(error_of([&] { episode.finish(); }).code(), ErrorCode::timestep_order);
      EXPECT_THROW(experiment.close(), Error);
    } else {
      episode.finish();
      experiment.close();
    }
    EXPECT_EQ(experiment.stats().total.nan_values, validate.nan == NanPolicy::off ? 0U : 1U);
    const auto rows = Run(experiment.path()).episode(0).neural_state<float>("v").all();
    return std::set<std::int64_t>(rows.timesteps.begin(), rows.timesteps.end());
  };
  EXPECT_EQ(timesteps_kept({false, NanPolicy::reject}, false), (std::set<std::int64_t>{3, 5}));
  EXPECT_EQ(timesteps_kept({false, NanPolicy::count}, false), (std::set<std::int64_t>{3, 5, 8}));
  EXPECT_EQ(timesteps_kept({true, NanPolicy::off}, true), (std::set<std::int64_t>{5, 8}));
  EXPECT_EQ(timesteps_kept({true, NanPolicy::reject}, true), (std::set<std::int64_t>{5}));
}

TEST_F(NanPolicies, OffDoesNotLook) {
  const Outcome outcome = recorded(NanPolicy::off);
  EXPECT_EQ(outcome.stats.total.nan_values, 0U);
  EXPECT_EQ(outcome.rows, 100U);
}

}  // namespace
}  // namespace neurotape::outside
