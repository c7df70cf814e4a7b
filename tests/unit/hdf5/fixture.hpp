#pragma once
/// \file
/// A run in a directory of its own, and h5py to judge it.

#include <filesystem>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "backends/hdf5/backend.hpp"
#include "feed.hpp"
#include "tests/support/process.hpp"

namespace neurotape::testing {

class Hdf5Test : public ::testing::Test {
 protected:
  /// Creates `run_` below the test's directory.
  void create_run();
  void close_run();
  std::filesystem::path run_path() const { return backend_->path(); }
  std::vector<std::string> names_in(const std::filesystem::path& directory) const;
  /// Episode files and segments that a reader sees.
  std::vector<std::string> episode_files() const;

  /// Runs Python (h5py as h5, numpy as np, the functions of expected.py) in the run's directory and expects that it
  /// ends well. Skips the test where there is no h5py.
  void python(const std::string& script) const;

  support::TemporaryDirectory parent_;
  std::filesystem::path path_;
  std::unique_ptr<Backend> backend_;
};

}  // namespace neurotape::testing
