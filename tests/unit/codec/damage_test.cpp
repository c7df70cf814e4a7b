// Bytes that are not what an encoder wrote: an error, or the right data, and never out of bounds.

#include <gtest/gtest.h>

#include "backends/codec/fletcher32.hpp"
#include "neurotape/error.hpp"
#include "tests/unit/codec/cases.hpp"

namespace neurotape::codec {
namespace {

constexpr std::size_t kRawBytes = 600;

enum class Outcome { same, other, damaged };

Outcome outcome(const std::vector<Filter>& filters, const StoredChunk& stored, const Bytes& raw) {
  try {
    return decode(filters, stored, raw.size()) == raw ? Outcome::same : Outcome::other;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::damaged) << error.what();
    return Outcome::damaged;
  }
}

class DamagedChunk : public testing::TestWithParam<Codec> {
 protected:
  std::vector<Filter> filters_ = filter_pipeline(GetParam(), 4, kRawBytes);

  StoredChunk stored(const Bytes& raw) const { return encode(GetParam(), 4, raw); }
};

TEST_P(DamagedChunk, EveryFlippedBitIsFoundOrHarmless) {
  for (const Data data : kEveryData) {
    const Bytes raw = make_data(data, kRawBytes, 4);
    StoredChunk chunk = stored(raw);
    std::size_t found = 0;
    for (std::size_t bit = 0; bit < chunk.bytes.size() * 8; ++bit) {
      const auto flip = static_cast<std::byte>(1u << bit % 8);
      chunk.bytes[bit / 8] ^= flip;
      const Outcome result = outcome(filters_, chunk, raw);
      EXPECT_NE(result, Outcome::other) << "bit " << bit << ", data " << static_cast<int>(data);
      found += result == Outcome::damaged ? 1 : 0;
      chunk.bytes[bit / 8] ^= flip;
    }
    EXPECT_GT(found, chunk.bytes.size() * 6);  // in deflate, some bits mean nothing
    EXPECT_EQ(outcome(filters_, chunk, raw), Outcome::same);
  }
}

TEST_P(DamagedChunk, EveryOtherLengthIsFound) {
  const Bytes raw = make_data(Data::smooth, kRawBytes, 4);
  const StoredChunk whole = stored(raw);
  for (std::size_t length = 0; length < whole.bytes.size() + 8; ++length) {
    if (length == whole.bytes.size()) continue;
    StoredChunk chunk = whole;
    chunk.bytes.resize(length);
    EXPECT_EQ(outcome(filters_, chunk, raw), Outcome::damaged) << length << " bytes";
  }
}

TEST_P(DamagedChunk, AnotherChunkSizeIsFound) {
  const StoredChunk chunk = stored(make_data(Data::smooth, kRawBytes, 4));
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, kRawBytes - 4, kRawBytes + 4, 10 * kRawBytes})
    EXPECT_EQ(outcome(filters_, chunk, Bytes(bytes)), Outcome::damaged) << bytes << " bytes";
}

/// With the checksum right again, so that the compressor's own checks are what stands between.
TEST_P(DamagedChunk, WhatPassesTheChecksumStaysInBounds) {
  std::mt19937 random(11);
  for (const Data data : kEveryData) {
    const Bytes raw = make_data(data, kRawBytes * 20, 4);
    const StoredChunk whole = stored(raw);
    for (int i = 0; i < 3000; ++i) {
      StoredChunk chunk = whole;
      for (unsigned hits = 1 + random() % 4; hits > 0; --hits) {
        const std::size_t where = random() % 2 == 0 ? random() % std::min<std::size_t>(64, chunk.bytes.size())
                                                    : random() % chunk.bytes.size();
        chunk.bytes[where] = static_cast<std::byte>(random() & 0xff);
      }
      if (filters_.back().id == kFletcher32) append_fletcher32(chunk.bytes, chunk.bytes.size() - kFletcher32Bytes);
      outcome(filters_, chunk, raw);
    }
  }
}

TEST_P(DamagedChunk, NoiseIsRefused) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    const StoredChunk chunk{random_bytes(1 + seed % 200, seed), 0};
    EXPECT_EQ(outcome(filters_, chunk, Bytes(kRawBytes)), Outcome::damaged) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, DamagedChunk, testing::ValuesIn(every_codec()), codec_name);

TEST(Decode, AFilterThatWasLeftOutIsNotUndone) {
  const Bytes raw = random_bytes(64);
  const auto filters = filter_pipeline(Codec::gzip(1), 4, raw.size());
  EXPECT_EQ(decode(filters, {raw, 0b11}, raw.size()), raw);
  EXPECT_EQ(decode({}, {raw, 0}, raw.size()), raw);
  EXPECT_THROW(decode(filters, {Bytes(63), 0b11}, raw.size()), Error);
}

TEST(Decode, KnowsChainsInAnyOrder) {
  const Bytes raw = smooth_bytes(1000, 4);
  // Fletcher32 first: the compressor sees four bytes more, and a shuffle before it leaves them at the end.
  Bytes summed(raw);
  summed.resize(raw.size() + kFletcher32Bytes);
  append_fletcher32(summed, raw.size());
  const StoredChunk stored = encode(Codec::gzip(6), 4, summed);
  const std::vector<Filter> filters = {{kFletcher32, false, {}}, {kShuffle, true, {4}}, {kDeflate, true, {6}}};
  EXPECT_EQ(decode(filters, stored, raw.size()), raw);
}

TEST(Decode, UndoesSeveralShufflesOneAfterTheOther) {
  const Bytes raw = random_bytes(24);
  const StoredChunk twice{encode(Codec::gzip(1), 2, encode(Codec::none(), 1, raw).bytes).bytes, 0};
  const std::vector<Filter> filters = {
      {kFletcher32, false, {}}, {kShuffle, true, {1}}, {kShuffle, true, {2}}, {kDeflate, true, {1}}};
  EXPECT_EQ(decode(filters, twice, raw.size()), raw);
}

TEST(Decode, SaysWhichChainsItKnows) {
  EXPECT_TRUE(can_decode(std::vector<Filter>{}));
  EXPECT_FALSE(can_decode(std::vector<Filter>{{4, true, {}}}));  // szip
  EXPECT_FALSE(can_decode(std::vector<Filter>{{kDeflate, true, {1}}, {kLzf, true, {}}}));
  EXPECT_FALSE(can_decode(std::vector<Filter>(33, Filter{kFletcher32, false, {}})));
  try {
    decode({{4, true, {}}}, {Bytes(8), 0}, 8);
    FAIL() << "an unknown filter was taken for a known one";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
  }
}

TEST(Decode, AShuffleWithoutAnElementSizeIsDamaged) {
  for (const std::vector<unsigned>& parameters : {std::vector<unsigned>{}, {0}, {4, 4}})
    EXPECT_EQ(outcome({{kShuffle, true, parameters}}, {Bytes(8), 0}, Bytes(8)), Outcome::damaged);
}

}  // namespace
}  // namespace neurotape::codec
