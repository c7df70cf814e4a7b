// What the file driver writes when, and what it does when the disk refuses.

#include "backends/driver/driver.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string_view>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "backends/driver/journal.hpp"
#include "backends/driver/trim.hpp"
#include "backends/io/operations.hpp"
#include "tests/support/process.hpp"

namespace neurotape::driver {
namespace {

std::vector<std::byte> bytes_of(std::size_t count, int value) { return {count, static_cast<std::byte>(value)}; }

/// A superblock as HDF5 writes one: open for writing, and ending at 1000.
Superblock open_superblock() {
  Superblock superblock{};
  constexpr std::array kStart = {0x89, 'H' + 0, 'D' + 0, 'F' + 0, '\r' + 0, '\n' + 0, 0x1A, '\n' + 0, 3, 8, 8, 5};
  for (std::size_t i = 0; i < kStart.size(); ++i) superblock[i] = static_cast<std::byte>(kStart[i]);
  return superblock;
}

class DriverTest : public ::testing::Test {
 protected:
  std::string on_disk(std::uint64_t address, std::size_t count) const {
    std::ifstream file(path(), std::ios::binary);
    std::string text(count, '\0');
    file.seekg(static_cast<std::streamoff>(address)).read(text.data(), static_cast<std::streamsize>(count));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
  }
  std::filesystem::path path() const { return directory_ / "file.h5"; }

 private:
  support::TemporaryDirectory directory_;
};

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

/// Writes down where it is written, and refuses from a call on.
class Watched final : public io::Operations {
 public:
  ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset) override {
    if (error != 0) {
      errno = error;
      return -1;
    }
    places.push_back(offset);
    return Operations::pwrite(file, bytes, count, offset);
  }
  int fdatasync(int file) override {
    if (failing_syncs == 0) return Operations::fdatasync(file);
    --failing_syncs;
    errno = EIO;
    return -1;
  }
  std::vector<off_t> places;
  int error = 0;
  int failing_syncs = 0;
};

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

TEST_F(DriverTest, TheJournalRepeatsACommitAndNothingOfADeadFile) {
  Watched watched;
  const io::Replaced replaced(watched);
  Journal journal(true);
  const auto journal_path = path().parent_path() / ".journal";
  journal.place(journal_path);
  DriverFile file(path(), Opening::create, Mode::held, {.journal = &journal});
  file.set_end(4000);
  file.write_metadata(200, bytes_of(10, 'a'));
  file.commit();
  auto entries = read_journal(journal_path);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].file, "file.h5");
  { std::ofstream(path(), std::ios::binary | std::ios::in).seekp(200) << "torn"; }
  const auto replayed = replay(entries, path().parent_path());
  ASSERT_EQ(replayed.size(), 1U);
  EXPECT_EQ(replayed[0].error_number, 0);
  EXPECT_EQ(on_disk(200, 10), std::string(10, 'a'));

  watched.error = EIO;
  file.write_metadata(200, bytes_of(10, 'b'));
  file.write_raw(1000, bytes_of(10, 'b'));
  watched.error = 0;
  file.commit();
  entries = read_journal(journal_path);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].pieces.back().bytes, bytes_of(10, 'a')) << "the last commit that was one";
}

TEST_F(DriverTest, TheJournalKeepsWhatCouldNotBeSynced) {
  Watched watched;
  const io::Replaced replaced(watched);
  const auto journal_path = path().parent_path() / ".journal";
  auto journal = std::make_unique<Journal>(true);
  journal->place(journal_path);
  const auto make = [&](const char* name) {
    auto file = std::make_unique<DriverFile>(path().parent_path() / name, Opening::create, Mode::held,
                                             Company{.journal = journal.get()});
    file->set_end(4000);
    return file;
  };
  auto broken = make("broken.h5"), sound = make("sound.h5");
  DriverFile* const both[] = {broken.get(), sound.get()};
  const auto commit = [&](char value) {
    for (auto* const file : both) file->write_metadata(200, bytes_of(10, value));
    journal->commit(both);
  };
  commit('a');
  watched.failing_syncs = 1;
  commit('b');
  EXPECT_TRUE(broken->failure());
  EXPECT_FALSE(sound->failure());
  commit('c');
  std::map<std::string, std::vector<std::byte>> last;
  for (const auto& entry : read_journal(journal_path)) last[entry.file] = entry.pieces.back().bytes;
  EXPECT_EQ(last, (decltype(last){{"broken.h5", bytes_of(10, 'a')}, {"sound.h5", bytes_of(10, 'c')}}));
  broken.reset();
  sound.reset();
  journal->remove();
  EXPECT_EQ(read_journal(journal_path).size(), 2U) << "it is still needed";
}

