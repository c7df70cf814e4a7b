// Signals that come while a program records.

#include <atomic>
#include <csignal>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/integration/support.hpp"
#include "tests/life/child.hpp"

namespace neurotape::outside {
namespace {

using life::in_child;

volatile std::sig_atomic_t interrupted = 0;
volatile std::sig_atomic_t asked_to_end = 0;

class Signals : public RunTest {
 protected:
  static constexpr std::size_t kWidth = 1'000;

  static void on(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;  // without SA_RESTART: calls are interrupted
    ASSERT_EQ(::sigaction(signal, &action, nullptr), 0);
  }
  static void record(DenseStream<double>& stream, std::int64_t first, std::int64_t end) {
    std::vector<double> row(kWidth);
    for (std::int64_t t = first; t < end; ++t) {
      std::fill(row.begin(), row.end(), static_cast<double>(t));
      stream.record(t, row);
    }
  }
  static void limit_files_to(rlim_t bytes) {
    const rlimit limit{bytes, bytes};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
};

TEST_F(Signals, OfATimerDoNotDisturb) {
  const auto end = in_child([&] {
    on(SIGALRM, [](int) { interrupted = interrupted + 1; });
    const itimerval often{{0, 1'000}, {0, 1'000}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    auto experiment = create({.memory_cap = 16_MB, .commit_interval = std::chrono::milliseconds(10)});
    experiment.save_config({{"a", 1}});
    auto episode = experiment.start_episode();
    auto stream = episode.neural_state<double>("v", {kWidth});
    for (std::int64_t t = 0; t < 20'000; t += 1'000) {  // ten times the ring: it waits
      record(stream, t, t + 1'000);
      experiment.flush();
    }
    episode.finish();
    experiment.close();
    wait_until([] { return interrupted > 10; });
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    const auto rows = Run(experiment.path()).episode(0).neural_state<double>("v").all();
    EXPECT_EQ(rows.size(), 20'000U);
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows.row(i)[kWidth - 1], static_cast<double>(i));
    EXPECT_TRUE(told().empty());
    return HasFailure() ? 1 : 0;
  });
  EXPECT_EQ(end, "exit 0");
}

TEST_F(Signals, AFileThatMayNotGrowIsAnErrorAndNotTheEnd) {
  for (const bool at_start : {false, true}) {
    const auto end = in_child([&] {
      if (at_start) limit_files_to(512);
      try {
        auto experiment = create({.memory_cap = 16_MB, .codec = Codec::none()});
        EXPECT_FALSE(at_start);
        auto episode = experiment.start_episode();
        auto stream = episode.neural_state<double>("v", {kWidth});
        record(stream, 0, 100);
        experiment.flush();
        limit_files_to(1 << 20);
        record(stream, 100, 5'000);
        EXPECT_EQ(error_of([&] { experiment.flush(); }).code(), ErrorCode::io);
        EXPECT_EQ(error_of([&] { episode.finish(); }).code(), ErrorCode::io);
        EXPECT_EQ(error_of([&] { experiment.close(); }).code(), ErrorCode::io);
        EXPECT_GE(Run(experiment.path()).episode(0).neural_state<double>("v").rows(), 100U);
      } catch (const Error& error) {
        EXPECT_TRUE(at_start);
        EXPECT_EQ(error.code(), ErrorCode::io) << error.what();
        EXPECT_TRUE(says(error, {"File too large"}));
      }
      sigset_t pending;
      ::sigpending(&pending);
      EXPECT_FALSE(sigismember(&pending, SIGXFSZ));
      return HasFailure() ? 1 : 0;
    });
    EXPECT_EQ(end, "exit 0") << at_start;
  }
}

TEST_F(Signals, AnErrorThatNobodyReadsIsNotTheEnd) {
  const auto end = in_child([&] {
    int pipe[2];
    if (::pipe(pipe) != 0) return 2;
    ::dup2(pipe[1], STDERR_FILENO);
    ::close(pipe[0]);
    ::close(pipe[1]);
    auto experiment = Experiment::create(directory(), "run", {.memory_cap = 16_MB, .codec = Codec::none()});
    auto episode = experiment.start_episode();
    auto stream = episode.neural_state<double>("v", {kWidth});
    limit_files_to(1 << 20);
    record(stream, 0, 5'000);
    try {
      experiment.flush();  // the thread that writes has told it by now
    } catch (const Error&) {
      return 0;
    }
    return 1;
  });
  EXPECT_EQ(end, "exit 0");
}

TEST_F(Signals, AskedToEndAProgramLeavesACompleteRun) {
  const auto end = in_child([&] {
    on(SIGTERM, [](int) { asked_to_end = 1; });
    auto experiment = create();
    auto episode = experiment.start_episode();
    auto stream = episode.neural_state<double>("v", {kWidth});
    std::int64_t t = 0;
    for (; asked_to_end == 0; ++t) {
      if (t == 300) ::kill(::getpid(), SIGTERM);
      record(stream, t, t + 1);
    }
    episode.finish();
    experiment.close();
    const auto read = Run(experiment.path()).episode(0);
    return read.status() == "complete" && read.neural_state<double>("v").rows() == static_cast<std::uint64_t>(t) ? 0
                                                                                                                 : 1;
  });
  EXPECT_EQ(end, "exit 0");
}

}  // namespace
}  // namespace neurotape::outside
