#pragma once
/// \file
/// A directory for runs, the errors that were told, and what h5py sees.

#include <filesystem>
#include <gtest/gtest.h>
#include <mutex>
#include <neurotape/neurotape.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/errors.hpp"
#include "tests/support/process.hpp"

namespace neurotape::outside {

using namespace literals;
using nlohmann::json;
using namespace support;

/// What `on_error` was told, by any thread.
class Told {
 public:
  void add(const Error& error) {
    const std::lock_guard lock(mutex_);
    errors_.push_back(error);
  }
  std::vector<Error> all() const {
    const std::lock_guard lock(mutex_);
    return errors_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Error> errors_;
};

/// Whether the message has all of these words.
inline ::testing::AssertionResult says(const Error& error, const std::vector<std::string>& parts) {
  for (const auto& part : parts)
    if (std::string(error.what()).find(part) == std::string::npos)
      return ::testing::AssertionFailure() << "'" << part << "' is not in: " << error.what();
  return ::testing::AssertionSuccess();
}

/// Looks until it is so. What never comes ends with the time limit of the test.
template <class F>
void wait_until(F&& it_is_so) {
  while (!it_is_so()) std::this_thread::yield();
}

class RunTest : public ::testing::Test {
 protected:
  using Run = neurotape::Run;  // not the member of the base that runs a test

  Experiment create(ExperimentOptions options = {}, std::string_view name = "run") {
    return Experiment::create(directory(), name, quiet(std::move(options)));
  }
  ExperimentOptions quiet(ExperimentOptions options = {}) {
    if (!options.on_error) options.on_error = [this](const Error& error) { told_.add(error); };
    return options;
  }
  const std::filesystem::path& directory() const noexcept { return directory_.path(); }
  std::vector<Error> told() const { return told_.all(); }
  std::vector<ErrorCode> told_codes() const {
    std::vector<ErrorCode> codes;
    for (const auto& error : told()) codes.push_back(error.code());
    return codes;
  }

 private:
  TemporaryDirectory directory_;
  Told told_;
};

/// Tests whose judge is h5py.
class JudgedTest : public RunTest {
 protected:
  void SetUp() override {
    if (!have_python()) GTEST_SKIP() << "no python3 with h5py and numpy";
  }
  /// What h5py sees of a run: describe.py tells the form.
  static json describe(const std::filesystem::path& run) {
    const Finished finished = run_python("integration/describe.py", {run.string()});
    const json seen = json::parse(finished.output, nullptr, false);
    if (finished.status != 0 || seen.is_discarded()) {
      ADD_FAILURE() << finished.output;
      return json::object();
    }
    return seen;
  }
};

}  // namespace neurotape::outside
