#include "recorder/memory_limit.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "backends/memory/memory_backend.hpp"
#include "recorder/recorder.hpp"

namespace neurotape {
namespace {

class MemoryLimit : public ::testing::Test {
 protected:
  MemoryLimit() {
    std::filesystem::create_directories(root_ / "a/b");
    write("self", "0::/a/b\n");
  }
  ~MemoryLimit() override { std::filesystem::remove_all(root_); }
  void write(const std::string& name, const std::string& text) { std::ofstream(root_ / name) << text; }
  std::optional<std::size_t> limit() { return memory_limit_bytes({root_ / "self", root_}); }

  const std::filesystem::path root_ =
      std::filesystem::path(::testing::TempDir()) / ("memory_limit_" + std::to_string(::getpid()));
};

TEST_F(MemoryLimit, NoneWhereThereIsNone) {
  EXPECT_EQ(limit(), std::nullopt);
  write("a/b/memory.max", "max\n");
  EXPECT_EQ(limit(), std::nullopt);
}

TEST_F(MemoryLimit, TheSmallestOfTheGroupAndThoseAroundIt) {
  write("a/b/memory.max", "2000000\n");
  EXPECT_EQ(limit(), 2'000'000U);
  write("a/memory.max", "1000000\n");
  EXPECT_EQ(limit(), 1'000'000U);
}

TEST_F(MemoryLimit, OfTheFirstVersion) {
  std::filesystem::create_directories(root_ / "memory/box/inner");
  write("self", "9:name=systemd:/\n4:cpu,memory:/box/inner\n3:cpuset:/\n0::/\n");
  write("memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(limit(), 9'223'372'036'854'771'712U);
  write("memory/box/memory.limit_in_bytes", "3000000\n");
  EXPECT_EQ(limit(), 3'000'000U);
}

TEST_F(MemoryLimit, BelowTheCapIsReported) {
  write("a/memory.max", "100000000\n");
  const auto systems = std::exchange(control_groups(), ControlGroups{root_ / "self", root_});
  for (const std::size_t cap : {100'000'000, 100'000'001}) {
    std::vector<std::string> told;
    ExperimentOptions options;
    options.memory_cap = cap;
    options.on_error = [&](const Error& error) { told.emplace_back(error.what()); };
    detail::Recorder(std::make_unique<MemoryBackend>(std::make_shared<MemoryRun>()), "lab", options).close();
    if (cap == 100'000'000) {
      EXPECT_THAT(told, ::testing::IsEmpty());
    } else {
      EXPECT_THAT(told, ::testing::ElementsAre(::testing::AllOf(
                            ::testing::HasSubstr("memory_cap is 100000001 bytes"),
                            ::testing::HasSubstr("the control group of this process allows 100000000 in all"))));
    }
  }
  control_groups() = systems;
}

}  // namespace
}  // namespace neurotape
