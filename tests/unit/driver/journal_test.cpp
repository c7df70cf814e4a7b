// What the journal repeats after a commit was cut off, and what it leaves alone.

#include "backends/driver/journal.hpp"

#include <cerrno>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string_view>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "backends/driver/driver.hpp"
#include "driver_fixture.hpp"

namespace neurotape::driver {
namespace {

using JournalTest = DriverTest;

TEST_F(JournalTest, TheJournalRepeatsACommitAndNothingOfADeadFile) {
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

TEST_F(JournalTest, TheJournalKeepsWhatCouldNotBeSynced) {
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

TEST_F(JournalTest, TheJournalLeavesAFileAloneThatAnotherProgramHasWritten) {
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

TEST_F(JournalTest, TheJournalWaitsForSpaceAsFilesDo) {
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

TEST_F(JournalTest, AJournalThatIsNotWholeRepeatsNothing) {
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

TEST_F(JournalTest, AJournalOfAddressesThatNoFileHasRepeatsNothing) {
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

TEST_F(JournalTest, AJournalThatCannotBeReadIsNotAnEmptyOne) {
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

TEST_F(JournalTest, AFileWhoseBeginningCannotBeReadIsNotRepeatedInSilence) {
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

}  // namespace
}  // namespace neurotape::driver
