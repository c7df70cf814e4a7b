#include "backends/deflate/deflate.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <memory>
#include <new>

#include "neurotape/error.hpp"

namespace neurotape::deflate {
namespace {

constexpr std::size_t kHeaderBytes = 2;
constexpr std::size_t kAdlerBytes = 4;
constexpr std::size_t kBlockHeaderBytes = 5;
constexpr std::size_t kBlockBytes = 65535;  // the most that a stored block holds
constexpr std::size_t kSyncBytes = 5;       // an empty stored block

std::size_t stored_blocks(std::size_t raw_bytes) noexcept {
  return std::max<std::size_t>(1, (raw_bytes + kBlockBytes - 1) / kBlockBytes);
}

struct FreeCompressor {
  void operator()(libdeflate_compressor* compressor) const noexcept { libdeflate_free_compressor(compressor); }
};
struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const noexcept { libdeflate_free_decompressor(decompressor); }
};

/// Both are large, and neither may be shared between threads. Zeroed once: ISA-L's initialisation leaves
/// fields alone that it reads later.
struct alignas(64) Isal {
  isal_zstream stream;
  std::array<std::uint8_t, ISAL_DEF_LVL3_DEFAULT> level_buffer;
};

constexpr std::array<std::uint32_t, kHighestIsalLevel + 1> kLevelBufferBytes = {
    0, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT, ISAL_DEF_LVL3_DEFAULT};

Isal& thread_isal() {
  thread_local const auto isal = std::make_unique<Isal>();
  return *isal;
}

libdeflate_compressor& thread_compressor(int level) {
  thread_local std::array<std::unique_ptr<libdeflate_compressor, FreeCompressor>, 10> compressors;
  auto& compressor = compressors.at(static_cast<std::size_t>(level));
  if (!compressor) compressor.reset(libdeflate_alloc_compressor(level));
  if (!compressor) throw std::bad_alloc();
  return *compressor;
}

libdeflate_decompressor& thread_decompressor() {
  thread_local const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
      libdeflate_alloc_decompressor());
  if (!decompressor) throw std::bad_alloc();
  return *decompressor;
}

/// \returns 0 when the result does not fit in `out`.
std::size_t isal_compress(Format format, int level, bool last, std::span<const std::byte> raw,
                          std::span<std::byte> out) {
  Isal& isal = thread_isal();
  isal_deflate_stateless_init(&isal.stream);
  isal.stream.hist_bits = 0;  // the whole window of 32 KiB
  isal.stream.level = static_cast<std::uint32_t>(level);
  isal.stream.level_buf = isal.level_buffer.data();
  isal.stream.level_buf_size = kLevelBufferBytes.at(static_cast<std::size_t>(level));
  isal.stream.gzip_flag = format == Format::zlib ? IGZIP_ZLIB : IGZIP_DEFLATE;
  isal.stream.flush = last ? NO_FLUSH : FULL_FLUSH;
  isal.stream.end_of_stream = last ? 1 : 0;
  isal.stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(raw.data()));
  isal.stream.avail_in = static_cast<std::uint32_t>(raw.size());
  isal.stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  isal.stream.avail_out = static_cast<std::uint32_t>(out.size());
  const int result = isal_deflate_stateless(&isal.stream);
  return result == COMP_OK && isal.stream.avail_in == 0 ? out.size() - isal.stream.avail_out : 0;
}

std::size_t with_libdeflate(Format format, int level, std::span<const std::byte> raw, std::span<std::byte> out) {
  auto* const call = format == Format::zlib ? libdeflate_zlib_compress : libdeflate_deflate_compress;
  return call(&thread_compressor(level), raw.data(), raw.size(), out.data(), out.size());
}

std::byte* put_byte(std::byte* to, std::size_t value) {
  *to = static_cast<std::byte>(value & 0xff);
  return to + 1;
}

std::byte* put_block_header(std::byte* to, std::size_t bytes, bool last) {
  to = put_byte(to, last ? 1 : 0);
  to = put_byte(put_byte(to, bytes), bytes >> 8);
  return put_byte(put_byte(to, ~bytes), ~bytes >> 8);
}

std::byte* put_stored_blocks(std::byte* to, std::span<const std::byte> raw, bool last) {
  for (std::size_t block = stored_blocks(raw.size()); block-- > 0;) {
    const auto bytes = raw.first(std::min(raw.size(), kBlockBytes));
    to = put_block_header(to, bytes.size(), last && block == 0);
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    to += bytes.size();
    raw = raw.subspan(bytes.size());
  }
  return to;
}

std::size_t store(Format format, std::span<const std::byte> raw, std::span<std::byte> out) {
  std::byte* to = out.data();
  if (format == Format::zlib) to = put_byte(put_byte(to, 0x78), 0x01);  // 32 KiB window, fastest; a multiple of 31
  to = put_stored_blocks(to, raw, true);
  if (format == Format::zlib) {
    const std::uint32_t adler = libdeflate_adler32(1, raw.data(), raw.size());
    for (const int shift : {24, 16, 8, 0}) to = put_byte(to, adler >> shift);
  }
  return static_cast<std::size_t>(to - out.data());
}

}  // namespace

std::size_t bound(Format format, std::size_t raw_bytes) noexcept {
  const std::size_t around = format == Format::zlib ? kHeaderBytes + kAdlerBytes : 0;
  return around + stored_blocks(raw_bytes) * kBlockHeaderBytes + raw_bytes;
}

std::size_t piece_bound(std::size_t raw_bytes) noexcept { return bound(Format::raw, raw_bytes) + kSyncBytes; }

std::size_t compress(Format format, int level, std::span<const std::byte> raw, std::span<std::byte> out) {
  out = out.first(bound(format, raw.size()));
  if (level == 0) return store(format, raw, out);
  const std::size_t bytes = level <= kHighestIsalLevel ? isal_compress(format, level, true, raw, out)
                                                       : with_libdeflate(format, level, raw, out);
  return bytes != 0 ? bytes : store(format, raw, out);
}

std::size_t compress_piece(int level, std::span<const std::byte> raw, std::span<std::byte> out) {
  const std::size_t bytes = level == 0 ? 0 : isal_compress(Format::raw, level, false, raw, out);
  if (bytes != 0) return bytes;
  return static_cast<std::size_t>(put_stored_blocks(out.data(), raw, false) - out.data());
}

void decompress(Format format, std::span<const std::byte> stored, std::span<std::byte> out) {
  auto* const call = format == Format::zlib ? libdeflate_zlib_decompress_ex : libdeflate_deflate_decompress_ex;
  std::size_t consumed = 0;
  const auto result =
      call(&thread_decompressor(), stored.data(), stored.size(), out.data(), out.size(), &consumed, nullptr);
  if (result == LIBDEFLATE_SHORT_OUTPUT || result == LIBDEFLATE_INSUFFICIENT_SPACE)
    throw Error(ErrorCode::damaged, "deflated bytes do not have the size that they should have");
  if (result != LIBDEFLATE_SUCCESS)
    throw Error(ErrorCode::damaged, format == Format::zlib ? "it is not a zlib stream with a right checksum"
                                                           : "it is not a deflate stream");
  if (consumed != stored.size()) throw Error(ErrorCode::damaged, "a deflate stream ends before its stored bytes do");
}

std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t seed) noexcept {
  return bytes.empty() ? seed : libdeflate_crc32(seed, bytes.data(), bytes.size());
}

}  // namespace neurotape::deflate
