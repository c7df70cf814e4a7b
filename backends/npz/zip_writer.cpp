#include "backends/npz/zip_writer.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <fmt/format.h>
#include <minizip/zip.h>

#include "backends/deflate/deflate.hpp"
#include "backends/npz/npy_header.hpp"
#include "backends/npz/text.hpp"
#include "neurotape/error.hpp"

namespace neurotape::npz {
namespace {

constexpr std::size_t kPieceBytes = 4U << 20U;
constexpr std::size_t kLargestWhole = 32U << 20U;
constexpr std::size_t kAlignment = 64;
constexpr int kFastLevel = 1;
constexpr int kSmallLevel = 4;
constexpr std::uint64_t kLargestPlain = 0xFFF00000U;  // from here on a member has sizes of 64 bits
constexpr std::uint64_t kUtf8Names = 0x800;
// For what minizip writes around a member, without its name.
constexpr std::size_t kMemberBytes = 30 + 46 + 2 * 28 + kAlignment + 64;
constexpr std::size_t kEndBytes = 22 + 56 + 20;
// Beyond the alignment: the extra field is there for nothing else, under an id that archivers know for that.
constexpr std::uint16_t kPaddingId = 0xD935;
constexpr std::size_t kLocalHeaderBytes = 30;
constexpr std::size_t kZip64ExtraBytes = 20;
constexpr std::size_t kExtraHeaderBytes = 4;

/// No text has more characters than bytes.
std::size_t bound_of_texts(const NpzValue& value) {
  const auto texts = value.texts();
  std::size_t longest = 1;
  for (const auto text : texts) longest = std::max(longest, text.size());
  return 4 * longest * texts.size();
}

std::size_t whole_bound(const NpzValue& value) {
  const std::size_t values = value.is_text() ? bound_of_texts(value) : value.bytes().size();
  return deflate::bound(deflate::Format::raw, 0) + 2 * deflate::piece_bound(256) + deflate::piece_bound(values) +
         values / kPieceBytes * 64;
}

std::string extra_padding(std::uint64_t at, std::size_t name_bytes, bool zip64) {
  const std::uint64_t data = at + kLocalHeaderBytes + name_bytes + (zip64 ? kZip64ExtraBytes : 0) + kExtraHeaderBytes;
  const std::size_t padding = static_cast<std::size_t>((kAlignment - data % kAlignment) % kAlignment);
  std::string extra(kExtraHeaderBytes + padding, '\0');
  extra[0] = static_cast<char>(kPaddingId & 0xffU);
  extra[1] = static_cast<char>(kPaddingId >> 8U);
  extra[2] = static_cast<char>(padding);
  return extra;
}

}  // namespace

/// minizip's handle, with what its callbacks write to. They are called from C: what they throw is kept.
struct ZipWriter::Zip {
  Window* window = nullptr;
  zipFile file = nullptr;
  std::exception_ptr thrown;

  static voidpf open(voidpf zip, const void*, int) { return zip; }
  static uLong read(voidpf, voidpf, void*, uLong) { return 0; }
  static uLong write(voidpf zip, voidpf, const void* bytes, uLong count) {
    auto& self = *static_cast<Zip*>(zip);
    try {
      self.window->write({static_cast<const std::byte*>(bytes), count});
      return count;
    } catch (...) {
      self.thrown = std::current_exception();
      return 0;
    }
  }
  static ZPOS64_T tell(voidpf zip, voidpf) { return static_cast<Zip*>(zip)->window->tell(); }
  static long seek(voidpf zip, voidpf, ZPOS64_T offset, int origin) {
    auto& window = *static_cast<Zip*>(zip)->window;
    window.seek(offset + (origin == ZLIB_FILEFUNC_SEEK_CUR   ? window.tell()
                          : origin == ZLIB_FILEFUNC_SEEK_END ? window.size()
                                                             : 0));
    return 0;
  }
  static int close(voidpf, voidpf) { return 0; }
  static int has_error(voidpf zip, voidpf) { return static_cast<Zip*>(zip)->thrown ? 1 : 0; }
};

ZipWriter::ZipWriter(Window& window, BufferPool& memory, NpzCompression compression)
    : window_(window), memory_(memory), compression_(compression), zip_(std::make_unique<Zip>()) {
  zip_->window = &window;
  zlib_filefunc64_def functions{Zip::open, Zip::read,  Zip::write,     Zip::tell,
                                Zip::seek, Zip::close, Zip::has_error, zip_.get()};
  // The name goes to `open`, which needs none.
  zip_->file = zipOpen2_64("npz", APPEND_STATUS_CREATE, nullptr, &functions);
  if (zip_->file == nullptr) throw std::bad_alloc();
}

ZipWriter::~ZipWriter() {
  if (zip_->file != nullptr) zipClose(zip_->file, nullptr);
}

void ZipWriter::check(int result) {
  if (zip_->thrown) std::rethrow_exception(zip_->thrown);
  if (result != ZIP_OK) throw Error(ErrorCode::io, fmt::format("writing a zip file: minizip's error {}", result));
}

void ZipWriter::begin(const std::string& name, bool stored, std::uint64_t bytes) {
  const zip_fileinfo info{{0, 0, 0, 1, 0, 1980}, 0, 0, 0};  // the same bytes whenever it is written
  const bool zip64 = bytes >= kLargestPlain;
  const auto extra = stored ? extra_padding(window_.size(), name.size(), zip64) : std::string();
  check(zipOpenNewFileInZip4_64(zip_->file, name.c_str(), &info, extra.data(), static_cast<uInt>(extra.size()), nullptr,
                                0, nullptr, stored ? 0 : Z_DEFLATED, Z_DEFAULT_COMPRESSION, 1, -MAX_WBITS,
                                DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, nullptr, 0, 0, kUtf8Names, zip64 ? 1 : 0));
}

void ZipWriter::put(std::span<const std::byte> bytes) {
  constexpr std::size_t kMost = 1U << 30U;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), kMost)))
    check(zipWriteInFileInZip(zip_->file, bytes.data(), static_cast<unsigned>(std::min(bytes.size(), kMost))));
}

