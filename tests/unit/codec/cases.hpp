#pragma once
/// \file
/// What the codec tests have in common: every codec setting and kinds of data to try it on.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "backends/codec/decode.hpp"
#include "backends/codec/encode.hpp"
#include "backends/codec/filters.hpp"

namespace neurotape {

inline void PrintTo(const Codec& codec, std::ostream* to) { *to << codec.to_string(); }

}  // namespace neurotape

namespace neurotape::codec {

using Bytes = std::vector<std::byte>;

/// A codec that is to pass the conformance suite and the interop tests is listed here.
inline std::vector<Codec> every_codec() {
  std::vector<Codec> codecs = {Codec::none(), Codec::lzf()};
  for (int level = 1; level <= 9; ++level) codecs.push_back(Codec::gzip(level));
  for (const char* compressor : {"lz4", "lz4hc", "zstd", "blosclz", "zlib"})
    for (const int level : {0, 1, 5, 9}) codecs.push_back(Codec::blosc(compressor, level));
  codecs.push_back(Codec::blosc("lz4", 5, Shuffle::none));
  codecs.push_back(Codec::blosc("zstd", 3, Shuffle::bit));
  for (const Goal goal : {Goal::fastest, Goal::balanced, Goal::smallest, Goal::portable})
    codecs.push_back(Codec::adaptive(goal));
  return codecs;
}

inline std::string test_name(std::string_view text) {
  std::string name(text);
  for (char& c : name)
    if (c == ':') c = '_';
  return name;
}

inline std::string codec_name(const testing::TestParamInfo<Codec>& info) { return test_name(info.param.to_string()); }

enum class Data { constant, smooth, random };
inline constexpr Data kEveryData[] = {Data::constant, Data::smooth, Data::random};

inline Bytes random_bytes(std::size_t bytes, unsigned seed = 1) {
  std::mt19937 random(seed);
  Bytes data(bytes);
  for (std::byte& byte : data) byte = static_cast<std::byte>(random() & 0xff);
  return data;
}

/// Slow oscillations: floats where an element is one, else integers in its first bytes.
inline Bytes smooth_bytes(std::size_t bytes, std::size_t element_bytes) {
  Bytes data(bytes);
  for (std::size_t i = 0; (i + 1) * element_bytes <= bytes; ++i) {
    const double value = -65 + 10 * std::sin(static_cast<double>(i) * 1e-3);
    const auto narrow = static_cast<float>(value);
    const auto whole = static_cast<std::int8_t>(value);
    std::byte* to = data.data() + i * element_bytes;
    if (element_bytes == sizeof value)
      std::memcpy(to, &value, sizeof value);
    else if (element_bytes == sizeof narrow)
      std::memcpy(to, &narrow, sizeof narrow);
    else
      std::memcpy(to, &whole, sizeof whole);
  }
  return data;
}

inline Bytes make_data(Data kind, std::size_t bytes, std::size_t element_bytes) {
  if (kind == Data::random) return random_bytes(bytes);
  return kind == Data::smooth ? smooth_bytes(bytes, element_bytes) : Bytes(bytes, std::byte{0x2a});
}

struct StoredChunk {
  Bytes bytes;
  std::uint32_t filter_mask = 0;
};

/// Encodes into exactly `bound` bytes; a sanitizer, or the guard behind them, sees what goes beyond.
inline StoredChunk encode(const Encoder& encoder, const Bytes& raw) {
  const std::size_t bound = encoder.bound(raw.size());
  constexpr auto kGuard = std::byte{0xd5};
  Bytes out(bound + 64, kGuard);
  const Encoded encoded = encoder.encode(raw, std::span(out).first(bound));
  EXPECT_LE(encoded.bytes, bound);
  for (std::size_t i = bound; i < out.size(); ++i) EXPECT_EQ(out[i], kGuard) << "written beyond the bound, at " << i;
  out.resize(encoded.bytes);
  return {out, encoded.filter_mask};
}

inline StoredChunk encode(const Codec& codec, std::size_t element_bytes, const Bytes& raw) {
  return encode(*make_encoder(codec, element_bytes), raw);
}

/// Decodes what may be damaged: into memory of exactly this size, for the sanitizers.
inline Bytes decode(const std::vector<Filter>& filters, const StoredChunk& stored, std::size_t raw_bytes) {
  const Bytes exact(stored.bytes);
  Bytes out(raw_bytes);
  decode(filters, stored.filter_mask, exact, out);
  return out;
}

}  // namespace neurotape::codec
