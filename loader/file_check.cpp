#include "loader/file_check.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <span>
#include <sys/stat.h>

#include "backends/driver/superblock.hpp"
#include "loader/file_driver.hpp"

namespace neurotape::loader {
namespace {

constexpr std::array<unsigned char, 8> kSignature = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
constexpr std::uint64_t kFirstUserBlock = 512;
constexpr std::size_t kSuperblockBytes = 64;  // more than any form needs of what is looked at here
constexpr unsigned kBeingWritten = 1 | 4;     // in a file of a writer that has not closed it

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie in the file");

std::uint64_t size_of(int descriptor, const Place& place) {
  struct stat status = {};
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) damaged("not a regular file", place);
  return static_cast<std::uint64_t>(status.st_size);
}

/// The bytes at `offset`, with zeros behind the end of the file.
std::array<unsigned char, kSuperblockBytes> bytes_at(int descriptor, std::uint64_t offset,
                                                     const driver::HeldWrites& over) {
  std::array<unsigned char, kSuperblockBytes> bytes = {};
  read_at(descriptor, offset, bytes.data(), bytes.size());
  over.read_over(offset, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

/// HDF5's forms of the superblock, File Format Specification 3.0, II.A.
class Superblock {
 public:
  Superblock(std::array<unsigned char, kSuperblockBytes> bytes, std::uint64_t offset, const Place& place)
      : bytes_(bytes), offset_(offset), place_(place), version_(bytes[8]) {
    if (version_ > 3) damaged(fmt::format("its superblock has the unknown version {}", version_), place_);
    is_old_ = version_ < 2;
    address_bytes_ = is_old_ ? bytes[13] : bytes[9];
    const unsigned length_bytes = is_old_ ? bytes[14] : bytes[10];
    if (!is_possible(address_bytes_) || !is_possible(length_bytes))
      damaged("its superblock has addresses of an impossible size", place_);
    first_address_ = version_ == 0 ? 24 : version_ == 1 ? 28 : 12;
  }

  void check_checksum() const {
    if (is_old_) return;
    const std::size_t at = first_address_ + std::size_t{4} * address_bytes_;
    std::uint32_t stored = 0;
    std::memcpy(&stored, bytes_.data() + at, sizeof stored);
    if (driver::lookup3(std::as_bytes(std::span(bytes_)).first(at)) != stored)
      damaged("its superblock does not have the checksum that it should", place_);
  }

  bool is_being_written() const { return version_ == 3 && (bytes_[11] & kBeingWritten) != 0; }

  /// Where the file ends, by what it says: behind its base, wherever that was moved to.
  std::uint64_t end() const { return address(2) + offset_ - address(0); }

 private:
  static bool is_possible(unsigned size) { return size == 2 || size == 4 || size == 8; }

  std::uint64_t address(unsigned which) const {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes_.data() + first_address_ + which * address_bytes_, address_bytes_);
    return value;
  }

  std::array<unsigned char, kSuperblockBytes> bytes_;
  std::uint64_t offset_;
  const Place& place_;
  unsigned version_;
  bool is_old_ = false;
  unsigned address_bytes_ = 0;
  std::size_t first_address_ = 0;
};

}  // namespace

void check_superblock(int descriptor, const driver::HeldWrites& over, const Place& place) {
  const std::uint64_t size = size_of(descriptor, place);
  const bool is_whole = over.pieces().empty();
  // HDF5 looks for its signature at 0, 512, 1024, 2048, ...
  for (std::uint64_t offset = 0; offset + kSignature.size() <= size || (offset == 0 && !is_whole);
       offset = offset == 0 ? kFirstUserBlock : 2 * offset) {
    const auto bytes = bytes_at(descriptor, offset, over);
    if (std::memcmp(bytes.data(), kSignature.data(), kSignature.size()) != 0) continue;
    const Superblock superblock(bytes, offset, place);
    superblock.check_checksum();
    if (is_whole && !superblock.is_being_written() && superblock.end() > size)
      damaged(fmt::format("it has {} bytes, but says that it has {}: its end is missing", size, superblock.end()),
              place);
    return;
  }
  damaged(size == 0 ? "the file is empty" : "not an HDF5 file", place);
}

}  // namespace neurotape::loader
