#pragma once
/// \file
/// What the tests of artifacts have in common.

#include <cmath>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <neurotape/artifacts.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "backends/io/operations.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/process.hpp"

namespace neurotape::artifacts {

using nlohmann::json;
using support::expect_error;

/// For tests in which nothing needs a disk that is waited for.
inline const StandAlone kQuick{.durability = Durability::process, .n_workers = 2};

inline std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void put(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// What a script of tests/unit/artifacts says of these files.
inline json judged(const std::string& script, const std::vector<std::string>& arguments) {
  const auto finished = support::run_python("unit/artifacts/" + script, arguments);
  EXPECT_EQ(finished.status, 0) << finished.output;
  auto found = json::parse(finished.output, nullptr, false);
  EXPECT_FALSE(found.is_discarded()) << finished.output;
  return found;
}

/// Calls of one kind fail, from a number on.
class Failing : public io::Operations {
 public:
  Failing(std::string call, int error_number, int from = 1)
      : call_(std::move(call)), error_number_(error_number), from_(from) {}
  ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset) override {
    return fails("pwrite") ? -1 : Operations::pwrite(file, bytes, count, offset);
  }
  int rename(const char* from, const char* to) override { return fails("rename") ? -1 : Operations::rename(from, to); }
  int fdatasync(int file) override {
    ++syncs;
    return fails("fdatasync") ? -1 : Operations::fdatasync(file);
  }
  int fsync(int file) override {
    ++name_syncs;
    return fails("fsync") ? -1 : Operations::fsync(file);
  }
  std::atomic<int> syncs{0}, name_syncs{0};

 private:
  bool fails(const char* call) {
    if (call_ != call || ++calls_ < from_) return false;
    errno = error_number_;
    return true;
  }
  const std::string call_;
  const int error_number_;
  const int from_;
  std::atomic<int> calls_{0};
};

/// A directory, and maps of 4 x 100 for it.
class Artifacts : public testing::Test {
 protected:
  static constexpr std::size_t kChannels = 4, kSamples = 100;
  std::filesystem::path path(const std::string& name = "attention_maps") const { return directory_ / name; }

  static std::vector<float> map_of(int number) {
    std::vector<float> map(kChannels * kSamples);
    for (std::size_t i = 0; i < map.size(); ++i)
      map[i] = static_cast<float>(0.5 + 0.4 * std::sin(0.01 * static_cast<double>(i) * (1 + number)));
    return map;
  }
  static AttentionMapOptions small(Existing existing = Existing::error) {
    AttentionMapOptions options;
    options.shape = {kChannels, kSamples};
    options.existing = existing;
    return options;
  }
  AttentionMapWriter writer(const AttentionMapOptions& options = small(), const StandAlone& how = kQuick) const {
    return AttentionMapWriter(path(), options, how);
  }
  /// numpy finds the set as it should be. \returns what it found
  json expect_sound(std::size_t maps) const {
    if (!support::have_python()) return {};
    auto found = judged("maps.py", {path()});
    EXPECT_EQ(found["faults"], json::array());
    EXPECT_EQ(found["maps"].size(), maps);
    return found;
  }

  support::TemporaryDirectory directory_;
};

}  // namespace neurotape::artifacts
