#include <Eigen/Core>
#include <limits>

#include "artifacts.hpp"
#include "backends/deflate/deflate.hpp"

namespace neurotape::artifacts {
namespace {

class AttentionWriter : public Artifacts {};

TEST_F(AttentionWriter, EachMapIsAFileOfItsOwnThatNumpyReads) {
  auto maps = writer();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(maps.save(map_of(i), "chb01_0" + std::to_string(i)));
    EXPECT_TRUE(std::filesystem::exists(path() / ("chb01_0" + std::to_string(i) + "_attention.npz")));
    expect_sound(static_cast<std::size_t>(i) + 1);  // exact after each
  }
  const auto found = expect_sound(5);
  if (found.empty()) GTEST_SKIP() << "no python3 with numpy";
  for (int i = 0; i < 5; ++i) {
    const auto map = map_of(i);
    const auto& seen = found["maps"]["chb01_0" + std::to_string(i)];
    EXPECT_EQ(seen["crc32"], deflate::crc32(std::as_bytes(std::span(map))));
    EXPECT_EQ(seen["shape"], json({kChannels, kSamples}));
    EXPECT_EQ(seen["arrays"], json::object());
  }
}

TEST_F(AttentionWriter, TheDefaultShapeIs22ChannelsOf15000Samples) {
  AttentionMapWriter maps(path(), {}, kQuick);
  const std::vector<float> map(std::size_t{22} * 15000, 0.5F);
  maps.save(map, "a");
  EXPECT_EQ(maps.manifest().at(0).shape, Shape(22, 15000));
  expect_error(ErrorCode::wrong_shape, "map 'b': expected the shape (22, 15000), got (4, 100)", [&] {
    maps.save({map_of(0), {kChannels, kSamples}}, "b");
  });
}

TEST_F(AttentionWriter, ABatchIsSavedAtOnce) {
  auto maps = writer();
  std::vector<NpzValue> batch;
  std::vector<std::string> ids;
  std::vector<std::vector<float>> values;
  for (int i = 0; i < 20; ++i) values.push_back(map_of(i));
  for (int i = 0; i < 20; ++i) {
    batch.emplace_back(values[static_cast<std::size_t>(i)]);
    ids.push_back("map_" + std::to_string(i));
  }
  EXPECT_EQ(maps.save_batch(batch, ids), 20U);
  EXPECT_EQ(maps.size(), 20U);
  expect_sound(20);
}

TEST_F(AttentionWriter, OneArrayOfManyMaps) {
  auto maps = writer();
  auto both = map_of(1);
  const auto second = map_of(2);
  both.insert(both.end(), second.begin(), second.end());
  EXPECT_EQ(maps.save_stack(NpzValue(both, {2, kChannels, kSamples}), {"a", "b"}), 2U);
  EXPECT_EQ(maps.save_stack(both, {"c", "d"}), 2U);
  const AttentionMapReader reader(path());
  EXPECT_THAT(reader.load("a").values.values<float>(), testing::ElementsAreArray(map_of(1)));
  EXPECT_THAT(reader.load("d").values.values<float>(), testing::ElementsAreArray(second));
  expect_error(ErrorCode::wrong_shape, "expected the shape (3, 4, 100), got (800,)", [&] {
    maps.save_stack(both, {"e", "f", "g"});
  });
}

TEST_F(AttentionWriter, AnEigenMatrixBringsItsShape) {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  auto maps = writer();
  maps.save(Matrix::Constant(kChannels, kSamples, 0.25F).eval(), "a");
  expect_error(ErrorCode::wrong_shape, "expected the shape (4, 100), got (100, 4)",
               [&] { maps.save(Matrix::Constant(kSamples, kChannels, 0.25F).eval(), "b"); });
}

TEST_F(AttentionWriter, WhatTheUserAddsIsBeside) {
  auto maps = writer();
  const std::vector<double> logits{0.25, -1.5};
  maps.save(map_of(0), "a", {"chb01_03.edf", {{"logits", logits}, {"label", "seizure"}, {"epoch", 3}}});
  const auto found = expect_sound(1);
  if (!found.empty()) {
    EXPECT_EQ(found["maps"]["a"]["arrays"],
              json({{"source", "chb01_03.edf"}, {"logits", {0.25, -1.5}}, {"label", "seizure"}, {"epoch", 3}}));
  }
  EXPECT_EQ(maps.manifest().at(0).source, "chb01_03.edf");
  for (const char* name : {"attention_map", "shape", "file_id", "source", "values_clipped"})
    expect_error(ErrorCode::invalid_name, std::string("'") + name + "' cannot be the name of an array", [&] {
      maps.save(map_of(0), "b", {"", {{name, 1}}});
    });
}

TEST_F(AttentionWriter, NamesAreNamesAndNoPaths) {
  auto maps = writer();
  for (const char* id : {"", ".", "..", "../a", "a/b", "/a", "a\\b", ".a", "a\nb", "\xff"})
    expect_error(ErrorCode::invalid_name, "cannot be the name of an attention map", [&] { maps.save(map_of(0), id); });
  EXPECT_TRUE(maps.save(map_of(0), "Größe 1 (links)"));
  EXPECT_TRUE(maps.save(map_of(0), std::string(200, 'x')));
  expect_error(ErrorCode::invalid_name, "longer than 200", [&] { maps.save(map_of(0), std::string(201, 'x')); });
  expect_sound(2);
}

TEST_F(AttentionWriter, OnlyFloat32IsTaken) {
  auto maps = writer();
  expect_error(ErrorCode::wrong_type, "map 'a': expected values of float32, got float64",
               [&] { maps.save(std::vector<double>(400), "a"); });
  expect_error(ErrorCode::wrong_type, "got int32", [&] { maps.save(std::vector<int>(400), "a"); });
  expect_error(ErrorCode::wrong_type, "got text", [&] { maps.save("a text", "a"); });
}

TEST_F(AttentionWriter, WhatIsOutOfRangeIsRejectedWithItsPlace) {
  auto maps = writer();
  for (const float wrong : {-0.001F, 1.001F, std::numeric_limits<float>::infinity()}) {
    auto map = map_of(0);
    map[203] = wrong;
    expect_error(ErrorCode::out_of_range, "map 'a': the value at (2, 3) is", [&] { maps.save(map, "a"); });
  }
  auto edges = map_of(0);
  edges[0] = 0;
  edges[1] = 1;
  edges[2] = -0.0F;
  EXPECT_TRUE(maps.save(edges, "a"));
}

TEST_F(AttentionWriter, NanIsRefusedWhateverIsDoneWithTheRange) {
  auto map = map_of(0);
  map[399] = std::numeric_limits<float>::quiet_NaN();
  for (const auto policy : {OutOfRange::reject, OutOfRange::clip, OutOfRange::off}) {
    auto options = small();
    options.out_of_range = policy;
    expect_error(ErrorCode::out_of_range, "the value at (3, 99) is nan", [&] { writer(options).save(map, "a"); });
    options.refuse_nan = false;
    auto maps = writer(options);
    const auto id = "nan_" + std::to_string(static_cast<int>(policy));
    EXPECT_TRUE(maps.save(map, id));
    EXPECT_TRUE(std::isnan(AttentionMapReader(path()).load(id).values.values<float>()[399]));
  }
}

TEST_F(AttentionWriter, ClippedValuesAreCountedAndRecorded) {
  auto options = small();
  options.out_of_range = OutOfRange::clip;
  auto maps = writer(options);
  auto map = map_of(0);
  map[1] = -3;
  map[2] = 7;
  map[3] = std::numeric_limits<float>::infinity();
  maps.save(map, "clipped");
  maps.save(map_of(1), "whole");
  const auto loaded = AttentionMapReader(path()).load("clipped");
  EXPECT_EQ(loaded.values_clipped, 3U);
  EXPECT_THAT(loaded.values.values<float>().subspan(1, 3), testing::ElementsAre(0, 1, 1));
  EXPECT_FLOAT_EQ(map[2], 7);  // the caller's stays
  EXPECT_EQ(maps.summary().values_clipped, 3U);
  EXPECT_EQ(maps.summary().maps_clipped, 1U);
  expect_sound(2);
}

TEST_F(AttentionWriter, AnyRangeMayBeDeclaredOrNone) {
  auto map = map_of(0);
  map[0] = -5;
  auto options = small();
  options.lowest = -6;
  EXPECT_TRUE(writer(options).save(map, "wide"));
  options = small();
  options.out_of_range = OutOfRange::off;
  EXPECT_TRUE(writer(options).save(map, "unchecked"));
  options.lowest = 2;
  expect_error(ErrorCode::invalid_argument, "a range from 2 to 1", [&] { writer(options); });
}

TEST_F(AttentionWriter, OneBadMapOfABatchKeepsNoOtherFromItsFile) {
  auto maps = writer();
  auto bad = map_of(0);
  bad[0] = 2;
  const auto good = map_of(1);
  expect_error(ErrorCode::out_of_range, "map 'b'", [&] { maps.save_batch({good, bad, good}, {"a", "b", "c"}); });
  EXPECT_EQ(maps.size(), 2U);
  EXPECT_FALSE(maps.contains("b"));
  expect_sound(2);
  expect_error(ErrorCode::wrong_shape, "1 maps with 2 file ids", [&] { maps.save_batch({good}, {"d", "e"}); });
}

TEST_F(AttentionWriter, ARefusedIdOfABatchKeepsNoOtherFromItsFile) {
  auto maps = writer();
  maps.save(map_of(0), "a");
  const auto map = map_of(1);
  expect_error(ErrorCode::invalid_name, "'shape' cannot be the name of an array", [&] {
    maps.save_batch({map, map, map, map, map, map, map}, {"x", "a", "b", "../c", "twice", "twice", "d"},
                    {{"", {{"shape", 1}}}, {}, {}, {}, {}, {}, {}});
  });
  EXPECT_EQ(maps.size(), 3U);
  EXPECT_TRUE(maps.contains("b") && maps.contains("d"));
  expect_sound(3);
  expect_error(ErrorCode::already_exists, "map 'a' is there already", [&] { maps.save_batch({map, map}, {"a", "e"}); });
  EXPECT_TRUE(maps.contains("e"));
}

TEST_F(AttentionWriter, AMapOfManyPiecesHasItsChecksum) {
  auto options = small();
  options.shape = {5'000'000};
  options.compression = NpzCompression::none;
  auto maps = writer(options);
  std::vector<float> map(5'000'000);
  for (std::size_t i = 0; i < map.size(); ++i) map[i] = static_cast<float>(i % 1009) / 1009;
  maps.save(map, "large");
  expect_sound(1);
}

TEST_F(AttentionWriter, TheSummaryIsWhatTheFilesAre) {
  auto maps = writer();
  maps.save(map_of(0), "a");
  maps.save(map_of(1), "b");
  const auto summary = maps.save_metadata({{"model", "transformer"}, {"layers", 4}});
  EXPECT_EQ(summary.maps, 2U);
  EXPECT_EQ(summary.raw_bytes, 2U * 1600);
  EXPECT_EQ(summary.stored_bytes, std::filesystem::file_size(path() / "a_attention.npz") +
                                      std::filesystem::file_size(path() / "b_attention.npz"));
  EXPECT_DOUBLE_EQ(summary.ratio(), 3200.0 / static_cast<double>(summary.stored_bytes));
  EXPECT_GT(summary.seconds, 0);
  const auto found = expect_sound(2);
  if (found.empty()) GTEST_SKIP() << "no python3 with numpy";
  EXPECT_EQ(found["metadata"]["user"], json({{"model", "transformer"}, {"layers", 4}}));
  EXPECT_EQ(found["metadata"]["compression"], "fast");
  EXPECT_EQ(found["metadata"]["shape"], json({kChannels, kSamples}));
  expect_error(ErrorCode::invalid_argument, "expected a JSON object", [&] { maps.save_metadata(json::array()); });
}

TEST_F(AttentionWriter, EveryCompressionIsReadByNumpy) {
  for (const auto compression : {NpzCompression::none, NpzCompression::fast, NpzCompression::small}) {
    auto options = small(Existing::replace);
    options.compression = compression;
    writer(options).save(map_of(3), "a");
    expect_sound(1);
  }
}

}  // namespace
}  // namespace neurotape::artifacts
