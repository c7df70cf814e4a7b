// Runs that cannot be created or opened, and what is done with one that has ended.

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <functional>
#include <vector>

#include "backends/io/operations.hpp"
#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

class RunErrors : public RunTest {};

/// Root may write everywhere, and so it is the system call that refuses.
class Forbidding final : public io::Operations {
 public:
  int mkdir(const char*, mode_t) override {
    errno = EACCES;
    return -1;
  }
};

TEST_F(RunErrors, AParentThatCannotBe) {
  std::ofstream(directory() / "file") << "not a directory";
  for (const auto& parent : {directory() / "file", directory() / "file" / "below"}) {
    const Error error = error_of([&] { Experiment::create(parent, "run", quiet()); });
    EXPECT_EQ(error.code(), ErrorCode::io);
    EXPECT_TRUE(says(error, {"experiment 'run'", "expected a directory", (directory() / "file").string()}));
  }
}

TEST_F(RunErrors, AParentWithoutPermission) {
  std::filesystem::create_directory(directory() / "closed");
  Forbidding operations;
  const io::Replaced replaced(operations);
  const Error error = error_of([&] { Experiment::create(directory() / "closed", "run", quiet()); });
  EXPECT_EQ(error.code(), ErrorCode::io);
  EXPECT_TRUE(says(error, {"experiment 'run'", "expected a directory", "closed", "Permission denied"}));
}

TEST_F(RunErrors, ExperimentsOfTheSameSecondHaveTheirOwnDirectories) {
  std::vector<std::filesystem::path> paths;
  std::vector<Experiment> experiments;
  for (std::uint64_t i = 0; i < 5; ++i) {
    experiments.push_back(create());
    experiments.back().start_episode().rewards().record(0, static_cast<double>(i));
    paths.push_back(experiments.back().path());
  }
  for (auto& experiment : experiments) experiment.close();
  for (std::size_t i = 0; i < paths.size(); ++i) {
    EXPECT_EQ(std::count(paths.begin(), paths.end(), paths[i]), 1);
    EXPECT_EQ(Run(paths[i]).name(), "run");
    EXPECT_EQ(Run(paths[i]).episode(0).rewards().all().values, (std::vector{static_cast<double>(i)}));
  }
}

TEST_F(RunErrors, ASecondRecorderOfARunIsRefused) {
  auto experiment = create();
  const Error error = error_of([&] { Experiment::open(experiment.path(), quiet()); });
  EXPECT_EQ(error.code(), ErrorCode::already_exists);
  EXPECT_TRUE(says(error, {experiment.path().string()}));
  experiment.start_episode().rewards().record(0, 1);
  EXPECT_NO_THROW(experiment.close());
  EXPECT_NO_THROW(Experiment::open(experiment.path(), quiet()).close());
}

TEST_F(RunErrors, WhatIsNotARunCannotBeOpened) {
  for (const auto& path : {directory() / "missing", directory()}) {
    const Error error = error_of([&] { Experiment::open(path, quiet()); });
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_TRUE(says(error, {path.string()}));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory()));
}

TEST_F(RunErrors, UseAfterFinish) {
  auto experiment = create({}, "lab");
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<float>("v", {});
  auto spikes = episode.spikes("p");
  v.record(0, 1.0F);
  spikes.record(0, 1);
  episode.finish();
  EXPECT_NO_THROW(episode.finish());
  EXPECT_EQ(error_of([&] { episode.rewards(); }).code(), ErrorCode::closed);
  EXPECT_EQ(error_of([&] { episode.set_attribute("late", 1); }).code(), ErrorCode::closed);
  EXPECT_TRUE(told().empty());
  v.record(1, 2.0F);
  spikes.record(1, 2);
  EXPECT_FALSE(v.reserve(2));
  episode.log_event("late", 3);
  episode.log_timestep(4, {.reward = 1.0});
  ASSERT_EQ(told_codes(), std::vector(4, ErrorCode::closed));
  EXPECT_TRUE(says(told()[0], {"lab", "episode_0000", "neural_states/v", "timestep 1", "finished"}));
  EXPECT_EQ(error_of([&] { experiment.close(); }).code(), ErrorCode::closed);
  const auto seen = Run(experiment.path()).episode(0);
  EXPECT_EQ(seen.neural_state<float>("v").rows(), 1U);
  EXPECT_EQ(seen.spikes("p").rows(), 1U);
  EXPECT_EQ(seen.status(), "complete");
}

TEST_F(RunErrors, UseAfterClose) {
  auto experiment = create({}, "lab");
  auto episode = experiment.start_episode();
  auto v = episode.neural_state<float>("v", {});
  v.record(0, 1.0F);
  experiment.close();
  EXPECT_NO_THROW(experiment.close());
  const std::vector<int> ids = {1};
  for (const auto& call : std::vector<std::function<void()>>{[&] { experiment.start_episode(); },
                                                             [&] {
                                                               experiment.save_config({{"a", 1}});
                                                             },
                                                             [&] {
                                                               experiment.save_neurons({{"ids", ids}});
                                                             },
                                                             [&] { experiment.flush(); }}) {
    const Error error = error_of(call);
    EXPECT_EQ(error.code(), ErrorCode::closed);
    EXPECT_TRUE(says(error, {"lab", "closed"}));
  }
  v.record(1, 1.0F);
  EXPECT_EQ(told_codes(), (std::vector{ErrorCode::closed}));
  EXPECT_EQ(Run(experiment.path()).episode(0).neural_state<float>("v").rows(), 1U);
}

}  // namespace
}  // namespace neurotape::outside