TEST_F(DriverTest, TheJournalLeavesAFileAloneThatAnotherProgramHasWritten) {
  Journal journal(false);
  const auto journal_path = path().parent_path() / ".journal";
  journal.place(journal_path);
  auto file = std::make_unique<DriverFile>(path(), Opening::create, Mode::held, Company{.journal = &journal});
  file->set_end(4000);
  file->write_metadata(0, open_superblock());
  file->write_metadata(200, bytes_of(10, 'a'));
  file->commit();
  file->write_metadata(200, bytes_of(10, 'b'));
  file->commit();
  const auto entries = read_journal(journal_path);
  ASSERT_EQ(entries.size(), 1U);
  const auto change = [&](std::streamoff at, std::string_view bytes) {
    std::fstream(path(), std::ios::binary | std::ios::in | std::ios::out).seekp(at) << bytes;
  };
  change(200, "torn");
  EXPECT_EQ(replay(entries, path().parent_path()).size(), 1U) << "the superblock is as the commit before left it";
  EXPECT_EQ(on_disk(200, 10), std::string(10, 'b'));
  auto other = open_superblock();
  seal(other, 5000);
  change(0, {reinterpret_cast<const char*>(other.data()), other.size()});
  change(200, "edited");
  EXPECT_TRUE(replay(entries, path().parent_path()).empty());
  EXPECT_EQ(on_disk(200, 6), "edited");
  file->fail("the test", EIO);  // so that it does not write over it
}

class CountedPatience final : public Patience {
 public:
  explicit CountedPatience(Watched& disk) : disk_(disk) {}
  bool wait(const std::string& tried, const std::filesystem::path& path, int error_number) override {
    asked.push_back(tried + " " + path.filename().string());
    EXPECT_EQ(error_number, ENOSPC);
    if (asked.size() == 3) disk_.error = 0;
    return true;
  }
  void over() override { ++ended; }
  std::vector<std::string> asked;
  int ended = 0;

 private:
  Watched& disk_;
};

TEST_F(DriverTest, TheJournalWaitsForSpaceAsFilesDo) {
  Watched watched;
  const io::Replaced replaced(watched);
  CountedPatience patience(watched);
  Journal journal(false, &patience);
  journal.place(path().parent_path() / ".journal");
  DriverFile file(path(), Opening::create, Mode::held, {.patience = &patience, .journal = &journal});
  file.set_end(4000);
  file.write_metadata(200, bytes_of(10, 'a'));
  file.prepare();  // the file has its space already
  watched.error = ENOSPC;
  file.commit();
  EXPECT_FALSE(file.failure());
  EXPECT_EQ(patience.asked, std::vector<std::string>(3, "writing the journal .journal"));
  EXPECT_EQ(patience.ended, 1);
  EXPECT_EQ(on_disk(200, 10), std::string(10, 'a'));
}

TEST_F(DriverTest, AJournalThatIsNotWholeRepeatsNothing) {
  const auto journal_path = path().parent_path() / ".journal";
  {
    Journal journal(false);
    journal.place(journal_path);
    DriverFile file(path(), Opening::create, Mode::held, {.journal = &journal});
    file.set_end(4000);
    file.write_metadata(200, bytes_of(300, 'a'));
    file.commit();
  }
  ASSERT_EQ(read_journal(journal_path).size(), 1U);
  const auto whole = std::filesystem::file_size(journal_path);
  for (std::uintmax_t at = 0; at < whole; at += 7) {
    std::fstream(journal_path, std::ios::binary | std::ios::in | std::ios::out)
        .seekp(static_cast<std::streamoff>(at))
        .put('?');
    EXPECT_TRUE(read_journal(journal_path).empty()) << at;
    std::filesystem::resize_file(journal_path, at);
    EXPECT_TRUE(read_journal(journal_path).empty()) << at;
    std::filesystem::resize_file(journal_path, whole);
  }
}

