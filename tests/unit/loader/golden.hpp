#pragma once
/// \file
/// Files made by h5py from the description of the format, and the values that are in them.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <type_traits>
#include <vector>

#include "neurotape/neurotape.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/process.hpp"

namespace neurotape {

/// A directory with the files of one case of golden.py, removed at the end.
class Golden {
 public:
  explicit Golden(const std::string& name) { make(name); }

  /// Runs a case, in this directory.
  void make(const std::string& name) const {
    const auto finished = support::run_python("unit/loader/golden.py", {name, path().string()});
    if (finished.status != 0) throw std::runtime_error("golden.py " + name + ": " + finished.output);
  }

  const std::filesystem::path& path() const { return directory_.path(); }
  std::filesystem::path operator/(const std::string& name) const { return directory_ / name; }
  EpisodeReader episode(std::uint64_t number = 0) const {
    return Run(directory_ / ("episode_000" + std::to_string(number) + ".h5")).episode(number);
  }
  std::vector<std::int64_t> timesteps(const std::string& name) const {
    std::ifstream file(directory_ / (name + ".bin"), std::ios::binary);
    std::vector<std::int64_t> values;
    for (std::int64_t value; file.read(reinterpret_cast<char*>(&value), sizeof value);) values.push_back(value);
    if (values.empty()) throw std::runtime_error("no " + name + ".bin");
    return values;
  }

 private:
  support::TemporaryDirectory directory_;
};

/// Tests of files: skipped with a word where there is no python3 with h5py.
class LoaderTest : public testing::Test {
 protected:
  using Run = neurotape::Run;  // GoogleTest has a private function of that name

  void SetUp() override {
    if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py to make the files";
  }
};

/// Element k of a golden stream, as neurotape_h5.golden has it.
template <class T>
T golden(std::uint64_t k) {
  const std::uint64_t base = (k * 7 + k / 13) % 251;
  if constexpr (std::is_same_v<T, bool>) return base % 3 == 0;
  if constexpr (std::is_floating_point_v<T>) return static_cast<T>(static_cast<double>(base) / 8 - 3);
  return static_cast<T>(static_cast<std::int64_t>(base) - (std::is_signed_v<T> ? 125 : 0));
}

/// The values are the golden ones from element `first` on.
template <class Values>
void expect_golden(const Values& values, std::uint64_t first = 0) {
  using T = std::remove_cvref_t<decltype(*values.begin())>;
  std::uint64_t k = first;
  for (const T value : values) {
    ASSERT_EQ(value, golden<T>(k)) << "element " << k;
    ++k;
  }
}

template <class Array>
auto to_vector(const Array& array) {
  return std::vector<std::remove_cvref_t<decltype(*array.begin())>>(array.begin(), array.end());
}

/// The rows are those from `first` on of a golden stream of width `width`, whose timesteps are row numbers.
template <class T>
void expect_rows(const DenseRows<T>& rows, std::uint64_t first, std::uint64_t count, std::uint64_t width) {
  ASSERT_EQ(rows.size(), count);
  ASSERT_EQ(rows.values.size(), count * width);
  for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(rows.timesteps[i], static_cast<std::int64_t>(first + i));
  expect_golden(rows.values, first * width);
}

using support::error_of;
using support::expect_error;

}  // namespace neurotape
