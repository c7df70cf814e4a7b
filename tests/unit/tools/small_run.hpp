#pragma once
/// \file
/// A run whose every number is known: what the commands say of it can be written down.

#include "tool.hpp"

namespace neurotape::tool {

class SmallRunTest : public ToolTest {
 protected:
  /// Three episodes of 4, 4 and 2 timesteps of 0.5 ms:
  /// `behavior/position` (2), `neural_states/v` (3, one NaN), `spikes/exc` of 4 neurons, `rewards`, `weight_changes`,
  /// an event.
  std::filesystem::path small_run(double scale = 1) const {
    ExperimentOptions options;
    options.commit_interval = std::chrono::hours(1);
    options.dt = 0.5;
    options.dt_unit = "ms";
    auto experiment = Experiment::create(directory(), scale == 1 ? "small" : "other", options);
    experiment.save_config({{"learning_rate", 0.25}});
    for (const int steps : {4, 4, 2}) record(experiment, steps, scale);
    experiment.close();
    return experiment.path();
  }

 private:
  static void record(Experiment& experiment, int steps, double scale) {
    auto episode = experiment.start_episode();
    auto position = episode.behavior<double>("position", {2}, {.unit = "m"});
    auto voltage = episode.neural_state<float>("v", {3}, {.unit = "mV"});
    auto spikes = episode.spikes("exc", {.population_size = 4});
    auto reward = episode.rewards();
    auto plastic = episode.weight_changes();
    for (int t = 0; t < steps; ++t) {
      position.record(t, std::vector<double>{0.25 * t * scale, -1.0});
      const float nan = std::numeric_limits<float>::quiet_NaN();
      voltage.record(t, std::vector<float>{-65.5F, static_cast<float>(t), t == 1 ? nan : 0.1F});
      spikes.record(t, t % 2 == 0 ? std::vector<int>{0, 2} : std::vector<int>{2});
      reward.record(t, t == 3 ? -1.5 : 1.0);
    }
    plastic.record(1, 77, 0.5F, 0.75F);
    episode.log_event("lesion", 2, {{"region", "CA3, left"}});
    episode.finish();
  }
};

/// The same, where h5py judges what a command makes of them.
class JudgedRunTest : public SmallRunTest {
 protected:
  void SetUp() override {
    if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py to judge the files";
  }
};

}  // namespace neurotape::tool
