#pragma once
/// \file
/// Runs of every kind, and what is said of them.

#include <cstdint>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <neurotape/maintenance.hpp>
#include <neurotape/neurotape.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/support/process.hpp"

namespace neurotape::verification {

namespace fs = std::filesystem;

/// A fault in one line: "file episode stream column chunk first..last: what".
std::string text_of(const Fault& fault);
std::vector<std::string> texts_of(const VerifyReport& report);

/// Every kind of stream in one episode, some rows at a time.
class EveryStream {
 public:
  /// \param width values of the dense stream `voltage`: random, so that no codec makes them small
  explicit EveryStream(Episode& episode, std::size_t width = 256);
  /// Timesteps from where it stopped.
  void record(std::int64_t count);

 private:
  std::mt19937 random_{7};
  std::int64_t next_ = 0;
  std::vector<float> row_;
  std::vector<std::int32_t> bits_ = std::vector<std::int32_t>(4);
  std::vector<double> pixels_;
  Episode& episode_;
  DenseStream<float> voltage_;
  DenseStream<float> chosen_;        // columns 1 and 3 of five
  DenseStream<std::int32_t> noise_;  // LZF cannot make it smaller
  DenseStream<double> image_;        // a row is cut into tiles
  SpikeStream spikes_;
  SpikeStream timed_;
  RewardStream rewards_;
  WeightChangeStream<float> weights_;
};

class VerifyTest : public testing::Test {
 protected:
  using Run = neurotape::Run;  // not the member of the base that runs a test

  Experiment create(Codec codec = Codec::gzip(1), std::string_view name = "run") const;
  /// Episode 0 is large and has a file of its own, 1 to 3 are in a segment; closed.
  fs::path recorded(Codec codec = Codec::gzip(1)) const;
  /// As the disk is when a recorder dies after a commit of 3,000 timesteps: episode 0 alone.
  fs::path killed(Codec codec = Codec::gzip(1)) const;
  /// Runs damage.py in the directory of the run.
  void damage(const fs::path& run, const std::string& how, const std::vector<std::string>& arguments = {}) const;

  fs::path directory() const { return directory_.path(); }

 private:
  support::TemporaryDirectory directory_;
};

/// There is no fault.
void expect_sound(const VerifyReport& report);
/// There is a fault that has all of these words.
void expect_fault(const VerifyReport& report, const std::vector<std::string>& words);

}  // namespace neurotape::verification
