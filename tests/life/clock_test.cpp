// The clock of the system is set back while a program records.

#include <atomic>
#include <ctime>
#include <dlfcn.h>

#include "tests/integration/support.hpp"

namespace {

using ClockGetTime = int (*)(clockid_t, timespec*);

ClockGetTime system_clock_get_time() {
  static const auto call = reinterpret_cast<ClockGetTime>(::dlsym(RTLD_NEXT, "clock_gettime"));
  return call;
}
// Found before anybody counts what is allocated.
[[maybe_unused]] const auto found = system_clock_get_time();

std::atomic<std::int64_t> seconds_ahead{0};

}  // namespace

// All clocks of the program pass here; what is set is the one of the time of day.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int result = system_clock_get_time()(clock, time);
  if (clock == CLOCK_REALTIME) time->tv_sec += seconds_ahead.load();
  return result;
}

namespace neurotape::outside {
namespace {

class Clock : public JudgedTest, public ::testing::WithParamInterface<std::int64_t> {
 protected:
  void TearDown() override { seconds_ahead = 0; }
  static void judge(const Experiment& experiment, int commits) {
    const Finished judged = run_python("life/judge_times.py", {experiment.path().string(), std::to_string(commits)});
    EXPECT_EQ(judged.status, 0) << judged.output;
  }
};

TEST_P(Clock, CommitsGoOnAndTimesDoNotGoBack) {
  auto experiment = create({.commit_interval = std::chrono::milliseconds(5)});
  auto episode = experiment.start_episode();
  auto rewards = episode.rewards();
  rewards.record(0, 0.5);
  experiment.flush();
  seconds_ahead = GetParam();
  for (std::int64_t t = 1; t < 5; ++t) {
    const auto commits = experiment.stats().commits;
    rewards.record(t, 0.5);
    wait_until([&] { return rewards.committed_timestep() == t && experiment.stats().commits > commits; });
    seconds_ahead -= 60;
  }
  experiment.flush();
  judge(experiment, 5);
  auto brief = experiment.start_episode();
  brief.rewards().record(0, 1);
  brief.finish();
  episode.finish();
  experiment.close();
  judge(experiment, 0);
}

INSTANTIATE_TEST_SUITE_P(SetBy, Clock, ::testing::Values(-3600, 3600, -315'360'000, 315'360'000));

TEST(ClockOfATest, IsTheOneOfTheProgram) {
  const auto before = std::chrono::system_clock::now();
  seconds_ahead = -3600;
  EXPECT_LT(std::chrono::system_clock::now(), before);
  seconds_ahead = 0;
}

}  // namespace
}  // namespace neurotape::outside
