#pragma once
/// \file
/// An experiment in memory, whose rows a test can look at.

#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backends/memory/memory_backend.hpp"
#include "neurotape/experiment.hpp"
#include "neurotape/options.hpp"
#include "recorder/recorder.hpp"

namespace neurotape {

using namespace literals;

class InMemory : public ::testing::Test {
 protected:
  Experiment experiment(ExperimentOptions options = {}) {
    if (!options.on_error) {
      options.on_error = [this](const Error& error) {
        const std::lock_guard lock(mutex_);
        told_.push_back(error);
      };
    }
    if (options.memory_cap == ExperimentOptions{}.memory_cap) options.memory_cap = 32_MB;
    detail::Recorder::require_usable(options, {});
    return Experiment(std::make_shared<detail::Recorder>(std::make_unique<MemoryBackend>(run_), "test", options));
  }

  MemoryEpisode& episode(std::uint64_t number = 0) { return run_->episodes.at(number); }
  MemoryStream& stream(const std::string& path, std::uint64_t number = 0) { return episode(number).streams.at(path); }
  std::vector<std::int64_t> timesteps(const std::string& path, std::uint64_t number = 0) {
    return stream(path, number).values<std::int64_t>(0);
  }
  /// What on_error was told.
  std::vector<Error> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

  std::shared_ptr<MemoryRun> run_ = std::make_shared<MemoryRun>();

 private:
  std::mutex mutex_;
  std::vector<Error> told_;
};

}  // namespace neurotape
