#include "backends/driver/journal.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <optional>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "backends/io/operations.hpp"

namespace neurotape::driver {
namespace {

constexpr std::uint64_t kMagic = 0x324C4E524A544E00;  // "\0NTJRNL2"
constexpr std::uint64_t kMostBytes = 1ULL << 30;
constexpr std::uint64_t kMostAddress = std::numeric_limits<std::int64_t>::max();  // of a file

struct Header {
  std::uint64_t magic = kMagic;
  std::uint64_t sequence = 0;
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;  // of the payload, with the sequence as its seed
};

class Packer {
 public:
  void put(std::uint64_t number) { put(std::as_bytes(std::span(&number, 1))); }
  void put(std::span<const std::byte> bytes) { payload_.insert(payload_.end(), bytes.begin(), bytes.end()); }
  std::vector<std::byte>& payload() { return payload_; }

 private:
  std::vector<std::byte> payload_;
};

/// Takes apart what a `Packer` has put together; nothing is believed.
class Unpacker {
 public:
  explicit Unpacker(std::span<const std::byte> payload) : rest_(payload) {}
  bool done() const { return rest_.empty(); }
  std::optional<std::uint64_t> number() {
    const auto bytes = take(sizeof(std::uint64_t));
    if (!bytes) return std::nullopt;
    std::uint64_t value = 0;
    std::memcpy(&value, bytes->data(), sizeof value);
    return value;
  }
  bool superblock(Superblock& out) {
    const auto bytes = take(out.size());
    if (bytes) std::copy(bytes->begin(), bytes->end(), out.begin());
    return bytes.has_value();
  }
  std::optional<std::span<const std::byte>> sized() {
    const auto count = number();
    return count ? take(*count) : std::nullopt;
  }

