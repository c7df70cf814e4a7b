#include "backends/npz/zip_reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <minizip/unzip.h>
#include <new>
#include <span>
#include <system_error>

#include "backends/deflate/deflate.hpp"
#include "neurotape/error.hpp"

namespace neurotape::npz {
namespace {

constexpr std::size_t kWindowBytes = 4096;
constexpr std::size_t kEndBytes = 22;
constexpr std::uint64_t kMostRatio = 1032;  // a bit of deflate yields 258 bytes for two bits at most
constexpr unsigned kStored = 0;
constexpr unsigned kDeflated = 8;

[[noreturn]] void damaged(const std::string& why) { throw Error(ErrorCode::damaged, why); }

/// What minizip reads from: it asks for single bytes, so some are read ahead.
struct Source {
  explicit Source(const io::OpenFile& from) : file(from), size(from.size()) {}

  const io::OpenFile& file;
  const std::uint64_t size;
  std::uint64_t at = 0;
  std::uint64_t start = 0;
  std::size_t filled = 0;
  std::array<std::byte, kWindowBytes> window{};

  bool fill() {
    start = at;
    filled = 0;
    return file.read(start, window, &filled) == 0 && filled != 0;
  }

  static voidpf open(voidpf self, const void*, int) { return self; }
  static uLong read(voidpf self, voidpf, void* bytes, uLong count) {
    auto& source = *static_cast<Source*>(self);
    uLong done = 0;
    while (done < count) {
      const bool is_here = source.at >= source.start && source.at < source.start + source.filled;
      if (!is_here && !source.fill()) break;
      const auto offset = static_cast<std::size_t>(source.at - source.start);
      const auto part = std::min<std::size_t>(count - done, source.filled - offset);
      std::memcpy(static_cast<std::byte*>(bytes) + done, source.window.data() + offset, part);
      source.at += part;
      done += part;
    }
    return done;
  }
  static uLong write(voidpf, voidpf, const void*, uLong) { return 0; }
  static ZPOS64_T tell(voidpf self, voidpf) { return static_cast<Source*>(self)->at; }
  static long seek(voidpf self, voidpf, ZPOS64_T offset, int origin) {
    auto& source = *static_cast<Source*>(self);
    const auto from = origin == ZLIB_FILEFUNC_SEEK_CUR ? source.at : origin == ZLIB_FILEFUNC_SEEK_END ? source.size : 0;
    if (offset > source.size || from > source.size - offset) return -1;
    source.at = from + offset;
    return 0;
  }
  static int close(voidpf, voidpf) { return 0; }
  static int has_error(voidpf, voidpf) { return 0; }
};

struct Close {
  void operator()(void* zip) const noexcept { unzClose(zip); }
};

Member current_member(unzFile zip, std::uint64_t file_bytes) {
  unz_file_info64 info{};
  if (unzGetCurrentFileInfo64(zip, &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK)
    damaged("the list of members of the zip file breaks off");
  std::string name(info.size_filename, '\0');
  if (unzGetCurrentFileInfo64(zip, &info, name.data(), info.size_filename, nullptr, 0, nullptr, 0) != UNZ_OK)
    damaged("the list of members of the zip file breaks off");
  Member member{std::move(name),
                0,
                info.compressed_size,
                info.uncompressed_size,
                static_cast<std::uint32_t>(info.crc),
                static_cast<unsigned>(info.compression_method),
                (info.flag & 1U) != 0};
  int method = 0, level = 0;
  if (unzOpenCurrentFile2(zip, &method, &level, 1) != UNZ_OK)
    damaged(fmt::format("member '{}': what the zip file says of it where it begins is not what it says at its end",
                        member.name));
  member.address = unzGetCurrentFileZStreamPos64(zip);
  unzCloseCurrentFile(zip);
  if (member.address > file_bytes || member.stored_bytes > file_bytes - member.address)
    damaged(fmt::format("member '{}': the file ends before it does", member.name));
  return member;
}

bool is_end_record(const io::OpenFile& file, std::uint64_t address) {
  std::array<std::byte, 4> mark{};
  return file.read(address, mark) == 0 && std::memcmp(mark.data(), "PK\5\6", mark.size()) == 0;
}

/// minizip reads over an end record that lacks its last bytes.
void require_end(unzFile zip, const io::OpenFile& file, std::uint64_t file_bytes) {
  unz_global_info64 info{};
  unzGetGlobalInfo64(zip, &info);
  const std::uint64_t end_bytes = kEndBytes + info.size_comment;
  if (file_bytes < end_bytes || !is_end_record(file, file_bytes - end_bytes))
    damaged("the end of the zip file is cut off, or something follows it");
}

std::shared_ptr<std::byte[]> memory_for(std::uint64_t bytes) {
  std::shared_ptr<std::byte[]> memory(new (std::nothrow) std::byte[std::max<std::uint64_t>(bytes, 1)]);
  if (memory == nullptr) throw Error(ErrorCode::io, fmt::format("there is no memory for {} bytes", bytes));
  return memory;
}

void read_stored(const io::OpenFile& file, const Member& member, std::byte* to) {
  std::size_t got = 0;
  const int error = file.read(member.address, {to, member.stored_bytes}, &got);
  if (error != 0)
    throw Error(ErrorCode::io, fmt::format("reading the file: {}", std::generic_category().message(error)));
  if (got != member.stored_bytes) damaged("the file ends before the member does");
}

/// Memory for stored bytes, which a thread keeps for the next member where they are not too many: fresh memory costs a good part
/// of what inflating does.
class Scratch {
 public:
  explicit Scratch(std::uint64_t bytes) {
    auto& kept = memory();
    if (kept.size() < bytes && bytes <= kMostKept) kept.resize(bytes);
    if (kept.size() < bytes) own_ = memory_for(bytes);
    data = own_ == nullptr ? kept.data() : own_.get();
  }
  std::byte* data;

 private:
  static constexpr std::uint64_t kMostKept = 8U << 20U;
  static std::vector<std::byte>& memory() {
    thread_local std::vector<std::byte> kept;
    return kept;
  }
  std::shared_ptr<std::byte[]> own_;
};

}  // namespace

std::vector<Member> read_members(const io::OpenFile& file) {
  Source source(file);
  if (source.size == kEndBytes && is_end_record(file, 0)) return {};  // without members, which minizip refuses
  zlib_filefunc64_def functions{Source::open, Source::read,  Source::write,     Source::tell,
                                Source::seek, Source::close, Source::has_error, &source};
  const std::unique_ptr<void, Close> zip(unzOpen2_64("npz", &functions));
  if (zip == nullptr) damaged("it is not a zip file, or its end is missing");
  require_end(zip.get(), file, source.size);
  std::vector<Member> members;
  int result = unzGoToFirstFile(zip.get());
  for (; result == UNZ_OK; result = unzGoToNextFile(zip.get()))
    members.push_back(current_member(zip.get(), source.size));
  if (result != UNZ_END_OF_LIST_OF_FILE) damaged("the list of members of the zip file breaks off");
  return members;
}

std::shared_ptr<std::byte[]> read_member(const io::OpenFile& file, const Member& member) {
  if (member.encrypted) throw Error(ErrorCode::unsupported, "it is encrypted");
  if (member.method != kStored && member.method != kDeflated)
    throw Error(ErrorCode::unsupported,
                fmt::format("it is compressed by method {}, expected stored or deflated", member.method));
  const bool possible =
      member.method == kStored ? member.bytes == member.stored_bytes : member.bytes / kMostRatio <= member.stored_bytes;
  if (!possible) damaged(fmt::format("{} bytes cannot come of {} stored ones", member.bytes, member.stored_bytes));
  auto bytes = memory_for(member.bytes);
  if (member.method == kStored) {
    read_stored(file, member, bytes.get());
  } else {
    const Scratch stored(member.stored_bytes);
    read_stored(file, member, stored.data);
    deflate::decompress(deflate::Format::raw, {stored.data, member.stored_bytes}, {bytes.get(), member.bytes});
  }
  if (deflate::crc32({bytes.get(), member.bytes}) != member.crc32) damaged("its CRC-32 is wrong");
  return bytes;
}

}  // namespace neurotape::npz
