#pragma once
/// \file
/// A directory for runs, the errors that were told, and the independent reader: a python3 that has h5py.

#include <array>
#include <cstdio>
#include <filesystem>
#include <gtest/gtest.h>
#include <mutex>
#include <neurotape/neurotape.hpp>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <utility>
#include <vector>

namespace neurotape::outside {

using namespace literals;
using nlohmann::json;

/// A directory of its own, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "neurotape_run_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

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

struct Finished {
  int status = -1;     ///< exit code
  std::string output;  ///< of both streams
};

inline Finished run_command(const std::string& command) {
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot start " + command);
  Finished finished;
  std::array<char, 65536> part;
  for (std::size_t bytes; (bytes = std::fread(part.data(), 1, part.size(), pipe)) > 0;)
    finished.output.append(part.data(), bytes);
  const int status = pclose(pipe);
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return finished;
}

/// For a command line: what other HDF5 programs need to find the filters. A sanitizer's runtime is the test's, not theirs.
inline std::string with_plugins() {
  const char* set = std::getenv("HDF5_PLUGIN_PATH");
  const std::string path = set != nullptr ? set : "/usr/lib/x86_64-linux-gnu/hdf5/serial/plugins";
  return "env -u LD_PRELOAD HDF5_PLUGIN_PATH='" + path + "' ";
}

inline bool have_python() { return std::string(NEUROTAPE_PYTHON) != ""; }

/// \param script relative to tests/
inline Finished run_python(const std::string& script, const std::vector<std::string>& arguments) {
  std::string command = with_plugins() + "'" NEUROTAPE_PYTHON "' '" NEUROTAPE_SOURCE_DIR "/tests/" + script + "'";
  for (const auto& argument : arguments) command += " '" + argument + "'";
  return run_command(command);
}

/// The error that a call throws.
template <class F>
Error error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::io, "nothing was thrown");
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