 private:
  std::optional<std::span<const std::byte>> take(std::uint64_t count) {
    if (count > rest_.size()) return std::nullopt;
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  std::span<const std::byte> rest_;
};

std::vector<std::byte> packed(const std::vector<JournalEntry>& entries, std::uint64_t sequence) {
  Packer packer;
  packer.put(std::vector<std::byte>(sizeof(Header)));
  for (const auto& entry : entries) {
    packer.put(entry.file.size());
    packer.put(std::as_bytes(std::span(entry.file)));
    packer.put(entry.before);
    packer.put(entry.pieces.size());
    for (const auto& piece : entry.pieces) {
      packer.put(piece.address);
      packer.put(piece.bytes.size());
      packer.put(piece.bytes);
    }
  }
  auto& record = packer.payload();
  const auto payload = std::span(record).subspan(sizeof(Header));
  const Header header{kMagic, sequence, payload.size(), XXH3_64bits_withSeed(payload.data(), payload.size(), sequence)};
  std::memcpy(record.data(), &header, sizeof header);
  return std::move(record);
}

bool unpack(std::span<const std::byte> payload, std::vector<JournalEntry>& entries) {
  for (Unpacker from(payload); !from.done();) {
    const auto name = from.sized();
    JournalEntry entry;
    if (!name || !from.superblock(entry.before)) return false;
    entry.file.assign(reinterpret_cast<const char*>(name->data()), name->size());
    const auto count = from.number();
    if (!count) return false;
    for (std::uint64_t i = 0; i < *count; ++i) {
      const auto address = from.number();
      const auto bytes = from.sized();
      if (!address || !bytes || *address > kMostAddress - bytes->size()) return false;
      entry.pieces.push_back({*address, {bytes->begin(), bytes->end()}});
    }
    entries.push_back(std::move(entry));
  }
  return true;
}

/// A plain name of a file: a journal can come from anywhere.
bool is_plain(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

/// There is none; or a link, a FIFO, a directory, which no recorder makes.
bool is_no_journal(int error) noexcept {
  return error == ENOENT || error == ELOOP || error == ENXIO || error == EISDIR;
}

/// Files are made under a name that begins with a dot, and get theirs after their first commit.
std::string final_name(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  return name.starts_with('.') ? name.substr(1) : name;
}

/// \returns errno
int open_by_either_name(io::OpenFile& file, const std::filesystem::path& directory, const std::string& name) {
  const int error = file.open(directory / name, O_RDWR | O_NOFOLLOW);
  return error == ENOENT ? file.open(directory / ("." + name), O_RDWR | O_NOFOLLOW) : error;
}

/// How long the file is at least when the commit has been repeated.
std::uint64_t end_after(const JournalEntry& entry) {
  std::uint64_t end = 0;
  for (const auto& piece : entry.pieces) {
    end = std::max(end, piece.address + piece.bytes.size());
    if (piece.address != 0 || !is_superblock(piece.bytes)) continue;
    Superblock superblock;
    std::copy_n(piece.bytes.begin(), superblock.size(), superblock.begin());
    end = std::max(end, end_in(superblock));
  }
  return end;
}

}  // namespace

bool is_about(const JournalEntry& entry, const Superblock& beginning) noexcept {
  if (beginning == entry.before) return true;
  return std::any_of(entry.pieces.begin(), entry.pieces.end(), [&](const HeldWrites::Piece& piece) {
    return piece.address == 0 && std::equal(piece.bytes.begin(), piece.bytes.end(), beginning.begin(), beginning.end());
  });
}

void Journal::sync(DriverFile& file) noexcept {
  const bool is_repeated = unsynced_.erase(&file) != 0;
  if (file.sync() != 0 && is_repeated) keep_entry_of(file);
}

// A sync after one that has failed succeeds, whatever has reached the disk: the kernel takes the pages for written. So what
// was acknowledged stays in the journal.
void Journal::keep_entry_of(const DriverFile& file) noexcept try {
  const auto name = final_name(file.path());
  int error = 0;
  for (auto& entry : read_journal(path_, &error))
    if (entry.file == name) kept_.push_back(std::move(entry));
  if (error != 0) unreadable_ = error;
} catch (const std::bad_alloc&) {
  unreadable_ = ENOMEM;
}

void Journal::sync_files(std::span<DriverFile* const> files) noexcept {
  for (auto* const file : files) sync(*file);
  // What earlier commits have changed elsewhere: then nothing else of the journal is needed any more.
  while (!unsynced_.empty()) sync(**unsynced_.begin());
}

void Journal::commit(std::span<DriverFile* const> files) noexcept {
  for (auto* const file : files) file->prepare();
  if (durable_) sync_files(files);
  std::vector<DriverFile*> changed;
  std::vector<JournalEntry> entries;
  int error = 0;
  try {
    for (auto* const file : files) {
      // What a dead file was told belongs to no commit.
      if (file->dead()) continue;
      auto pieces = file->waiting();
      if (pieces.empty()) continue;
      changed.push_back(file);
      entries.push_back({final_name(file->path()), file->superblock_on_disk(), std::move(pieces)});
    }
    if (entries.empty()) return;
    if (durable_) unsynced_.insert(changed.begin(), changed.end());
    entries.insert(entries.end(), kept_.begin(), kept_.end());
    error = unreadable_ != 0 ? unreadable_ : write_patiently(entries);
  } catch (...) {
    error = ENOMEM;
  }
  if (error != 0) {
    for (auto* const file : files) file->fail("writing the journal", error);
    return;
  }
  for (std::size_t i = 0; i < changed.size(); ++i) changed[i]->apply(entries[i].pieces);
}

void Journal::forget(DriverFile& file) noexcept {
  if (unsynced_.contains(&file)) sync(file);
}

int Journal::open_if_needed() {
  if (file_.is_open()) return 0;
  const int error = file_.open(path_, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW);
  if (error != 0 || !durable_) return error;
  io::OpenFile directory;
  const int unopened = directory.open(path_.parent_path(), O_RDONLY | O_DIRECTORY);
  return unopened != 0 ? unopened : directory.sync_names();
}

int Journal::write(const std::vector<JournalEntry>& entries) {
  if (const int error = open_if_needed(); error != 0) return error;
  const auto record = packed(entries, ++sequence_);
  if (const int error = file_.write(0, record); error != 0) return error;
  return durable_ ? file_.sync() : 0;
}

int Journal::write_patiently(const std::vector<JournalEntry>& entries) {
  int error = write(entries);
  bool waited = false;
  while (io::is_lack_of_space(error) && patience_ != nullptr && patience_->wait("writing the journal", path_, error)) {
    waited = true;
    error = write(entries);
  }
  if (waited) patience_->over();
  return error;
}

void Journal::remove() noexcept {
  if (!file_.is_open()) return;
  file_.close();
  if (!kept_.empty() || unreadable_ != 0) return;
  io::operations().unlink(path_.c_str());
}

std::vector<JournalEntry> read_journal(const std::filesystem::path& path, int* error_number) {
  int ignored = 0;
  int& error = error_number != nullptr ? *error_number : ignored;
  try {
    io::OpenFile file;
    Header header;
    std::size_t got = 0;
    error = file.open(path, O_RDONLY | O_NOFOLLOW);
    if (is_no_journal(error)) error = 0;
    if (error != 0 || !file.is_open()) return {};
    error = file.read(0, std::as_writable_bytes(std::span(&header, 1)), &got);
    if (error != 0 || got != sizeof header) return {};
    if (header.magic != kMagic || header.bytes > std::min(kMostBytes, file.size())) return {};
    std::vector<std::byte> payload(header.bytes);
    error = file.read(sizeof header, payload, &got);
    if (error != 0 || got != payload.size()) return {};
    if (XXH3_64bits_withSeed(payload.data(), payload.size(), header.sequence) != header.checksum) return {};
    std::vector<JournalEntry> entries;
    if (!unpack(payload, entries)) return {};
    std::erase_if(entries, [](const JournalEntry& entry) { return !is_plain(entry.file); });
    return entries;
  } catch (const std::bad_alloc&) {
    error = ENOMEM;
    return {};
  }
}

std::vector<Replayed> replay(const std::vector<JournalEntry>& entries, const std::filesystem::path& directory) {
  std::vector<Replayed> all;
  for (const auto& entry : entries) {
    io::OpenFile file;
    int error = open_by_either_name(file, directory, entry.file);
    if (error == ENOENT) continue;  // it has been closed, and its episode is in a segment
    Superblock beginning{};
    if (error == 0) error = file.read(0, beginning);
    if (error == 0 && !is_about(entry, beginning)) continue;
    // The reserve that the superblock speaks of may have been given back meanwhile: it has to be there first.
    const auto end = end_after(entry);
    if (error == 0 && file.size() < end) error = file.truncate(end);
    for (const auto& piece : entry.pieces) {
      if (error == 0) error = file.write(piece.address, piece.bytes);
    }
    if (error == 0) error = file.sync();
    all.push_back({entry.file, error});
  }
  return all;
}

}  // namespace neurotape::driver
