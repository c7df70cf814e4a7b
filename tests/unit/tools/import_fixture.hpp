#pragma once
/// \file
/// What the tests of `neurotape import` have in common.

#include <algorithm>
#include <cstdlib>

#include "small_run.hpp"

namespace neurotape::tool {

inline constexpr const char* kNoForeignData = "NEUROTAPE_TEST_DATA names no directory with data of others";

class ImportFixture : public SmallRunTest {
 protected:
  std::filesystem::path out() const { return directory() / "imported"; }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(directory() / name, std::ios::binary) << content;
  }
  /// Of numbers that no codec makes small.
  static std::string long_table(int rows) {
    std::string table = "timestep,x\n";
    std::uint64_t x = 1;
    for (int t = 0; t < rows; ++t, x = x * 6364136223846793005U + 1)
      table += std::to_string(t) + "," + std::to_string(x >> 1U) + "\n";
    return table;
  }
  std::filesystem::path exported_to(const std::string& format, const std::filesystem::path& run,
                                    std::vector<std::string> more = {}) const {
    const auto path = directory() / ("exported_" + format);
    std::vector<std::string> arguments{"export", run, "--to", format, "-o", path};
    arguments.insert(arguments.end(), more.begin(), more.end());
    text(arguments);
    return path;
  }
  /// Neither the run, nor what was to become it.
  void expect_nothing_left() const {
    EXPECT_FALSE(std::filesystem::exists(out()));
    for (const auto& entry : std::filesystem::directory_iterator(directory()))
      EXPECT_THAT(entry.path().filename().string(), testing::Not(testing::StartsWith(".imported"))) << "left behind";
  }
  /// A file of those that others have written; empty: they are not there.
  static std::filesystem::path foreign(const std::string& name) {
    const char* data = std::getenv("NEUROTAPE_TEST_DATA");
    if (data == nullptr || !std::filesystem::exists(data)) return {};
    return std::filesystem::path(data) / name;
  }

  /// Has one stream of every kind and many types, values that text easily spoils, exact times, chosen columns.
  std::filesystem::path rich_run() const {
    ExperimentOptions options;
    options.commit_interval = std::chrono::hours(1);
    options.dt = 0.1;
    options.dt_unit = "s";
    auto experiment = Experiment::create(directory(), "rich", options);
    experiment.save_config({{"learning_rate", 0.1}, {"network", {{"size", 4}}}});
    for (const std::uint64_t seed : {1U, 2U, 3U}) record_rich(experiment, seed);
    experiment.close();
    return experiment.path();
  }

 private:
  static void record_rich(Experiment& experiment, std::uint64_t seed) {
    auto episode = experiment.start_episode({.name = "trial", .seed = seed, .attributes = {{"maze", "T, left"}}});
    record_dense(episode, static_cast<float>(seed));
    auto spikes = episode.spikes("exc", {.population_size = 4});
    auto timed = episode.spikes<std::uint64_t>("timed", {.times = true});
    auto silent = episode.spikes("silent");
    auto reward = episode.rewards({.unit = "drop"});
    auto plastic = episode.weight_changes();
    for (int t = 0; t < 20; ++t) {
      spikes.record(t, std::vector<int>{t % 4, 3});
      timed.record(t, std::vector<std::uint64_t>{1ULL << 40U, 7}, std::vector<double>{0.1 * t + 0.07, 0.1 * t});
      reward.record(t, 1.0 / (t + 3));
      plastic.record(t, t, 0.1F, 1.0F / static_cast<float>(t + 3));
    }
    episode.log_event("lesion", 2, {{"region", "CA3, \"left\""}});
    episode.log_event("note", 2, "two\nlines");
    if (seed == 2)
      episode.abort();
    else
      episode.finish();
  }

  static void record_dense(Episode& episode, float scale) {
    auto voltage = episode.neural_state<float>("v", {3}, {.unit = "mV"});
    auto some = episode.neural_state<float>("some", {6}, {.every = 10, .columns = {2, 5}});
    auto place = episode.behavior<double>("place", {2, 2});
    auto action = episode.behavior<std::uint8_t>("action", {});
    auto goal = episode.behavior<bool>("goal", {});
    auto count = episode.behavior<std::uint64_t>("count", {1});
    for (int t = 0; t < 20; ++t) {
      const float x = scale / static_cast<float>(t + 1);
      const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
      voltage.record(t, std::vector<float>{t == 3 ? nan : x, -0.0F, t == 4 ? -infinity : 1e-42F});
      some.record(t, std::vector<float>{0, 1, x, 3, 4, -x});
      place.record(t, std::vector<double>{0.1 * t, 1e308, 5e-324, -0.0});
      action.record(t, static_cast<std::uint8_t>(t % 3));
      goal.record(t, t == 19);
      count.record(t, std::vector<std::uint64_t>{~std::uint64_t{0} - static_cast<std::uint64_t>(t)});
    }
  }
};

}  // namespace neurotape::tool
