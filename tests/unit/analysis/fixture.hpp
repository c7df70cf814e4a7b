#pragma once
/// \file
/// An episode recorded from numbers that a test chooses.

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <neurotape/neurotape.hpp>
#include <string>
#include <vector>

#include "tests/support/process.hpp"

namespace neurotape {

class AnalysisTest : public testing::Test {
 protected:
  using Run = neurotape::Run;  // GoogleTest has a private function of that name
  using Record = std::function<void(Episode&)>;

  /// Timesteps of `dt` milliseconds; 0: not stated.
  Run recorded(const std::vector<Record>& episodes, double dt = 0.5) const {
    ExperimentOptions options;
    options.commit_interval = std::chrono::hours(1);
    options.dt = dt;
    if (dt > 0) options.dt_unit = "ms";
    auto experiment = Experiment::create(directory_.path(), "analysis", options);
    for (const auto& record : episodes) {
      auto episode = experiment.start_episode();
      record(episode);
      episode.finish();
    }
    experiment.close();
    return Run(experiment.path());
  }

  const std::filesystem::path& directory() const noexcept { return directory_.path(); }

 private:
  support::TemporaryDirectory directory_;
};

}  // namespace neurotape