void ZipWriter::put_deflated(std::span<const std::byte> values) {
  const bool whole = compression_ == NpzCompression::small && values.size() <= kLargestWhole;
  const std::size_t piece_bytes = whole ? kLargestWhole : kPieceBytes;
  const auto out = memory_.acquire(deflate::piece_bound(std::min(values.size(), piece_bytes)));
  const std::span<std::byte> room(out->data(), out->bytes());
  for (; values.size() > piece_bytes; values = values.subspan(piece_bytes))
    put(room.first(deflate::compress_piece(kFastLevel, values.first(piece_bytes), room)));
  put(room.first(deflate::compress(deflate::Format::raw, whole ? kSmallLevel : kFastLevel, values, room)));
}

void ZipWriter::add(std::string_view name, const NpzValue& value) {
  if (name.empty() || name.size() > 60'000 || name.find('\0') != name.npos || !utf32(name))
    throw Error(ErrorCode::invalid_name,
                fmt::format("the name of an array has {} bytes, expected text (UTF-8) of 1 to 60000", name.size()));
  names_.emplace_back(name);
  if (std::count(names_.begin(), names_.end(), name) != 1)
    throw Error(ErrorCode::invalid_name, fmt::format("two arrays have the name '{}'", name));
  const auto npy = npy_bytes(value);
  const auto header = std::as_bytes(std::span(npy.header));
  const auto values = npy.values(value);
  const bool stored = compression_ == NpzCompression::none;
  begin(std::string(name) + ".npy", stored, header.size() + values.size());
  if (stored) {
    put(header);
    put(values);
  } else {
    const auto out = memory_.acquire(deflate::piece_bound(header.size()));
    put({out->data(), deflate::compress_piece(0, header, {out->data(), out->bytes()})});
    put_deflated(values);
  }
  check(zipCloseFileInZipRaw64(zip_->file, header.size() + values.size(),
                               deflate::crc32(values, deflate::crc32(header))));
}

void ZipWriter::finish() {
  check(zipClose(std::exchange(zip_->file, nullptr), nullptr));
  window_.flush();
}

std::size_t ZipWriter::bound(std::span<const NamedValue> arrays) {
  std::size_t bytes = kEndBytes;
  for (const auto& array : arrays) bytes += kMemberBytes + 2 * (array.name.size() + 4) + whole_bound(array.value);
  return bytes;
}

std::span<const std::byte> NpyBytes::values(const NpzValue& value) const {
  return value.is_text() ? std::as_bytes(std::span(text)) : value.bytes();
}

NpyBytes npy_bytes(const NpzValue& value) {
  const auto texts = value.is_text() ? value.texts() : std::vector<std::string_view>();
  const auto size = value.is_text() ? texts.size() : value.size();
  if (value.shape().values() != size)
    throw Error(ErrorCode::wrong_shape, fmt::format("expected {} values for the shape {}, got {}",
                                                    value.shape().values(), value.shape().to_string(), size));
  if (!value.is_text()) return {npy_header(npy_type(value.dtype()), value.shape()), {}};
  std::size_t longest = 1;
  std::vector<std::u32string> wide;
  for (const auto text : texts) {
    auto characters = utf32(text);
    if (!characters || text.ends_with('\0'))
      throw Error(ErrorCode::invalid_argument,
                  "a text is not UTF-8, or ends in a character of value 0, which NPY drops");
    longest = std::max(longest, characters->size());
    wide.push_back(std::move(*characters));
  }
  std::u32string all;
  for (auto& text : wide) {
    text.resize(longest, U'\0');
    all += text;
  }
  return {npy_header(fmt::format("<U{}", longest), value.shape()), std::move(all)};
}

Written write_arrays(std::span<const NamedValue> arrays, NpzCompression compression, BufferPool& memory,
                     std::size_t window_bytes, const WriteAt& write_at) {
  Written written;
  Window window(memory.acquire(std::min(ZipWriter::bound(arrays), window_bytes)),
                [&](std::uint64_t address, std::span<const std::byte> bytes) {
                  written.crc32 = address == 0 ? deflate::crc32(bytes) : 0;
                  write_at(address, bytes);
                });
  ZipWriter zip(window, memory, compression);
  for (const auto& [name, value] : arrays) {
    try {
      zip.add(name, value);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::io || error.code() == ErrorCode::not_found) throw;
      throw Error(error.code(), fmt::format("array '{}': {}", name, error.what()), error.context());
    }
  }
  zip.finish();
  written.bytes = window.size();
  return written;
}

}  // namespace neurotape::npz
