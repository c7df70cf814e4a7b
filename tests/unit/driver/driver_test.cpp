// What the file driver writes when, and what it does when the disk refuses.

#include "backends/driver/driver.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/driver/trim.hpp"
#include "driver_fixture.hpp"

namespace neurotape::driver {
namespace {

TEST_F(DriverTest, RawDataGoesStraightThroughAndMetadataWaits) {
  DriverFile file(path(), Opening::create, Mode::held, {});
  file.set_end(8192);
  file.write_metadata(0, open_superblock());
  file.write_metadata(100, bytes_of(50, 'm'));
  file.write_raw(4096, bytes_of(100, 'r'));
  EXPECT_EQ(on_disk(4096, 100), std::string(100, 'r'));
  EXPECT_EQ(on_disk(100, 50), std::string(50, '\0'));
  std::vector<std::byte> seen(50);
  ASSERT_TRUE(file.read(100, seen));
  EXPECT_EQ(seen, bytes_of(50, 'm')) << "HDF5 reads what it wrote";
  file.commit();
  EXPECT_EQ(on_disk(100, 50), std::string(50, 'm'));
  EXPECT_FALSE(file.failure());
}

TEST_F(DriverTest, TheSuperblockOnDiskIsCleanAndNamesAnEndThatIsThere) {
  DriverFile file(path(), Opening::create, Mode::held, {});
  file.set_end(3000);
  file.write_metadata(0, open_superblock());
  file.commit();
  Superblock superblock{};
  const auto text = on_disk(0, kSuperblockBytes);
  std::memcpy(superblock.data(), text.data(), text.size());
  EXPECT_TRUE(is_superblock(superblock));
  EXPECT_EQ(superblock[11], std::byte{0});
  EXPECT_EQ(end_in(superblock), std::filesystem::file_size(path()));
  EXPECT_GE(std::filesystem::file_size(path()), 3000U);
  file.finish();
  EXPECT_EQ(std::filesystem::file_size(path()), 3000U);
  std::memcpy(superblock.data(), on_disk(0, kSuperblockBytes).data(), kSuperblockBytes);
  EXPECT_TRUE(is_superblock(superblock));
  EXPECT_EQ(end_in(superblock), 3000U);
}

TEST_F(DriverTest, LaterPiecesLieOverEarlierOnes) {
  DriverFile file(path(), Opening::create, Mode::held, {});
  file.write_metadata(100, bytes_of(50, 'a'));
  file.write_metadata(120, bytes_of(10, 'b'));
  file.write_metadata(90, bytes_of(15, 'c'));
  std::vector<std::byte> seen(60);
  ASSERT_TRUE(file.read(90, seen));
  std::string text(60, '\0');
  std::memcpy(text.data(), seen.data(), seen.size());
  EXPECT_EQ(text, std::string(15, 'c') + std::string(15, 'a') + std::string(10, 'b') + std::string(20, 'a'));
}

TEST_F(DriverTest, WhatIsNewIsWrittenBeforeWhatMayPointToIt) {
  Watched watched;
  const io::Replaced replaced(watched);
  DriverFile file(path(), Opening::create, Mode::held, {});
  file.set_end(4000);
  file.write_metadata(0, open_superblock());
  file.write_metadata(200, bytes_of(10, 1));
  file.commit();
  watched.places.clear();
  file.write_metadata(200, bytes_of(10, 2));
  file.write_metadata(3000, bytes_of(10, 3));
  file.write_metadata(0, open_superblock());
  file.commit();
  const auto reserve_ends = static_cast<off_t>(std::filesystem::file_size(path()) - kTrailerBytes);
  EXPECT_EQ(watched.places, (std::vector<off_t>{0, reserve_ends, 3000, 200}));
}

TEST_F(DriverTest, AReserveThatGrewAfterTheLastCommitIsGivenBack) {
  DriverFile file(path(), Opening::create, Mode::held, {});
  file.set_end(4000);
  file.write_metadata(0, open_superblock());
  file.commit();
  const auto before = std::filesystem::file_size(path());
  file.set_end(before + 1000);
  file.write_raw(before - 2 * kTrailerBytes, bytes_of(1000, 'r'));  // over the trailer of the commit
  ASSERT_GT(std::filesystem::file_size(path()), before);
  const auto copy = path().parent_path() / "copy.h5";
  std::filesystem::copy_file(path(), copy);  // as a writer leaves it that is killed here
  EXPECT_EQ(trim(copy).bytes, std::filesystem::file_size(path()) - 4000);
  EXPECT_EQ(std::filesystem::file_size(copy), 4000U);
  EXPECT_EQ(trim(copy).bytes, 0U);
}

TEST_F(DriverTest, AFailureIsKeptAndTheFileStaysAsItWas) {
  Watched watched;
  const io::Replaced replaced(watched);
  DriverFile file(path(), Opening::create, Mode::held, {});
  file.set_end(4000);
  file.write_metadata(200, bytes_of(10, 'a'));
  file.commit();
  watched.error = EIO;
  file.write_metadata(200, bytes_of(10, 'b'));
  file.write_raw(1000, bytes_of(10, 'b'));
  ASSERT_TRUE(file.failure());
  EXPECT_EQ(file.failure()->error_number, EIO);
  EXPECT_EQ(file.failure()->tried, "writing data");
  watched.error = 0;
  file.commit();
  file.finish();
  EXPECT_EQ(on_disk(200, 10), std::string(10, 'a'));
  std::vector<std::byte> seen(10);
  ASSERT_TRUE(file.read(200, seen));
  EXPECT_EQ(seen, bytes_of(10, 'b')) << "HDF5 goes on as if nothing had happened";
}

TEST(HeldWrites, APieceOfNothingChangesNothing) {
  HeldWrites held;
  held.add(10, {});
  EXPECT_TRUE(held.pieces().empty());
  held.add(10, bytes_of(2, 'a'));
  held.add(11, {});
  auto seen = bytes_of(4, '.');
  held.read_over(9, seen);
  EXPECT_EQ(seen, (std::vector{std::byte{'.'}, std::byte{'a'}, std::byte{'a'}, std::byte{'.'}}));
}

TEST_F(DriverTest, WithPatienceALackOfSpaceIsNoFailure) {
  Watched watched;
  const io::Replaced replaced(watched);
  CountedPatience patience(watched);
  DriverFile file(path(), Opening::create, Mode::direct, {.patience = &patience});
  watched.error = ENOSPC;
  file.write_raw(0, bytes_of(10, 'x'));
  EXPECT_EQ(patience.asked.size(), 3u);
  EXPECT_EQ(patience.ended, 1);
  EXPECT_FALSE(file.failure());
  EXPECT_EQ(on_disk(0, 10), std::string(10, 'x'));
}

TEST_F(DriverTest, AForkedChildWritesNothing) {
  DriverFile file(path(), Opening::create, Mode::held, {});
  file.set_end(4000);
  file.write_metadata(200, bytes_of(10, 'a'));
  const pid_t child = ::fork();
  if (child == 0) {
    file.write_raw(1000, bytes_of(10, 'b'));
    file.commit();
    file.finish();
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(std::filesystem::file_size(path()), 0U);
}

TEST_F(DriverTest, OthersMayNotWriteWhatIsBeingWritten) {
  DriverFile file(path(), Opening::create, Mode::held, {});
  io::OpenFile other;
  ASSERT_EQ(other.open(path(), O_RDWR), 0);
  EXPECT_EQ(::flock(other.descriptor(), LOCK_SH | LOCK_NB), 0) << "readers come in";
  EXPECT_EQ(::flock(other.descriptor(), LOCK_EX | LOCK_NB), -1);
}

TEST(Lookup3, IsWhatHdf5Computes) {
  // Of lookup3.c's own driver: hashlittle("", 0, 0) and hashlittle("Four score and seven years ago", 30, 0).
  EXPECT_EQ(lookup3({}), 0xDEADBEEFU);
  const std::string text = "Four score and seven years ago";
  EXPECT_EQ(lookup3(std::as_bytes(std::span(text))), 0x17770551U);
}

}  // namespace
}  // namespace neurotape::driver
