#include "backends/driver/driver_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <new>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

#include "backends/driver/journal.hpp"
#include "backends/io/operations.hpp"

namespace neurotape::driver {
namespace {

constexpr std::uint64_t kLeastReserve = 256U << 10;
constexpr std::uint64_t kMostReserve = 64U << 20;
constexpr std::uint64_t kReserveUnit = 64U << 10;
/// More metadata than this does not wait for the commit. HDF5's order makes that safe.
constexpr std::size_t kMostHeldBytes = 16U << 20;
constexpr std::uint64_t kMostReadAhead = 16U << 20;

int flags_of(Opening opening) {
  switch (opening) {
    case Opening::read:
      return O_RDONLY;
    case Opening::create:
      return O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
    case Opening::write:
      return O_RDWR | O_NOFOLLOW;
  }
  return O_RDONLY;
}

}  // namespace

DriverFile::DriverFile(std::filesystem::path path, Opening opening, Mode mode, Company company)
    : path_(std::move(path)), opening_(opening), mode_(mode), company_(company), owner_(::getpid()) {
  if (!attempt(opening_ == Opening::create ? "creating the file" : "opening the file",
               [&] { return file_.open(path_, flags_of(opening_)); }))
    return;
  size_ = sealed_end_ = opened_end_ = used_then_ = file_.size();
  if (writes() && size_ != 0) attempt("reading its beginning", [&] { return file_.read(0, superblock_on_disk_); });
  // Programs that ask HDF5 for a file to write in are refused by this lock, readers are not. Where there are no locks
  // there is only the run's lock file.
  if (writes()) io::operations().flock(file_.descriptor(), LOCK_SH | LOCK_NB);
}

DriverFile::~DriverFile() {
  if (company_.journal != nullptr) company_.journal->forget(*this);
}

void DriverFile::part_from_company() noexcept {
  if (company_.journal != nullptr) company_.journal->forget(*this);
  company_ = {};
  fail("closing the file", EIO);
}

bool DriverFile::dead() const noexcept { return failure_.has_value() || ::getpid() != owner_; }

void DriverFile::fail(const char* tried, int error_number) noexcept {
  if (failure_) return;
  try {
    failure_ = Failure{tried, error_number};
  } catch (...) {
    failure_.emplace();
    failure_->error_number = error_number;
  }
}

/// Runs a call that returns errno, again for as long as waiting may help.
template <class Call>
bool DriverFile::attempt(const char* tried, Call call) noexcept try {
  if (dead()) return false;
  int error = call();
  bool waited = false;
  while (io::is_lack_of_space(error) && company_.patience != nullptr && company_.patience->wait(tried, path_, error)) {
    waited = true;
    error = call();
  }
  if (waited) company_.patience->over();
  if (error != 0) fail(tried, error);
  return error == 0;
} catch (...) {
  fail(tried, ENOMEM);
  return false;
}

void DriverFile::read_ahead() noexcept try {
  std::vector<std::byte> piece(static_cast<std::size_t>(std::min(size_, kMostReadAhead)));
  for (std::uint64_t address = 0; address < size_ && !failure_; address += piece.size()) read(address, piece);
  if (size_ <= kMostReadAhead) ahead_ = std::move(piece);
} catch (...) {
  fail("reading", ENOMEM);
}

bool DriverFile::read(std::uint64_t address, std::span<std::byte> bytes) noexcept try {
  if (bytes.size() <= ahead_.size() && address <= ahead_.size() - bytes.size()) {
    std::copy_n(ahead_.begin() + static_cast<std::ptrdiff_t>(address), bytes.size(), bytes.begin());
    return true;
  }
  if (const int error = file_.read(address, bytes); error != 0) {
    fail("reading", error);
    return false;
  }
  held_.read_over(address, bytes);
  if (superblock_ && address < kSuperblockBytes) {
    const auto count = std::min<std::uint64_t>(bytes.size(), kSuperblockBytes - address);
    std::copy_n(superblock_->begin() + static_cast<std::ptrdiff_t>(address), count, bytes.begin());
  }
  return true;
} catch (...) {
  fail("reading", ENOMEM);
  return false;
}

void DriverFile::write_metadata(std::uint64_t address, std::span<const std::byte> bytes) noexcept try {
  written_ = true;
  if (address == 0 && bytes.size() == kSuperblockBytes) {
    std::copy(bytes.begin(), bytes.end(), superblock_.emplace().begin());
    superblock_changed_ = true;
  } else if (mode_ == Mode::held || dead()) {
    held_.add(address, bytes);
    if (held_.bytes() > kMostHeldBytes) commit();
  } else if (attempt("writing metadata", [&] { return file_.write(address, bytes); })) {
    size_ = std::max(size_, address + bytes.size());
  } else {
    held_.add(address, bytes);  // for HDF5, which goes on as if it were there
  }
} catch (...) {
  fail("holding metadata", ENOMEM);
}

void DriverFile::write_raw(std::uint64_t address, std::span<const std::byte> bytes) noexcept {
  written_ = true;
  last_raw_ = address;
  if (!reserve(address + bytes.size())) return;
  if (attempt("writing data", [&] { return file_.write(address, bytes); }))
    size_ = std::max(size_, address + bytes.size());
}

/// Makes sure that the disk has room for a file of this length, and for some more.
bool DriverFile::reserve(std::uint64_t end) noexcept {
  if (mode_ == Mode::direct) return !dead();
  end += kTrailerBytes;
  if (end <= size_) return !dead();
  const auto more = std::clamp(size_, kLeastReserve, kMostReserve);
  const auto to = (end + more + kReserveUnit - 1) / kReserveUnit * kReserveUnit;
  const auto reserved_to = [&](std::uint64_t length) {
    int error = file_.reserve(size_, length);
    // Raw data will lie over the trailer that the last commit wrote.
    if (error == 0) error = file_.write(length - kTrailerBytes, trailer(used_then_));
    if (error == 0) size_ = length;
    return error;
  };
  return attempt("reserving space", [&] {
    const int error = reserved_to(to);
    return io::is_lack_of_space(error) ? reserved_to(end) : error;  // the last bytes of a disk are good, too
  });
}

std::vector<HeldWrites::Piece> DriverFile::waiting() const {
  std::vector<HeldWrites::Piece> pieces;
  const auto end = end_to_tell();
  if (superblock_ && (superblock_changed_ || end != sealed_end_)) {
    // First, so that all that follows lies before the end that a reader is told.
    auto sealed = *superblock_;
    seal(sealed, end);
    pieces.push_back({0, {sealed.begin(), sealed.end()}});
  }
  if (mode_ == Mode::held && !held_.pieces().empty()) {
    const auto used = trailer(end_);
    pieces.push_back({size_ - kTrailerBytes, {used.begin(), used.end()}});
  }
  for (const bool only_new : {true, false}) {
    for (const auto& piece : held_.pieces()) {
      if (is_new(piece.address) == only_new) pieces.push_back(piece);
    }
  }
  return pieces;
}

void DriverFile::apply(const std::vector<HeldWrites::Piece>& pieces) noexcept try {
  for (const auto& piece : pieces) {
    if (!attempt("writing metadata", [&] { return file_.write(piece.address, piece.bytes); })) return;
    size_ = std::max(size_, piece.address + piece.bytes.size());
    if (piece.address == 0 && piece.bytes.size() == kSuperblockBytes)
      std::copy(piece.bytes.begin(), piece.bytes.end(), superblock_on_disk_.begin());
  }
  if (dead()) return;
  sealed_end_ = end_to_tell();
  used_then_ = end_;
  superblock_changed_ = false;
  for (const auto& piece : held_.pieces()) {
    if (is_new(piece.address)) in_place_.insert(piece.address);
  }
  held_.clear();
} catch (...) {
  fail("writing metadata", ENOMEM);
}

void DriverFile::apply_now() noexcept try {
  if (reserve(end_)) apply(waiting());
} catch (...) {
  fail("writing metadata", ENOMEM);
}

void DriverFile::commit() noexcept {
  if (company_.journal == nullptr || mode_ == Mode::direct) return apply_now();
  DriverFile* const self = this;
  company_.journal->commit({&self, 1});
}

int DriverFile::sync() noexcept {
  if (!file_.is_open() || ::getpid() != owner_) return 0;
  const int error = file_.sync();
  if (error != 0) fail("waiting until it is on the disk", error);
  return error;
}

void DriverFile::start_write_back() const noexcept {
  // Advice only: where the file system does not know it, the kernel writes later.
  if (!dead()) io::operations().sync_file_range(file_.descriptor(), 0, 0, SYNC_FILE_RANGE_WRITE);
}

/// The superblock says where the file ends before it does: a cut in between leaves a file that is too long at most.
void DriverFile::finish(bool synced) noexcept {
  synced = synced || (company_.journal != nullptr && company_.journal->durable());
  if (written_ && !dead()) {
    if (mode_ == Mode::held) {
      commit();
      if (synced) sync();
      mode_ = Mode::direct;  // whose end is its own
    }
    apply_now();
    if (synced) sync();
    if (size_ != end_ && attempt("giving back the reserve", [&] { return file_.truncate(end_); })) size_ = end_;
  }
  if (company_.journal != nullptr) company_.journal->forget(*this);
}

}  // namespace neurotape::driver
