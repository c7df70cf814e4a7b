// Tables of metrics: who writes, when, and what a disk that fails leaves.

#include <array>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include "artifacts.hpp"

namespace neurotape::artifacts {
namespace {

class MetricsOnDisk : public Artifacts {
 protected:
  std::filesystem::path csv() const { return path("epoch_statistics.csv"); }
  MetricsTable table(const MetricsOptions& options = {}) const { return MetricsTable(csv(), options, kQuick); }
};

TEST_F(MetricsOnDisk, OneWriterForAFile) {
  const auto metrics = table();
  expect_error(ErrorCode::already_exists, "another table has this file open", [&] { table(); });
}

TEST_F(MetricsOnDisk, AForkedChildDoesNotKeepTheFileFromOthers) {
  std::array<int, 2> hold{}, ready{};
  ASSERT_EQ(::pipe(hold.data()) | ::pipe(ready.data()), 0);
  const pid_t recorder = ::fork();
  if (recorder == 0) {
    const auto metrics = table();
    if (::fork() == 0) {  // outlives the one that has the table
      char byte = 0;
      ::close(hold[1]);
      static_cast<void>(::write(ready[1], "x", 1));
      static_cast<void>(::read(hold[0], &byte, 1));
      ::_exit(0);
    }
    char byte = 0;
    static_cast<void>(::read(hold[0], &byte, 1));
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ::kill(recorder, SIGKILL);
  ::waitpid(recorder, nullptr, 0);
  EXPECT_NO_THROW(table());
  for (const int end : {hold[0], hold[1], ready[0], ready[1]}) ::close(end);
}

TEST_F(MetricsOnDisk, RowsMayWaitForAFlush) {
  {
    auto metrics = table({.flush_rows = 3});
    for (int i = 0; i < 4; ++i) metrics.append({{"i", i}});
    EXPECT_EQ(content(csv()), "i\r\n0\r\n1\r\n2\r\n");
    metrics.append({{"i", 4}});
    metrics.flush();
    EXPECT_EQ(content(csv()), "i\r\n0\r\n1\r\n2\r\n3\r\n4\r\n");
    metrics.append({{"i", 5}});
  }
  EXPECT_EQ(content(csv()), "i\r\n0\r\n1\r\n2\r\n3\r\n4\r\n5\r\n");
  expect_error(ErrorCode::invalid_argument, "flush_rows", [&] { table({.flush_rows = 0}); });
}

TEST_F(MetricsOnDisk, AFullDiskIsToldAndLeavesNoPartOfALine) {
  auto metrics = table();
  metrics.append({{"i", 1}});
  {
    Failing disk("pwrite", ENOSPC);
    const io::Replaced full(disk);
    expect_error(ErrorCode::io, "No space left on device", [&] { metrics.append({{"i", 2}}); });
    EXPECT_EQ(metrics.rows(), 1U);
  }
  metrics.append({{"i", 3}});
  EXPECT_EQ(content(csv()), "i\r\n1\r\n3\r\n");
}

TEST_F(MetricsOnDisk, WhatADestructorCannotWriteIsTold) {
  std::vector<std::string> told;
  {
    MetricsTable metrics(
        csv(), {.flush_rows = 10},
        {.durability = Durability::process, .on_error = [&](const Error& error) { told.push_back(error.what()); }});
    metrics.append({{"i", 1}});
    Failing disk("pwrite", ENOSPC);
    const io::Replaced full(disk);
    const auto gone = std::move(metrics);
  }
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], testing::HasSubstr("No space left"));
}

TEST_F(MetricsOnDisk, AQuoteThatNothingClosesCostsNoRows) {
  const std::string whole = "i,x\r\n1,2\r\n3,\"4\r\n5,6\r\n7,8\r\n";
  put(csv(), whole);
  expect_error(ErrorCode::damaged, {"line 3", "a quote that nothing closes"}, [&] { table(); });
  EXPECT_EQ(content(csv()), whole);
  put(csv(), "\"i,x\r\n1,2\r\n");
  expect_error(ErrorCode::damaged, "line 1", [&] { table(); });
  put(csv(), "i,note\r\n1,a\r\n2,\"torn in\r\nits second line");
  EXPECT_EQ(table().rows(), 1U) << "a text may hold lines";
  EXPECT_EQ(content(csv()), "i,note\r\n1,a\r\n");
}

TEST_F(MetricsOnDisk, WithPowerEveryRowIsWaitedFor) {
  Failing disk("none", 0);
  const io::Replaced counted(disk);
  MetricsTable metrics(csv(), {}, {.durability = Durability::power});
  const int before = disk.syncs;
  for (int i = 0; i < 3; ++i) metrics.append({{"i", i}});
  EXPECT_EQ(disk.syncs, before + 3);
}

}  // namespace
}  // namespace neurotape::artifacts
