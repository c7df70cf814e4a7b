// Every codec, read back by h5py, by h5dump and by the loader.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tests/interop/episode_case.hpp"

namespace neurotape::outside {
namespace {

std::vector<Codec> every_codec() {
  std::vector<Codec> codecs = {Codec::none(), Codec::lzf()};
  for (int level = 1; level <= 9; ++level) codecs.push_back(Codec::gzip(level));
  for (const char* const name : kCompressors)
    for (int level = 0; level <= 9; ++level)
      for (const Shuffle shuffle : kShuffles) codecs.push_back(Codec::blosc(name, level, shuffle));
  return codecs;
}

class EveryCodec : public JudgedTest {
 protected:
  // One stream a codec; chunks that are finished, and, by the commit in between, chunks that were raw before.
  template <class T>
  void round_trip(Values values) {
    auto experiment = create({.commit_interval = std::chrono::hours(1)});
    auto episode = experiment.start_episode();
    std::vector<std::unique_ptr<StreamCase>> streams;
    for (const Codec& codec : every_codec()) {
      DenseChoice choice{true, codec.to_string(), Shape(3), {.codec = codec, .chunk_rows = 100}, values};
      streams.push_back(std::make_unique<DenseCase<T>>(episode, choice));
    }
    Random random(1);
    for (std::int64_t t = 0; t < 350; ++t) {
      for (auto& stream : streams) stream->record(t, random);
      if (t == 140) experiment.flush();
    }
    episode.finish();
    experiment.close();

    const auto reader = Run(experiment.path()).episode(0);
    Expectations expectations(directory() / "expected");
    for (const auto& stream : streams) {
      stream->compare(reader, random);
      expectations.add("episode_0000", stream->expected());
    }
    expectations.write();
    const Finished judged =
        run_python("interop/compare.py", {experiment.path().string(), expectations.directory().string()});
    EXPECT_EQ(judged.status, 0) << judged.output;
    EXPECT_NE(judged.output.find("compared: 322"), std::string::npos) << judged.output;
  }
};

TEST_F(EveryCodec, OfFloats) { round_trip<float>(Values::special); }
TEST_F(EveryCodec, OfDoublesThatDoNotShrink) { round_trip<double>(Values::random_bits); }
TEST_F(EveryCodec, OfBytes) { round_trip<std::uint8_t>(Values::ramp); }
TEST_F(EveryCodec, OfBooleans) { round_trip<bool>(Values::ramp); }

TEST_F(Dumped, H5dumpReadsEveryFamily) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  const std::array<std::int32_t, 5> row = {31, -41, 59, 26, -53};
  const std::vector<std::pair<std::string, Codec>> codecs = {{"none", Codec::none()},
                                                             {"gzip", Codec::gzip(6)},
                                                             {"lzf", Codec::lzf()},
                                                             {"blosc", Codec::blosc("zstd", 3, Shuffle::bit)}};
  for (const auto& [name, codec] : codecs) {
    auto stream = episode.neural_state<std::int32_t>(name, {5}, {.codec = codec});
    for (std::int64_t t = 0; t < 1'000; ++t) stream.record(t, row);
  }
  episode.finish();
  experiment.close();
  const auto seen = Run(experiment.path()).episode(0);
  const std::string group = seen.object() == "/" ? "" : seen.object();
  for (const auto& [name, codec] : codecs) {
    const Finished dumped = h5dump("-d '" + group + "/neural_states/" + name + "/values'", seen.file());
    EXPECT_EQ(dumped.status, 0) << name << ": " << dumped.output;
    EXPECT_NE(dumped.output.find("(0,0): 31, -41, 59, 26, -53"), std::string::npos) << name << ": " << dumped.output;
    EXPECT_NE(dumped.output.find("(999,0): 31, -41, 59, 26, -53"), std::string::npos) << name;
  }
}

TEST_F(Dumped, H5dumpReadsAWholeRun) {
  auto experiment = create();
  experiment.save_config({{"learning_rate", 1e-3}, {"nested", {{"é", 1}}}});
  Random random(7);
  for (int i = 0; i < 2; ++i) {
    EpisodeCase episode(experiment, random);
    episode.add_streams(4);
    record(episode, 40, experiment, random, 20);
    episode.finish();
  }
  experiment.close();
  for (const char* file : {"setup.h5", "experiment_data.h5"}) {
    const Finished dumped = h5dump("", experiment.path() / file);
    EXPECT_EQ(dumped.status, 0) << file << ": " << dumped.output.substr(0, 2'000);
    EXPECT_TRUE(dumped.output.ends_with("}\n}\n")) << file;
  }
}

}  // namespace
}  // namespace neurotape::outside
