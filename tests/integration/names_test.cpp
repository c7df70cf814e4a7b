// Names that no file, stream or attribute may have.

#include <functional>
#include <string>
#include <vector>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

class ImpossibleNames : public RunTest, public ::testing::WithParamInterface<std::string> {
 protected:
  static void expect_refused(const std::function<void()>& call, const std::string& what, const std::string& where) {
    const Error error = error_of(call);
    EXPECT_EQ(error.code(), ErrorCode::invalid_name) << error.what();
    EXPECT_TRUE(says(error, {what, where}));
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  }
};

TEST_P(ImpossibleNames, AreRefusedEverywhere) {
  const std::string name = GetParam();
  expect_refused([&] { Experiment::create(directory() / "none", name); }, "experiment", "none");
  EXPECT_FALSE(std::filesystem::exists(directory() / "none"));

  auto experiment = create({}, "lab");
  const std::vector<int> values = {1, 2};
  expect_refused([&] { experiment.save_neurons({{"fine", values}, {name, values}}); }, "column", "experiment 'lab'");
  expect_refused([&] { experiment.save_connections({{name, values}}); }, "column", "experiment 'lab'");
  expect_refused(
      [&] {
        experiment.start_episode({.attributes = {{"fine", 1}, {name, 2}}});
      },
      "attribute", "experiment 'lab'");

  auto episode = experiment.start_episode();
  expect_refused([&] { episode.neural_state<float>(name, {2}); }, "stream", "episode 'episode_0000'");
  expect_refused([&] { episode.behavior<float>(name, {2}); }, "stream", "episode 'episode_0000'");
  expect_refused([&] { episode.spikes(name); }, "population", "episode 'episode_0000'");
  expect_refused([&] { episode.set_attribute(name, 1); }, "attribute", "episode 'episode_0000'");
  EXPECT_TRUE(episode.stats().streams.empty());
  EXPECT_NO_THROW(episode.finish());
  EXPECT_NO_THROW(experiment.close());
  EXPECT_EQ(Run(experiment.path()).numbers(), (std::vector<std::uint64_t>{0}));
  EXPECT_TRUE(Run(experiment.path()).neurons().empty());
}

TEST_P(ImpossibleNames, AreToldWhenTheyAreLogged) {
  auto experiment = create({}, "lab");
  auto episode = experiment.start_episode();
  const std::vector<float> row(2);
  episode.log_timestep(7, {.neural_state = {{GetParam(), row}}});
  EXPECT_EQ(told_codes(), (std::vector{ErrorCode::invalid_name}));
  const Error error = error_of([&] { episode.finish(); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_name);
  EXPECT_TRUE(says(error, {"timestep 7", "experiment 'lab'", "episode 'episode_0000'"}));
}

INSTANTIATE_TEST_SUITE_P(All, ImpossibleNames,
                         ::testing::Values("", ".", "..", "a/b", "/", "a\nb", ".hidden", "\xFF\xFE", "a\xC3",
                                           "\xC0\xAF", "\xED\xA0\x80", std::string("a\0b", 3), std::string(300, 'x')));

}  // namespace
}  // namespace neurotape::outside
