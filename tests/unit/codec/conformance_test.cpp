// What every codec promises: its chain reads what its encoder wrote.

#include <blosc.h>
#include <gtest/gtest.h>
#include <numeric>
#include <thread>

#include "neurotape/error.hpp"
#include "tests/unit/codec/cases.hpp"

namespace neurotape::codec {
namespace {

constexpr std::size_t kElementSizes[] = {1, 2, 3, 4, 8, 16, 64, 300};
constexpr std::size_t kElements[] = {1, 7, 100, 4099};
constexpr std::size_t kOddSizes[] = {1, 3, 127, 129, 65535, 65537, 131071};

class CodecConformance : public testing::TestWithParam<Codec> {
 protected:
  void expect_round_trip(const Bytes& raw, std::size_t element_bytes) const {
    const auto filters = filter_pipeline(GetParam(), element_bytes, raw.size());
    ASSERT_TRUE(can_decode(filters));
    const StoredChunk stored = encode(GetParam(), element_bytes, raw);
    EXPECT_EQ(decode(filters, stored, raw.size()), raw);
    for (std::size_t i = 0; i < filters.size(); ++i)
      EXPECT_TRUE((stored.filter_mask >> i & 1) == 0 || filters[i].id == kLzf) << "filter " << filters[i].id;
    EXPECT_EQ(stored.filter_mask >> filters.size(), 0u);
  }

