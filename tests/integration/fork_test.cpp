// A simulator that forks while it records.

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "tests/integration/support.hpp"
#include "tests/support/sanitizers.hpp"

namespace neurotape::outside {
namespace {

class Fork : public RunTest {
 protected:
  /// \returns the exit status of a child that runs this; 255 where it ended by a signal
  template <class F>
  static int in_child(F&& action) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);  // a child that hangs is killed by this
      action();
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
  }
};

TEST_F(Fork, TheChildCanEndWithAllThatItInherited) {
  auto experiment = std::optional(create({.commit_interval = std::chrono::milliseconds(1)}));
  auto episode = std::optional(experiment->start_episode());
  auto stream = std::optional(episode->neural_state<double>("v", {1'000}));
  const std::vector<double> row(1'000, 1.0);
  for (std::int64_t t = 0; t < 2'000; ++t) {
    stream->record(t, row);
    if (t % 500 != 250) continue;
    EXPECT_EQ(in_child([&] {
                stream.reset();
                episode.reset();
                experiment.reset();
              }),
              0);
  }
  episode->finish();
  experiment->close();
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(Run(experiment->path()).episode(0).neural_state<double>("v").rows(), 2'000U);
}

/// How a forked simulator may end, with an experiment that its parent goes on with.
struct Ending {
  std::string name;
  void (*end)();
  int status;  ///< as in_child() tells it

  friend void PrintTo(const Ending& ending, std::ostream* out) { *out << ending.name; }
};

class ForkEnds : public Fork, public ::testing::WithParamInterface<Ending> {
 protected:
  /// Every byte of all files of the run.
  static std::map<std::string, std::string> bytes_of(const std::filesystem::path& run) {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      all[entry.path()] = {std::istreambuf_iterator<char>(file), {}};
    }
    return all;
  }
};

TEST_P(ForkEnds, AndNoFileChanges) {
  if (support::kSanitized && GetParam().name == "by_exit")
    GTEST_SKIP() << "a sanitizer takes for leaked at exit what threads hold that a child does not have";
  auto experiment = create({.commit_interval = std::chrono::hours(1), .durability = Durability::power});
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<double>("v", {100});
  std::vector<double> row(100);
  const auto record = [&](std::int64_t from, std::int64_t to) {
    for (auto t = from; t < to; ++t) {
      std::iota(row.begin(), row.end(), static_cast<double>(t));
      stream.record(t, row);
    }
  };
  record(0, 300);
  experiment.flush();  // from here on the recorder rests, and nobody has HDF5's lock
  const auto before = bytes_of(experiment.path());
  EXPECT_EQ(in_child([&] {
              record(300, 400);
              GetParam().end();
            }),
            GetParam().status);
  EXPECT_EQ(bytes_of(experiment.path()), before);
  record(300, 600);
  episode.finish();
  experiment.close();
  EXPECT_TRUE(told().empty());
  const auto all = Run(experiment.path()).episode(0).neural_state<double>("v").all();
  ASSERT_EQ(all.size(), 600U);
  for (std::size_t t = 0; t < all.size(); ++t)
    for (std::size_t i = 0; i < row.size(); ++i) ASSERT_EQ(all.row(t)[i], static_cast<double>(t + i));
}

INSTANTIATE_TEST_SUITE_P(
    Endings, ForkEnds,
    ::testing::Values(Ending{"by_exit_at_once", [] { ::_exit(3); }, 3}, Ending{"by_exit", [] { std::exit(4); }, 4},
                      Ending{"by_another_program", [] { ::execl("/bin/true", "true", nullptr); }, 0},
                      Ending{"by_a_signal", [] { ::kill(::getpid(), SIGKILL); }, 255},
                      Ending{"by_abort", [] { std::abort(); }, 255}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(Fork, TheChildIsRefused) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  EXPECT_EQ(in_child([&] {
              const auto code = [](const auto& call) {
                try {
                  call();
                } catch (const Error& error) {
                  return error.code();
                }
                return ErrorCode::io;
              };
              bool refused = true;
              const auto refuses = [&](const auto& call) { refused = refused && code(call) == ErrorCode::closed; };
              refuses([&] { experiment.start_episode(); });
              refuses([&] { experiment.flush(); });
              refuses([&] { experiment.close(); });
              refuses([&] { episode.rewards(); });
              refuses([&] { episode.set_attribute("a", 1); });
              refuses([&] { episode.finish(); });
              refuses([&] { episode.abort(); });
              ::_exit(refused ? 7 : 1);
            }),
            7);
}

TEST_F(Fork, AChildThatOutlivesTheRecorderDoesNotHoldItsRun) {
  const auto path = directory() / "kept";
  std::filesystem::create_directory(path);
  int started[2];
  int ends[2];
  ASSERT_EQ(::pipe(started), 0);
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t recorder = ::fork();
  if (recorder == 0) {
    auto experiment = Experiment::create(path, "run");
    auto episode = experiment.start_episode();
    episode.rewards().record(1, 1.0);
    experiment.flush();
    if (::fork() == 0) {  // inherits everything, and waits
      ::close(started[1]);
      ::close(ends[1]);
      char byte = 0;
      (void)!::read(ends[0], &byte, 1);
      ::_exit(0);
    }
    ::close(started[1]);
    ::kill(::getpid(), SIGKILL);
  }
  ::close(started[1]);
  char byte = 0;
  (void)!::read(started[0], &byte, 1);  // until both have closed it
  int status = 0;
  ASSERT_EQ(::waitpid(recorder, &status, 0), recorder);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto run = std::filesystem::directory_iterator(path)->path();
  const auto report = recover(run);
  ASSERT_EQ(report.recovered.size(), 1U);
  EXPECT_EQ(report.recovered[0].streams.at("rewards").kept, 1U);
  EXPECT_NO_THROW(Experiment::open(run, quiet()).close());
  ::close(ends[1]);
}

}  // namespace
}  // namespace neurotape::outside
