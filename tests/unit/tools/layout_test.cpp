// `pack --layout` and `pack --by-neuron`: other chunks and an index, the same values.

#include <random>

#include "small_run.hpp"
#include "tests/support/errors.hpp"

namespace neurotape::tool {
namespace {

using testing::HasSubstr;

class LayoutTest : public JudgedRunTest {
 protected:
  std::filesystem::path file() const { return directory() / "packed.h5"; }
  void expect_sound(const std::filesystem::path& path) const {
    EXPECT_THAT(text({"verify", path}), HasSubstr(": sound"));
  }
  std::string python(const std::vector<std::string>& arguments) const {
    const auto verdict = support::run_python("unit/tools/layout_judge.py", arguments);
    EXPECT_EQ(verdict.status, 0) << verdict.output;
    return verdict.output;
  }

  /// 3,000 rows of 1,000 values, an image, scalars; timesteps with holes.
  std::filesystem::path dense_run() const {
    auto experiment = create();
    auto episode = experiment.start_episode();
    auto v = episode.neural_state<float>("v", {1000}, {.codec = Codec::gzip(1)});
    auto image = episode.neural_state<std::uint8_t>("image", {7, 5, 3}, {.codec = Codec::lzf()});
    auto x = episode.behavior<double>("x", {1}, {.codec = Codec::none()});
    std::vector<float> row(1000);
    std::vector<std::uint8_t> pixels(7 * 5 * 3);
    for (std::int64_t t = 0; t < 3000; ++t) {
      for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(i) + static_cast<float>(t) / 4096;
      for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(t * 31 + std::int64_t(i));
      v.record(t * 3 - 1000, row);
      image.record(t * 3 - 1000, pixels);
      x.record(t * 3 - 1000, std::vector<double>{static_cast<double>(t)});
      if (t == 1000) experiment.flush();
    }
    episode.finish();
    experiment.close();
    return experiment.path();
  }
};

TEST_F(LayoutTest, TracesHaveFewValuesOfManyTimestepsInAChunk) {
  const auto run = dense_run();
  text({"pack", run, "-o", file(), "--layout", "traces"});
  expect_sound(file());
  EXPECT_EQ(python({"relaid", run / "experiment_data.h5", file()}),
            "behavior/x (3000, 1) none\n"
            "neural_states/image (3000, 5, 5, 3) lzf\n"
            "neural_states/v (3000, 21) gzip:1\n");
  const auto episode = Run(file()).episode(0), before = Run(run).episode(0);
  EXPECT_EQ(episode.neural_state<float>("v").columns({999, 0, 40}).between(-10, 5000).values,
            before.neural_state<float>("v").columns({999, 0, 40}).between(-10, 5000).values);
  EXPECT_EQ(episode.neural_state<std::uint8_t>("image").all().values,
            before.neural_state<std::uint8_t>("image").all().values);
}

TEST_F(LayoutTest, RowsAreTheWayBack) {
  const auto run = dense_run();
  text({"pack", run, "-o", file(), "--layout", "traces", "--codec", "blosc:lz4"});
  const auto back = directory() / "rows.h5";
  text({"pack", file(), "-o", back, "--layout", "rows", "--codec", "gzip"});
  expect_sound(back);
  EXPECT_EQ(python({"relaid", run / "experiment_data.h5", back}),
            "behavior/x (3000, 1) gzip:1\n"
            "neural_states/image (3000, 7, 5, 3) gzip:1\n"
            "neural_states/v (256, 1000) gzip:1\n");
}

TEST_F(LayoutTest, ChunksOfManyWindowsHaveAnIndexOfTimesteps) {
  auto experiment = create();
  {
    auto episode = experiment.start_episode();
    auto v = episode.neural_state<float>("v", {200'000}, {.codec = Codec::blosc()});
    std::vector<float> row(200'000);
    for (std::int64_t t = 0; t < 150; ++t) {  // 120 MB: two windows
      std::fill(row.begin(), row.end(), static_cast<float>(t));
      row[77] = -1.0F;
      v.record(t * 2, row);
    }
    episode.finish();
  }
  experiment.close();
  text({"pack", experiment.path(), "-o", file(), "--layout", "traces"});
  expect_sound(file());
  const auto v = Run(file()).episode(0).neural_state<float>("v");
  EXPECT_EQ(v.info().chunk_rows, 64u);
  const auto rows = v.columns({78}).between(120, 132);
  EXPECT_THAT(rows.timesteps, testing::ElementsAre(120, 122, 124, 126, 128, 130));
  EXPECT_THAT(rows.values, testing::ElementsAre(60, 61, 62, 63, 64, 65));
}

TEST_F(LayoutTest, EpisodesThatWereCutOffKeepTheirs) {
  const auto dead = cut_off();
  text({"pack", dead, "-o", file(), "--layout", "traces"});
  EXPECT_EQ(Run(file()).episode(0).neural_state<float>("v").all().values,
            Run(dead).episode(0).neural_state<float>("v").all().values);
  expect_sound(file());
}

TEST_F(LayoutTest, ALayoutThatIsNoneIsRefused) {
  expect_refused({"pack", small_run(), "-o", file(), "--layout", "columns"}, {"--layout", "columns"});
}

class ByNeuronTest : public LayoutTest {
 protected:
  /// Populations whose spikes were sorted when they came, came late, have times, and none.
  std::filesystem::path spiking_run() const {
    auto experiment = create();
    auto episode = experiment.start_episode();
    auto sorted = episode.spikes("sorted");
    auto late = episode.spikes("late");
    auto other_lane = late.lane();
    auto timed = episode.spikes<std::uint64_t>("timed", {.times = true});
    episode.spikes("silent");
    std::mt19937 random(7);
    for (std::int64_t t = 0; t < 2000; ++t) {
      std::vector<std::uint32_t> ids(random() % 20);
      for (auto& id : ids) id = static_cast<std::uint32_t>(random() % 50 * 3);
      sorted.record(t, ids);
      late.record(t, ids);
      std::vector<std::uint64_t> wide(ids.begin(), ids.end());
      std::vector<double> times;
      for (auto& id : wide) {
        id += std::uint64_t{1} << 40;
        times.push_back(static_cast<double>(t) + 0.001 * static_cast<double>(random() % 1000));
      }
      timed.record(t, wide, times);
      if (t == 1500) experiment.flush();
    }
    for (std::int64_t t = 0; t < 100; ++t) other_lane.record(t, std::vector<std::uint32_t>{3, 3, 147});
    episode.finish();
    experiment.close();
    return experiment.path();
  }
  template <class Id>
  static void expect_same(const SpikeReader<Id>& a, const SpikeReader<Id>& b) {
    for (const Indices& ids : {Indices{3}, Indices{0, 3, 147}, Indices{5}, Indices{(std::uint64_t{1} << 40) + 6}}) {
      expect_equal(a.of(ids).all(), b.of(ids).all());
      expect_equal(a.of(ids).between(40, 90), b.of(ids).between(40, 90));
      expect_equal(a.of(ids).between(1000, 1000), b.of(ids).between(1000, 1000));
      expect_equal(a.of(ids).since(a.rows() / 2), b.of(ids).since(b.rows() / 2));
    }
    expect_equal(a.all(), b.all());
  }
  template <class Rows>
  static void expect_equal(const Rows& a, const Rows& b) {
    EXPECT_EQ(a.timesteps, b.timesteps);
    EXPECT_EQ(a.neuron_ids, b.neuron_ids);
    EXPECT_EQ(a.times, b.times);
  }
};

TEST_F(ByNeuronTest, TheIndexHasEachSpikeAtItsNeuron) {
  const auto run = spiking_run();
  ASSERT_FALSE(Run(run).episode(0).stream("spikes/late").sorted);
  text({"pack", run, "-o", file(), "--by-neuron"});
  expect_sound(file());
  EXPECT_EQ(python({"index", file()}), "late uint32\nsilent none\nsorted uint32\ntimed uint64\n");
}

TEST_F(ByNeuronTest, ReadersGiveTheSameWithItAndWithoutIt) {
  const auto run = spiking_run();
  text({"pack", run, "-o", file(), "--by-neuron", "--codec", "lzf"});
  const auto with = Run(file()).episode(0), without = Run(run).episode(0);
  for (const char* population : {"sorted", "late", "silent"})
    expect_same(with.spikes<std::uint32_t>(population), without.spikes<std::uint32_t>(population));
  expect_same(with.spikes<std::uint64_t>("timed"), without.spikes<std::uint64_t>("timed"));
  EXPECT_GT(with.spikes<std::uint64_t>("timed").of({(std::uint64_t{1} << 40) + 6}).all().size(), 0u);
}

TEST_F(ByNeuronTest, TheIndexIsWhatIsRead) {
  text({"pack", spiking_run(), "-o", file(), "--by-neuron"});
  python({"move", file()});
  EXPECT_EQ(Run(file()).episode(0).spikes("sorted").of({3}).all().timesteps[0], -5);
  EXPECT_THAT(run({"verify", file()}).output, HasSubstr("spikes/sorted"));
  EXPECT_THAT(run({"verify", file()}).output, HasSubstr("its spikes are not those of the stream"));
}

TEST_F(ByNeuronTest, ADamagedIndexIsToldAsSuch) {
  text({"pack", spiking_run(), "-o", file(), "--by-neuron"});
  python({"shorten", file()});
  EXPECT_THAT(support::error_of([&] { Run(file()).episode(0).spikes("sorted").of({3}).all(); }).what(),
              HasSubstr("its index says that neuron 3 has the spikes"));
  EXPECT_THAT(run({"verify", file()}).output, HasSubstr("the spikes of neuron"));
}

TEST_F(ByNeuronTest, ItIsCopiedWithTheSpikesAndCountsAsNoStream) {
  const auto run = spiking_run();
  text({"pack", run, "-o", file(), "--by-neuron"});
  const auto back = directory() / "back";
  text({"unpack", file(), "-o", back});
  expect_sound(back);
  python({"index", back / "experiment_data.h5"});
  EXPECT_EQ(parsed({"info", back})["streams"], parsed({"info", run})["streams"]);
}

}  // namespace
}  // namespace neurotape::tool
