// The codec of a stream and of an experiment is what h5py finds in the file.

#include <array>
#include <chrono>
#include <cmath>
#include <map>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

using namespace std::chrono_literals;

constexpr int kShuffle = 2;
constexpr int kDeflate = 1;
constexpr int kFletcher32 = 3;
constexpr int kLzf = 32000;
constexpr int kBlosc = 32001;

class CodecSettings : public JudgedTest {
 protected:
  // The same smooth rows with each codec, a stream of its own each: what h5py says of their values, by `to_string`.
  std::map<std::string, json> stored_with(const std::vector<Codec>& codecs) {
    auto experiment = create({.commit_interval = 1h});
    auto episode = experiment.start_episode();
    for (const Codec& codec : codecs) {
      auto stream = episode.neural_state<double>(codec.to_string(), {64}, {.codec = codec, .chunk_rows = 256});
      std::vector<double> row(64);
      for (std::int64_t t = 0; t < 1024; ++t) {
        for (std::size_t c = 0; c < row.size(); ++c)
          row[c] = std::round(1e3 * std::sin(static_cast<double>(t) * 0.01 + static_cast<double>(c))) / 8;
        stream.record(t, row);
      }
    }
    episode.finish();
    experiment.close();
    const json datasets = describe(experiment.path()).at("episodes").at("episode_0000").at("datasets");
    std::map<std::string, json> found;
    for (const Codec& codec : codecs)
      found[codec.to_string()] = datasets.at("neural_states/" + codec.to_string() + "/values");
    return found;
  }
  static std::vector<int> filters_of(const json& dataset) {
    std::vector<int> codes;
    for (const auto& filter : dataset.at("filters")) codes.push_back(filter.at(0));
    return codes;
  }
};

TEST_F(CodecSettings, FamiliesAreChainsOfFilters) {
  const auto stored = stored_with({Codec::none(), Codec::gzip(), Codec::lzf(), Codec::blosc()});
  EXPECT_EQ(filters_of(stored.at("none")), (std::vector{kFletcher32}));
  EXPECT_EQ(filters_of(stored.at("gzip:1")), (std::vector{kShuffle, kDeflate}));
  EXPECT_EQ(filters_of(stored.at("lzf")), (std::vector{kShuffle, kLzf, kFletcher32}));
  EXPECT_EQ(filters_of(stored.at("blosc:lz4:5:byte")), (std::vector{kBlosc, kFletcher32}));
  const auto bytes = [&](const char* codec) { return stored.at(codec).at("stored_bytes").get<std::uint64_t>(); };
  EXPECT_GE(bytes("none"), 1024U * 64 * 8);
  for (const char* codec : {"gzip:1", "lzf", "blosc:lz4:5:byte"}) EXPECT_LT(bytes(codec), bytes("none") / 2) << codec;
}

TEST_F(CodecSettings, LevelOfGzip) {
  std::vector<Codec> codecs;
  for (int level = 1; level <= 9; ++level) codecs.push_back(Codec::gzip(level));
  const auto stored = stored_with(codecs);
  for (int level = 1; level <= 9; ++level)
    EXPECT_EQ(stored.at("gzip:" + std::to_string(level)).at("filters").at(1), json({kDeflate, {level}}));
  EXPECT_LT(stored.at("gzip:9").at("stored_bytes"), stored.at("gzip:1").at("stored_bytes"));
}

TEST_F(CodecSettings, CompressorLevelAndShuffleOfBlosc) {
  const std::vector<std::string> names = {"blosclz", "lz4",  "lz4hc",
                                          "",        "zlib", "zstd"};  // in the order of their codes
  std::vector<Codec> codecs;
  for (const auto& name : names)
    if (!name.empty()) codecs.push_back(Codec::blosc(name, 4));
  for (const int level : {0, 1, 9}) codecs.push_back(Codec::blosc("zstd", level));
  for (const Shuffle shuffle : {Shuffle::none, Shuffle::bit}) codecs.push_back(Codec::blosc("zstd", 4, shuffle));
  const auto stored = stored_with(codecs);
  const auto parameters = [&](const std::string& codec) { return stored.at(codec).at("filters").at(0).at(1); };
  const auto bytes = [&](const std::string& codec) { return stored.at(codec).at("stored_bytes").get<std::uint64_t>(); };
  for (std::size_t code = 0; code < names.size(); ++code) {
    if (names[code].empty()) continue;
    EXPECT_EQ(parameters("blosc:" + names[code] + ":4:byte").at(6), code) << names[code];
  }
  for (const int level : {0, 1, 9}) EXPECT_EQ(parameters("blosc:zstd:" + std::to_string(level) + ":byte").at(4), level);
  EXPECT_EQ(parameters("blosc:zstd:4:none").at(5), 0);
  EXPECT_EQ(parameters("blosc:zstd:4:byte").at(5), 1);
  EXPECT_EQ(parameters("blosc:zstd:4:bit").at(5), 2);
  EXPECT_GE(bytes("blosc:zstd:0:byte"), 1024U * 64 * 8);
  EXPECT_LT(bytes("blosc:zstd:9:byte"), bytes("blosc:zstd:1:byte"));
  EXPECT_LT(bytes("blosc:zstd:4:byte"), bytes("blosc:zstd:4:none"));
  EXPECT_NE(bytes("blosc:zstd:4:byte"), bytes("blosc:zstd:4:bit"));
  EXPECT_LT(bytes("blosc:zstd:4:byte"), bytes("blosc:lz4:4:byte"));
}

TEST_F(CodecSettings, OfTheExperimentAndOfAStream) {
  const auto recorded = [&](ExperimentOptions options) {
    auto experiment = create(std::move(options));
    auto episode = experiment.start_episode();
    auto plain = episode.neural_state<float>("plain", {2});
    auto own = episode.neural_state<float>("own", {2}, {.codec = Codec::none()});
    auto spikes = episode.spikes("own", {.codec = Codec::blosc("zstd", 3)});
    plain.record(0, std::array{1.0F, 2.0F});
    own.record(0, std::array{1.0F, 2.0F});
    spikes.record(0, 1);
    episode.finish();
    experiment.close();
    return describe(experiment.path()).at("episodes").at("episode_0000");
  };
  const json by_default = recorded({});
  EXPECT_EQ(by_default.at("datasets").at("neural_states/plain/values").at("filters"),
            json({{kShuffle, {4}}, {kDeflate, {1}}}));
  EXPECT_EQ(by_default.at("groups").at("neural_states/plain").at("codec"), "gzip:1");
  EXPECT_EQ(by_default.at("datasets").at("neural_states/own/values").at("filters"),
            json({{kFletcher32, json::array()}}));
  EXPECT_EQ(by_default.at("datasets").at("spikes/own/neuron_ids").at("filters").at(0).at(0), kBlosc);
  const json chosen = recorded({.codec = Codec::gzip(7)});
  EXPECT_EQ(chosen.at("datasets").at("neural_states/plain/values").at("filters").at(1), json({kDeflate, {7}}));
  EXPECT_EQ(chosen.at("groups").at("neural_states/own").at("codec"), "none");
}

}  // namespace
}  // namespace neurotape::outside
