#include "golden.hpp"

namespace neurotape {
namespace {

class CodecReadTest : public LoaderTest {
 protected:
  void SetUp() override {
    LoaderTest::SetUp();
    // HDF5 in this process finds no plug-in: chunks are decoded here.
    setenv("HDF5_PLUGIN_PATH", "/nonexistent", 1);
  }
};

void expect_stream(const EpisodeReader& episode, const std::string& name) {
  SCOPED_TRACE(name);
  const auto stream = episode.neural_state<float>(name);
  expect_rows(stream.all(), 0, 1000, 5);
  expect_rows(stream.rows(130, 1), 130, 1, 5);
  expect_rows(stream.rows(60, 200), 60, 200, 5);
  expect_rows(stream.between(991, 2000), 991, 9, 5);
  const auto column = stream.columns({3}).rows(100, 900);
  for (std::size_t i = 0; i < 900; ++i) ASSERT_EQ(column.values[i], golden<float>((i + 100) * 5 + 3));
}

TEST_F(CodecReadTest, EveryCodecIsReadWithoutPlugIns) {
  const Golden files("codecs");
  for (const char* name : {"none", "gzip", "lzf", "plain"}) expect_stream(files.episode(), name);
  for (const char* compressor : {"lz4", "zstd", "blosclz", "zlib"})
    for (const char* shuffle : {"0", "1", "2"})
      expect_stream(files.episode(), std::string("blosc:") + compressor + ":" + shuffle);
}

TEST_F(CodecReadTest, ForeignLayoutsAreRead) {
  const Golden files("codecs");
  for (const char* name :
       {"contiguous", "compact", "single_chunk", "larger_chunk", "big_endian", "scale_offset", "nine"})
    expect_stream(files.episode(), name);
}

TEST_F(CodecReadTest, APlugInThatHdf5LacksIsNamedWithItsPackage) {
  const Golden files("codecs");
  const auto stream = files.episode().neural_state<float>("scale_offset_lzf");
  expect_error(ErrorCode::unsupported, {"scale_offset_lzf", "filter 32000", "hdf5-plugin-lzf"}, [&] { stream.all(); });
}

TEST_F(CodecReadTest, ChunksMayMaskFilters) {
  const Golden files("codecs");
  expect_stream(files.episode(), "masked_lzf");
  expect_stream(files.episode(), "masked_gzip");
}

TEST_F(CodecReadTest, LargeReadsAreDecodedInParallelToTheSameValues) {
  const Golden files("large");
  expect_rows(files.episode().neural_state<float>("v").all(), 0, 20000, 100);
  expect_rows(files.episode().neural_state<float>("v").between(100, 19900), 100, 19800, 100);
}

}  // namespace
}  // namespace neurotape
