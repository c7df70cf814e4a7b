#include "recorder/memory_limit.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

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
  std::optional<std::size_t> limit() { return memory_limit_bytes(root_ / "self", root_); }

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

}  // namespace
}  // namespace neurotape