TEST_F(DriverTest, AJournalOfAddressesThatNoFileHasRepeatsNothing) {
  constexpr std::uint64_t kMagic = 0x324C4E524A544E00, kSequence = 1, kName = 0x6161616161616161,
                          kMost = 0x7FFFFFFFFFFFFFFF;
  const auto entries_with = [&](std::uint64_t address, std::uint64_t length) {
    // A name of eight bytes, no superblock, and one piece.
    std::vector<std::uint64_t> words = {8, kName, 0, 0, 0, 0, 0, 0, 1, address, length};
    words.resize(words.size() + length / sizeof(std::uint64_t));
    const auto bytes = words.size() * sizeof(std::uint64_t);
    const auto checksum = XXH3_64bits_withSeed(words.data(), bytes, kSequence);
    words.insert(words.begin(), {kMagic, kSequence, bytes, checksum});
    std::ofstream(path(), std::ios::binary)
        .write(reinterpret_cast<const char*>(words.data()), static_cast<std::streamsize>(bytes + 32));
    return read_journal(path()).size();
  };
  EXPECT_EQ(entries_with(0, 16), 1U);
  EXPECT_EQ(entries_with(kMost - 16, 16), 1U);
  EXPECT_EQ(entries_with(kMost - 15, 16), 0U);
  EXPECT_EQ(entries_with(~0ULL, 16), 0U);
}

/// What is there cannot be read.
class Unreadable final : public io::Operations {
 public:
  int open(const char* path, int flags, mode_t mode) override {
    if (!refuses_to_open) return Operations::open(path, flags, mode);
    errno = EACCES;
    return -1;
  }
  ssize_t pread(int, void*, std::size_t, off_t) override {
    errno = EIO;
    return -1;
  }
  bool refuses_to_open = false;
};

TEST_F(DriverTest, AJournalThatCannotBeReadIsNotAnEmptyOne) {
  int error = -1;
  EXPECT_TRUE(read_journal(path(), &error).empty());
  EXPECT_EQ(error, 0) << "there is none";
  std::ofstream(path()) << "of no journal";
  EXPECT_TRUE(read_journal(path(), &error).empty());
  EXPECT_EQ(error, 0) << "nothing of it was acknowledged";
  Unreadable operations;
  const io::Replaced replaced(operations);
  EXPECT_TRUE(read_journal(path(), &error).empty());
  EXPECT_EQ(error, EIO);
  operations.refuses_to_open = true;
  EXPECT_TRUE(read_journal(path(), &error).empty());
  EXPECT_EQ(error, EACCES);
}

TEST_F(DriverTest, AFileWhoseBeginningCannotBeReadIsNotRepeatedInSilence) {
  std::ofstream(path()) << std::string(1000, 'x');
  const std::vector entries{JournalEntry{"file.h5", {}, {}}};
  EXPECT_TRUE(replay(entries, path().parent_path()).empty()) << "it is another one";
  Unreadable operations;
  const io::Replaced replaced(operations);
  const auto replayed = replay(entries, path().parent_path());
  ASSERT_EQ(replayed.size(), 1U);
  EXPECT_EQ(replayed[0].error_number, EIO);
  EXPECT_TRUE(DriverFile(path(), Opening::write, Mode::held, {}).failure());
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

class Patient final : public Patience {
 public:
  explicit Patient(Watched& watched) : watched_(watched) {}
  bool wait(const std::string&, const std::filesystem::path&, int error_number) override {
    EXPECT_EQ(error_number, ENOSPC);
    if (++waits == 3) watched_.error = 0;
    return true;
  }
  void over() override { ++overs; }
  int waits = 0;
  int overs = 0;

 private:
  Watched& watched_;
};

TEST_F(DriverTest, WithPatienceALackOfSpaceIsNoFailure) {
  Watched watched;
  const io::Replaced replaced(watched);
  Patient patient(watched);
  DriverFile file(path(), Opening::create, Mode::direct, {.patience = &patient});
  watched.error = ENOSPC;
  file.write_raw(0, bytes_of(10, 'x'));
  EXPECT_EQ(patient.waits, 3);
  EXPECT_EQ(patient.overs, 1);
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
