#include "backends/codec/filters.hpp"

#include <gtest/gtest.h>

#include "neurotape/error.hpp"
#include "tests/unit/codec/cases.hpp"

namespace neurotape::codec {
namespace {

using Filters = std::vector<Filter>;

TEST(FilterPipeline, GzipIsShuffleAndDeflate) {
  EXPECT_EQ(filter_pipeline(Codec::gzip(4), 8, 4096), (Filters{{2, true, {8}}, {1, true, {4}}}));
}

TEST(FilterPipeline, LzfIsShuffleLzfAndChecksum) {
  EXPECT_EQ(filter_pipeline(Codec::lzf(), 2, 4096),
            (Filters{{2, true, {2}}, {32000, true, {4, 0x0105, 4096}}, {3, false, {}}}));
}

TEST(FilterPipeline, BloscHasTheParametersOfItsPlugin) {
  EXPECT_EQ(filter_pipeline(Codec::blosc("lz4", 5), 4, 4096),
            (Filters{{32001, true, {2, 2, 4, 4096, 5, 1, 1}}, {3, false, {}}}));
  EXPECT_EQ(filter_pipeline(Codec::blosc("zstd", 9, Shuffle::bit), 8, 1024)[0].parameters,
            (std::vector<unsigned>{2, 2, 8, 1024, 9, 2, 5}));
}

TEST(FilterPipeline, NoneIsAChecksum) { EXPECT_EQ(filter_pipeline(Codec::none(), 4, 64), (Filters{{3, false, {}}})); }

TEST(FilterPipeline, SingleBytesAreNotShuffled) {
  EXPECT_EQ(filter_pipeline(Codec::gzip(1), 1, 64), (Filters{{1, true, {1}}}));
  EXPECT_EQ(filter_pipeline(Codec::lzf(), 1, 64), (Filters{{32000, true, {4, 0x0105, 64}}, {3, false, {}}}));
}

TEST(FilterPipeline, BloscTakesLargeElementsForBytes) {
  EXPECT_EQ(filter_pipeline(Codec::blosc(), 255, 2550)[0].parameters[2], 255u);
  EXPECT_EQ(filter_pipeline(Codec::blosc(), 256, 2560)[0].parameters[2], 1u);
}

TEST(FilterPipeline, EveryCodecHasAChecksumThatIsAlwaysThere) {
  for (const Codec& codec : every_codec()) {
    const Filter last = filter_pipeline(codec, 4, 4096).back();
    EXPECT_TRUE(last.id == kDeflate || (last.id == kFletcher32 && !last.optional)) << codec.to_string();
  }
}

TEST(FilterPipeline, RefusesImpossibleSizes) {
  for (const Codec& codec : every_codec()) {
    EXPECT_THROW(filter_pipeline(codec, 0, 64), Error);
    EXPECT_THROW(filter_pipeline(codec, 4, 0), Error);
    EXPECT_NO_THROW(filter_pipeline(codec, 4, max_chunk_bytes(codec)));
    EXPECT_THROW(filter_pipeline(codec, 4, max_chunk_bytes(codec) + 1), Error);
    EXPECT_THROW(filter_pipeline(codec, std::size_t{1} << 32, 64), Error);
  }
}

TEST(FilterPipeline, TheLargestChunkStillFitsIn32Bits) {
  for (const Codec& codec : every_codec())
    EXPECT_LT(make_encoder(codec, 4)->bound(max_chunk_bytes(codec)), std::size_t{1} << 32) << codec.to_string();
}

}  // namespace
}  // namespace neurotape::codec
