#include "backends/codec/deflate.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <memory>
#include <new>

#include "neurotape/error.hpp"

namespace neurotape::codec {
namespace {

constexpr std::size_t kHeaderBytes = 2;
constexpr std::size_t kAdlerBytes = 4;
constexpr std::size_t kBlockHeaderBytes = 5;
constexpr std::size_t kBlockBytes = 65535;  // the most that a stored block holds
constexpr int kHighestIsalLevel = 3;

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
std::size_t isal_compress(int level, std::span<const std::byte> raw, std::span<std::byte> out) {
  Isal& isal = thread_isal();
  isal_deflate_stateless_init(&isal.stream);
  isal.stream.hist_bits = 0;  // the whole window of 32 KiB
  isal.stream.level = static_cast<std::uint32_t>(level);
  isal.stream.level_buf = isal.level_buffer.data();
  isal.stream.level_buf_size = kLevelBufferBytes.at(static_cast<std::size_t>(level));
  isal.stream.gzip_flag = IGZIP_ZLIB;
  isal.stream.flush = NO_FLUSH;
  isal.stream.end_of_stream = 1;
  isal.stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(raw.data()));
  isal.stream.avail_in = static_cast<std::uint32_t>(raw.size());
  isal.stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  isal.stream.avail_out = static_cast<std::uint32_t>(out.size());
  const int result = isal_deflate_stateless(&isal.stream);
  return result == COMP_OK && isal.stream.avail_in == 0 ? out.size() - isal.stream.avail_out : 0;
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

std::size_t store(std::span<const std::byte> raw, std::span<std::byte> out) {
  const std::uint32_t adler = libdeflate_adler32(1, raw.data(), raw.size());
  std::byte* to = put_byte(put_byte(out.data(), 0x78), 0x01);  // 32 KiB window, fastest; a multiple of 31
  for (std::size_t block = stored_blocks(raw.size()); block-- > 0;) {
    const auto bytes = raw.first(std::min(raw.size(), kBlockBytes));
    to = put_block_header(to, bytes.size(), block == 0);
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    to += bytes.size();
    raw = raw.subspan(bytes.size());
  }
  for (const int shift : {24, 16, 8, 0}) to = put_byte(to, adler >> shift);
  return static_cast<std::size_t>(to - out.data());
}

}  // namespace

std::size_t zlib_bound(std::size_t raw_bytes) noexcept {
  return kHeaderBytes + stored_blocks(raw_bytes) * kBlockHeaderBytes + raw_bytes + kAdlerBytes;
}

std::size_t zlib_compress(int level, std::span<const std::byte> raw, std::span<std::byte> out) {
  out = out.first(zlib_bound(raw.size()));
  const std::size_t bytes = level <= kHighestIsalLevel ? isal_compress(level, raw, out)
                                                       : libdeflate_zlib_compress(&thread_compressor(level), raw.data(),
                                                                                  raw.size(), out.data(), out.size());
  return bytes != 0 ? bytes : store(raw, out);
}

void zlib_decompress(std::span<const std::byte> stored, std::span<std::byte> out) {
  std::size_t consumed = 0;
  const auto result = libdeflate_zlib_decompress_ex(&thread_decompressor(), stored.data(), stored.size(), out.data(),
                                                    out.size(), &consumed, nullptr);
  if (result == LIBDEFLATE_SHORT_OUTPUT || result == LIBDEFLATE_INSUFFICIENT_SPACE)
    throw Error(ErrorCode::damaged, "a deflated chunk does not have the size of its dataset's chunks");
  if (result != LIBDEFLATE_SUCCESS)
    throw Error(ErrorCode::damaged, "a chunk is not a zlib stream with a right checksum");
  if (consumed != stored.size()) throw Error(ErrorCode::damaged, "a deflated chunk ends before its stored bytes do");
}

}  // namespace neurotape::codec
