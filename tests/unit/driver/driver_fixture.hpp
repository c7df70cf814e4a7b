#pragma once
/// \file
/// A file on the disk, and a disk that is watched, for tests of the driver and its journal.

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/types.h>
#include <vector>

#include "backends/driver/driver_file.hpp"
#include "backends/driver/superblock.hpp"
#include "backends/io/operations.hpp"
#include "tests/support/process.hpp"

namespace neurotape::driver {

inline std::vector<std::byte> bytes_of(std::size_t count, int value) { return {count, static_cast<std::byte>(value)}; }

/// A superblock as HDF5 writes one: open for writing, and ending at 1000.
inline Superblock open_superblock() {
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

/// Waits three times for space; then there is some.
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

}  // namespace neurotape::driver
