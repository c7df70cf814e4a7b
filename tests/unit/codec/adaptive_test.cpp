// What an adaptive encoder chooses, and when.

#include "backends/codec/adaptive.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "tests/unit/codec/cases.hpp"

namespace neurotape::codec {
namespace {

constexpr std::size_t kBytes = 1 << 18;
constexpr Goal kGoals[] = {Goal::fastest, Goal::balanced, Goal::smallest, Goal::portable};

TEST(Adaptive, WhatCannotShrinkIsOnlyStored) {
  for (const Goal goal : kGoals) {
    const AdaptiveEncoder encoder(goal, 4);
    encode(encoder, random_bytes(kBytes));
    EXPECT_EQ(encoder.chosen(), goal == Goal::portable ? "gzip:0" : "blosc:lz4:0:none");
  }
}

TEST(Adaptive, SmallestIsAsSmallAsEachSettingThatItTries) {
  const Bytes raw = smooth_bytes(kBytes, 8);
  const AdaptiveEncoder encoder(Goal::smallest, 8);
  const auto stored = encode(encoder, raw).bytes.size();
  for (const auto shuffle : {Shuffle::none, Shuffle::byte, Shuffle::bit})
    EXPECT_LE(stored, encode(Codec::blosc("zstd", 9, shuffle), 8, raw).bytes.size()) << encoder.chosen();
  EXPECT_LT(stored, encode(Codec::blosc("lz4", 5), 8, raw).bytes.size());
}

TEST(Adaptive, LooksAgainWhenTheDataHasChanged) {
  for (const Goal goal : kGoals) {
    const AdaptiveEncoder encoder(goal, 4);
    for (int i = 0; i < 3; ++i) encode(encoder, random_bytes(kBytes));
    const auto before = encoder.chosen();
    const Bytes zeros(kBytes);
    for (int i = 3; i < 5; ++i) encode(encoder, zeros);
    EXPECT_NE(encoder.chosen(), before);
    EXPECT_LT(encode(encoder, zeros).bytes.size(), kBytes / 16);
  }
}

TEST(Adaptive, InHasteItTakesTheCheapest) {
  const Bytes raw = make_data(Data::constant, kBytes, 8);
  for (const Goal goal : kGoals) {
    const AdaptiveEncoder encoder(goal, 8);
    encode(encoder, raw);
    Bytes out(encoder.bound(raw.size()));
    const Encoded hasty = encoder.encode_in_haste(raw, out);
    out.resize(hasty.bytes);
    if (goal == Goal::portable)
      EXPECT_GE(hasty.bytes, raw.size());
    else
      EXPECT_EQ(out, encode(Codec::blosc("lz4", 1), 8, raw).bytes);
    const auto filters = filter_pipeline(Codec::adaptive(goal), 8, raw.size());
    EXPECT_EQ(decode(filters, {out, hasty.filter_mask}, raw.size()), raw);
  }
}

TEST(Adaptive, OthersHaveNothingToChoose) {
  EXPECT_EQ(make_encoder(Codec::gzip(), 4)->chosen(), "");
  EXPECT_EQ(make_encoder(Codec::blosc(), 4)->chosen(), "");
}

}  // namespace
}  // namespace neurotape::codec
