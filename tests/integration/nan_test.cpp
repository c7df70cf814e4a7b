// Values that are not numbers, by policy.

#include <array>
#include <limits>

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

TEST_F(NanPolicies, OffDoesNotLook) {
  const Outcome outcome = recorded(NanPolicy::off);
  EXPECT_EQ(outcome.stats.total.nan_values, 0U);
  EXPECT_EQ(outcome.rows, 100U);
}

}  // namespace
}  // namespace neurotape::outside
