#include "neurotape/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neurotape/error.hpp"
#include "tests/support/errors.hpp"
#include "tests/unit/codec/cases.hpp"

namespace neurotape {
namespace {

using support::error_of;
using testing::HasSubstr;

TEST(Codec, DefaultsAreThePortableAndTheFastOne) {
  EXPECT_EQ(Codec::gzip(), Codec::gzip(1));
  EXPECT_EQ(Codec::blosc(), Codec::blosc("lz4", 5, Shuffle::byte));
}

TEST(Codec, KeepsItsSettings) {
  const Codec codec = Codec::blosc("zstd", 7, Shuffle::bit);
  EXPECT_EQ(codec.family(), Codec::Family::blosc);
  EXPECT_EQ(codec.compressor(), "zstd");
  EXPECT_EQ(codec.level(), 7);
  EXPECT_EQ(codec.shuffle(), Shuffle::bit);
  EXPECT_EQ(Codec::gzip(4).level(), 4);
  EXPECT_EQ(Codec::gzip(4).compressor(), "");
}

TEST(Codec, DifferentSettingsDiffer) {
  EXPECT_NE(Codec::gzip(1), Codec::gzip(2));
  EXPECT_NE(Codec::none(), Codec::lzf());
  EXPECT_NE(Codec::blosc("lz4", 5, Shuffle::byte), Codec::blosc("lz4", 5, Shuffle::bit));
}

TEST(Codec, AnUnknownCompressorNamesTheKnownOnes) {
  const Error error = error_of([] { Codec::blosc("snappy"); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_THAT(error.what(), HasSubstr("'snappy' is not one of lz4, lz4hc, zstd, blosclz, zlib"));
}

TEST(Codec, ALevelOutOfRangeNamesTheRange) {
  for (const int level : {-1, 0, 10}) {
    const Error error = error_of([&] { Codec::gzip(level); });
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.what(), HasSubstr("is not one of 1 to 9"));
  }
  EXPECT_THAT(error_of([] { Codec::blosc("lz4", 10); }).what(), HasSubstr("level 10 is not one of 0 to 9"));
  EXPECT_THROW(Codec::blosc("lz4", -1), Error);
  EXPECT_NO_THROW(Codec::blosc("lz4", 0));
}

TEST(Codec, AShuffleOutOfRangeIsRefused) { EXPECT_THROW(Codec::blosc("lz4", 5, static_cast<Shuffle>(7)), Error); }

TEST(Codec, AdaptiveHasAGoal) {
  EXPECT_EQ(Codec::parse("adaptive"), Codec::adaptive(Goal::balanced));
  EXPECT_EQ(Codec::parse("adaptive:smallest").goal(), Goal::smallest);
  EXPECT_THAT(error_of([] { Codec::parse("adaptive:best"); }).what(),
              HasSubstr("the goal 'best' is not one of fastest, balanced, smallest, portable"));
  EXPECT_THROW(Codec::adaptive(static_cast<Goal>(9)), Error);
}

TEST(Codec, TextRoundTripsForEveryCodec) {
  for (const Codec& codec : codec::every_codec()) EXPECT_EQ(Codec::parse(codec.to_string()), codec);
}

TEST(Codec, ParsesShortForms) {
  EXPECT_EQ(Codec::parse("none"), Codec::none());
  EXPECT_EQ(Codec::parse("lzf"), Codec::lzf());
  EXPECT_EQ(Codec::parse("gzip"), Codec::gzip(1));
  EXPECT_EQ(Codec::parse("gzip:4"), Codec::gzip(4));
  EXPECT_EQ(Codec::parse("blosc"), Codec::blosc());
  EXPECT_EQ(Codec::parse("blosc:zstd"), Codec::blosc("zstd"));
  EXPECT_EQ(Codec::parse("blosc:zstd:3"), Codec::blosc("zstd", 3));
  EXPECT_EQ(Codec::parse("blosc:zstd:3:bit"), Codec::blosc("zstd", 3, Shuffle::bit));
  EXPECT_EQ(Codec::parse("blosc:lz4:5:none"), Codec::blosc("lz4", 5, Shuffle::none));
}

TEST(Codec, RefusesOtherTexts) {
  for (const char* text : {"", ":", "zip", "none:1", "lzf:1", "gzip:", "gzip:x", "gzip:4x", "gzip: 4", "gzip:4:byte",
                           "gzip:0", "GZIP", "gzip:99999999999999999999", "blosc:", "blosc:snappy",
                           "blosc:lz4:", "blosc:lz4:5:nibble", "blosc:lz4:5:byte:1"}) {
    const Error error = error_of([&] { Codec::parse(text); });
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << text;
  }
  EXPECT_THAT(error_of([] { Codec::parse("zip"); }).what(), HasSubstr("codec 'zip' is not 'none', 'gzip[:level]'"));
  EXPECT_THAT(error_of([] { Codec::parse("blosc:lz4:5:nibble"); }).what(), HasSubstr("none, byte, bit"));
}

}  // namespace
}  // namespace neurotape