  bool compresses() const {
    return GetParam() != Codec::none() && !(GetParam().family() == Codec::Family::blosc && GetParam().level() == 0);
  }
};

TEST_P(CodecConformance, RoundTripsEveryElementSizeAndKindOfData) {
  for (const std::size_t element_bytes : kElementSizes)
    for (const Data data : kEveryData)
      for (const std::size_t elements : kElements) {
        SCOPED_TRACE(testing::Message() << elements << " elements of " << element_bytes << ", data "
                                        << static_cast<int>(data));
        expect_round_trip(make_data(data, elements * element_bytes, element_bytes), element_bytes);
      }
}

TEST_P(CodecConformance, RoundTripsSizesThatAreNoMultipleOfAnything) {
  for (const std::size_t bytes : kOddSizes)
    for (const Data data : kEveryData) expect_round_trip(make_data(data, bytes, 4), 4);
}

TEST_P(CodecConformance, RoundTripsALargeChunk) {
  for (const Data data : kEveryData) expect_round_trip(make_data(data, (1 << 20) + 4, 4), 4);
}

TEST_P(CodecConformance, ShrinksWhatCanShrinkUnlessItIsAskedToCopy) {
  const Bytes raw = make_data(Data::constant, 1 << 16, 8);
  const std::size_t bytes = encode(GetParam(), 8, raw).bytes.size();
  if (compresses())
    EXPECT_LT(bytes, 4096u);
  else
    EXPECT_GT(bytes, raw.size());
}

TEST_P(CodecConformance, AddsLittleToWhatCannotShrink) {
  const Bytes raw = random_bytes(1 << 16);
  EXPECT_LE(encode(GetParam(), 4, raw).bytes.size(), raw.size() + 32);
}

TEST_P(CodecConformance, WritesTheSameBytesFromSeveralThreadsAtOnce) {
  const Bytes raw = make_data(Data::smooth, 100'000, 4);
  const auto filters = filter_pipeline(GetParam(), 4, raw.size());
  const auto encoder = make_encoder(GetParam(), 4);
  std::vector<int> right(4);
  std::vector<std::thread> threads;
  for (int& mine : right)
    threads.emplace_back([&] {
      for (int i = 0; i < 3; ++i) mine += decode(filters, encode(*encoder, raw), raw.size()) == raw ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::accumulate(right.begin(), right.end(), 0), 12);
}

TEST_P(CodecConformance, KeepsNothingOfThePreviousChunk) {
  const auto encoder = make_encoder(GetParam(), 4);
  const auto filters = filter_pipeline(GetParam(), 4, 4096);
  const Bytes first = make_data(Data::smooth, 4096, 4);
  const Bytes expected = encode(*encoder, first).bytes;
  for (const int level : {3, 2, 1, 9}) encode(Codec::gzip(level), 4, random_bytes(70'000));
  encode(*encoder, random_bytes(70'000));
  // LZF's choices depend on what its hash table held, an adaptive codec's on what it has seen.
  if (GetParam().family() == Codec::Family::lzf || GetParam().family() == Codec::Family::adaptive)
    EXPECT_EQ(decode(filters, encode(*encoder, first), first.size()), first);
  else
    EXPECT_EQ(encode(*encoder, first).bytes, expected);
}

TEST_P(CodecConformance, RefusesAnEmptyChunk) {
  Bytes out(1024);
  EXPECT_THROW(make_encoder(GetParam(), 4)->encode({}, out), Error);
  EXPECT_THROW(make_encoder(GetParam(), 0), Error);
}

INSTANTIATE_TEST_SUITE_P(Every, CodecConformance, testing::ValuesIn(every_codec()), codec_name);

TEST(Lzf, LeavesItselfOutWhereNothingShrinks) {
  const Bytes raw = random_bytes(4096);
  EXPECT_EQ(encode(Codec::lzf(), 4, raw).filter_mask, 0b10u);
  EXPECT_EQ(encode(Codec::lzf(), 1, raw).filter_mask, 0b01u);
  EXPECT_EQ(encode(Codec::lzf(), 4, Bytes(4096)).filter_mask, 0u);
  EXPECT_EQ(encode(Codec::lzf(), 4, raw).bytes.size(), raw.size() + 4);
}

TEST(Gzip, ALevelIsHeeded) {
  Bytes raw = smooth_bytes(1 << 18, 4);
  const Bytes noise = random_bytes(raw.size(), 5);
  for (std::size_t i = 0; i < raw.size(); i += 4) raw[i] ^= noise[i] & std::byte{0x0f};
  std::vector<Bytes> stored;
  for (int level = 1; level <= 9; ++level) {
    stored.push_back(encode(Codec::gzip(level), 4, raw).bytes);
    for (std::size_t other = 0; other + 1 < stored.size(); ++other)
      EXPECT_NE(stored[other], stored.back()) << "levels " << other + 1 << " and " << level;
  }
  EXPECT_LT(stored[8].size(), stored[0].size());
}

struct BloscHeader {
  std::string library;
  std::size_t type_bytes = 0;
  int flags = 0;
};

BloscHeader blosc_header(const Codec& codec, std::size_t element_bytes) {
  const Bytes stored = encode(codec, element_bytes, smooth_bytes(1 << 16, element_bytes)).bytes;
  BloscHeader header;
  header.library = blosc_cbuffer_complib(stored.data());
  blosc_cbuffer_metainfo(stored.data(), &header.type_bytes, &header.flags);
  header.flags &= BLOSC_DOSHUFFLE | BLOSC_DOBITSHUFFLE;
  return header;
}

TEST(Blosc, ACompressorIsHeeded) {
  EXPECT_EQ(blosc_header(Codec::blosc("lz4"), 4).library, "LZ4");
  EXPECT_EQ(blosc_header(Codec::blosc("lz4hc"), 4).library, "LZ4");
  EXPECT_EQ(blosc_header(Codec::blosc("zstd"), 4).library, "Zstd");
  EXPECT_EQ(blosc_header(Codec::blosc("blosclz"), 4).library, "BloscLZ");
  EXPECT_EQ(blosc_header(Codec::blosc("zlib"), 4).library, "Zlib");
  const Bytes raw = smooth_bytes(1 << 18, 4);
  EXPECT_NE(encode(Codec::blosc("lz4"), 4, raw).bytes, encode(Codec::blosc("lz4hc"), 4, raw).bytes);
}

TEST(Blosc, AShuffleAndAnElementSizeAreHeeded) {
  EXPECT_EQ(blosc_header(Codec::blosc("lz4", 5, Shuffle::none), 4).flags, 0);
  EXPECT_EQ(blosc_header(Codec::blosc("lz4", 5, Shuffle::byte), 4).flags, BLOSC_DOSHUFFLE);
  EXPECT_EQ(blosc_header(Codec::blosc("lz4", 5, Shuffle::bit), 4).flags, BLOSC_DOBITSHUFFLE);
  EXPECT_EQ(blosc_header(Codec::blosc(), 8).type_bytes, 8u);
  EXPECT_EQ(blosc_header(Codec::blosc(), 300).type_bytes, 1u);
}

TEST(Blosc, ALevelIsHeeded) {
  const Bytes raw = smooth_bytes(1 << 20, 4);
  const auto bytes = [&](int level) { return encode(Codec::blosc("zstd", level), 4, raw).bytes.size(); };
  EXPECT_GT(bytes(0), raw.size());
  EXPECT_GT(bytes(1), bytes(9));
}

}  // namespace
}  // namespace neurotape::codec
