#include <array>

#include "memory_fixture.hpp"

namespace neurotape {
namespace {

struct Lost {
  std::int64_t first, last;
  std::uint64_t rows;
  bool operator==(const Lost&) const = default;
};

class Gaps : public InMemory {
 protected:
  std::vector<Lost> lost() {
    std::vector<Lost> all;
    for (const auto& gap : episode().gaps) all.push_back({gap.first_timestep, gap.last_timestep, gap.rows});
    return all;
  }
  template <class F>
  void record(F&& body, const ExperimentOptions& options = {}) {
    auto recorded = experiment(options);
    auto trial = recorded.start_episode();
    body(trial);
    EXPECT_THROW(trial.finish(), Error);
    EXPECT_THROW(recorded.close(), Error);
  }
};

TEST_F(Gaps, RowsThatGoBackAreGapsOfTheirOwn) {
  record([](Episode& trial) {
    auto state = trial.neural_state<float>("v", {});
    for (int t = 0; t < 200; ++t) {
      state.record(t, 1.0F);
      if (t != 150) continue;
      state.record(4, 1.0F);
      state.record(50, 1.0F);
    }
  });
  EXPECT_EQ(lost(), (std::vector<Lost>{{4, 4, 1}, {50, 50, 1}}));
}

TEST_F(Gaps, ATimestepRecordedTwiceIsAGapOfItsOwn) {
  record([](Episode& trial) {
    auto state = trial.neural_state<float>("v", {});
    for (const int t : {5, 4, 5, 6}) state.record(t, 1.0F);
  });
  EXPECT_EQ(lost(), (std::vector<Lost>{{4, 4, 1}, {5, 5, 1}}));
}

TEST_F(Gaps, WrongRowsThatFollowEachOtherAreOne) {
  record([](Episode& trial) {
    auto state = trial.neural_state<float>("v", {2});
    const std::vector<float> right(2), wrong(3);
    for (int t = 0; t < 20; ++t) state.record(t, t / 5 % 2 == 0 ? right : wrong);
  });
  EXPECT_EQ(lost(), (std::vector<Lost>{{5, 9, 5}, {15, 19, 5}}));
}

TEST_F(Gaps, WrongRowsThatGoBackAreGapsOfTheirOwn) {
  record([](Episode& trial) {
    auto state = trial.neural_state<float>("v", {2});
    const std::vector<float> right(2), wrong(3);
    for (int t = 0; t < 10; ++t) state.record(t, right);
    for (const int t : {12, 3, 14, 11}) state.record(t, wrong);
    state.record(20, right);
  });
  EXPECT_EQ(lost(), (std::vector<Lost>{{3, 3, 1}, {12, 14, 2}, {11, 11, 1}}));
}

TEST_F(Gaps, ABatchOfWrongRowsOfOneTimestepIsOne) {
  record([](Episode& trial) {
    auto spikes = trial.spikes("a", {.population_size = 10});
    spikes.record(3, std::vector<int>{1});
    spikes.record(3, std::vector<int>{1, 10});
    spikes.record(3, std::vector<int>{11});
    spikes.record(4, std::vector<int>{1});
  });
  EXPECT_EQ(lost(), (std::vector<Lost>{{3, 3, 3}}));
}

}  // namespace
}  // namespace neurotape
