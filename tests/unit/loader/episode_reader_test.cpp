#include "golden.hpp"

namespace neurotape {
namespace {

using nlohmann::json;
using EpisodeReaderTest = LoaderTest;

TEST_F(EpisodeReaderTest, SaysWhatIsKnownOfTheEpisode) {
  const Golden files("description");
  const auto episode = files.episode(7);
  EXPECT_EQ(episode.number(), 7u);
  EXPECT_EQ(episode.id(), "episode_0007");
  EXPECT_EQ(episode.status(), "complete");
  EXPECT_EQ(episode.name(), "first light");
  EXPECT_EQ(episode.started(), "2026-11-20T10:15:00Z");
  EXPECT_EQ(episode.ended(), "2026-11-20T10:16:00Z");
  EXPECT_EQ(episode.dt(), 0.25);
  EXPECT_EQ(episode.dt_unit(), "ms");
  EXPECT_EQ(episode.seed(), (std::uint64_t{1} << 63) + 1);
  EXPECT_EQ(episode.file(), files / "episode_0007.h5");
  EXPECT_EQ(episode.object(), "/");
}

TEST_F(EpisodeReaderTest, AttributesAreTheUsersWithTheirTypes) {
  const Golden files("description");
  const auto attributes = files.episode(7).attributes();
  const auto expected = json::parse(R"({"subject": "M7", "trial": 12, "ratio": 0.5, "good": false,
      "nested": {"a": [1, {"b": null}]}, "word": "12", "by_h5py": "variable länge", "vector": [[0, 1, 2], [3, 4, 5]],
      "empty": null, "odd": null})");
  EXPECT_EQ(attributes, expected);
  EXPECT_TRUE(attributes["trial"].is_number_integer());
  EXPECT_TRUE(attributes["good"].is_boolean());
  EXPECT_TRUE(attributes["word"].is_string());
}

TEST_F(EpisodeReaderTest, StreamsAreListedWithTheirColumns) {
  const Golden files("description");
  const auto streams = files.episode(7).streams();
  ASSERT_EQ(streams.size(), 3u);
  EXPECT_EQ(streams[0].path, "events");
  EXPECT_EQ(streams[0].kind, StreamKind::events);
  EXPECT_EQ(streams[0].columns[1].text_bytes, 64u);

  const auto& dense = streams[1];
  EXPECT_EQ(dense.path, "neural_states/v");
  EXPECT_EQ(dense.kind, StreamKind::neural_state);
  EXPECT_EQ(dense.rows, 100u);
  EXPECT_EQ(dense.unit, "mV");
  EXPECT_EQ(dense.every, 10);
  EXPECT_EQ(dense.codec, "gzip:1");
  EXPECT_EQ(dense.chunk_rows, 16u);
  ASSERT_EQ(dense.columns.size(), 2u);
  EXPECT_EQ(dense.columns[0].name, "timesteps");
  EXPECT_EQ(dense.columns[0].dtype, Dtype::i64);
  EXPECT_EQ(dense.columns[0].chunk_rows, 64u);
  EXPECT_EQ(dense.columns[1].name, "values");
  EXPECT_EQ(dense.columns[1].dtype, Dtype::f32);
  EXPECT_EQ(dense.columns[1].shape, Shape(3));
  EXPECT_EQ(dense.columns[1].raw_bytes, 100u * 3 * 4);
  EXPECT_EQ(dense.raw_bytes, 100u * (8 + 12));
  EXPECT_GT(dense.stored_bytes, 0u);
  EXPECT_EQ(dense.stored_bytes, dense.columns[0].stored_bytes + dense.columns[1].stored_bytes);

  const auto& spikes = streams[2];
  EXPECT_EQ(spikes.path, "spikes/e");
  EXPECT_EQ(spikes.kind, StreamKind::spikes);
  EXPECT_EQ(spikes.population_size, 200u);
  EXPECT_TRUE(spikes.sorted);
  EXPECT_EQ(spikes.codec, "shuffle+deflate") << "filters, where no codec is named";
  ASSERT_EQ(spikes.columns.size(), 3u);
  EXPECT_EQ(spikes.columns[1].dtype, Dtype::u32);
  EXPECT_EQ(spikes.columns[2].name, "times");

  EXPECT_TRUE(files.episode(7).contains("spikes/e"));
  EXPECT_FALSE(files.episode(7).contains("spikes/i"));
}

TEST_F(EpisodeReaderTest, GapsSayWhatWasDropped) {
  const Golden files("description");
  const auto gaps = files.episode(7).gaps();
  ASSERT_EQ(gaps.size(), 2u);
  EXPECT_EQ(gaps[0].stream, "spikes/e");
  EXPECT_EQ(gaps[0].first_timestep, 5);
  EXPECT_EQ(gaps[0].last_timestep, 9);
  EXPECT_EQ(gaps[0].rows, 17u);
  EXPECT_EQ(gaps[0].cause, "overflow");
  EXPECT_EQ(gaps[1].stream, "neural_states/v");
  EXPECT_EQ(gaps[1].cause, "nan");
}

TEST_F(EpisodeReaderTest, AReaderOutlivesItsEpisodeAndRun) {
  const Golden files("description");
  auto stream = [&] { return Run(files / "episode_0007.h5").episode(7).neural_state<float>("v"); }();
  expect_golden(stream.all().values);
}

TEST_F(EpisodeReaderTest, AnUnfinishedEpisodeEndsWithItsCommittedRows) {
  const Golden files("unfinished");
  const auto episode = files.episode(4);
  EXPECT_EQ(episode.status(), "recording");
  EXPECT_EQ(episode.ended(), "");
  const auto stream = episode.neural_state<float>("v");
  EXPECT_EQ(stream.rows(), 40u);
  expect_rows(stream.all(), 0, 40, 3);
  expect_rows(stream.rows(33, 7), 33, 7, 3);
  expect_rows(stream.between(30, 1000), 30, 10, 3);
  EXPECT_EQ(stream.timesteps().size(), 40u);
  expect_error(ErrorCode::out_of_range, {"40"}, [&] { stream.rows(0, 41); });
  const auto column = stream.columns({2}).all();
  ASSERT_EQ(column.size(), 40u);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(column.values[i], golden<float>(i * 3 + 2));
}

TEST_F(EpisodeReaderTest, EveryStreamIsClippedByItsOwnRecord) {
  const Golden files("unfinished");
  const auto episode = files.episode(4);
  EXPECT_EQ(episode.spikes("e").all().size(), 33u);
  EXPECT_EQ(episode.spikes("e").rows(), 33u);
  EXPECT_EQ(episode.spikes("never_committed").all().size(), 0u);
  EXPECT_EQ(episode.spikes("never_committed").between(0, 100).size(), 0u);
  const auto events = episode.events();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].data["x"], 1);
  for (const auto& stream : episode.streams()) {
    if (stream.path == "spikes/e") {
      EXPECT_EQ(stream.rows, 33u);
    } else if (stream.path == "neural_states/v") {
      EXPECT_EQ(stream.raw_bytes, 40u * 20);
    }
  }
  EXPECT_FALSE(episode.contains("rewards")) << "declared, nothing recorded";
  EXPECT_EQ(files.episode(5).spikes("e").rows(), 0u) << "nothing was committed";
}

TEST_F(EpisodeReaderTest, FewerRowsThanCommittedAreDamage) {
  const Golden files("unfinished");
  expect_error(ErrorCode::damaged, {"spikes/e", "11 rows were committed", "10"}, [&] { files.episode(6).spikes("e"); });
}

TEST_F(EpisodeReaderTest, OpenedAgainAGrowingEpisodeShowsMoreAndTheWriterIsNotBlocked) {
  const Golden files("growing");
  const auto earlier = files.episode();
  const auto stream = earlier.neural_state<float>("v");
  expect_rows(stream.all(), 0, 20, 3);
  files.make("grown");
  expect_rows(files.episode().neural_state<float>("v").all(), 0, 117, 3);
  EXPECT_TRUE(files.episode().contains("spikes/later"));
  EXPECT_EQ(stream.rows(), 20u) << "a reader shows the episode as it was opened";
  expect_rows(stream.all(), 0, 20, 3);
}

TEST_F(EpisodeReaderTest, AFileMarkedBySomeoneElsesWriterOpens) {
  const Golden files("marked");
  EXPECT_EQ(files.episode().spikes("e").all().size(), 10u);
}

}  // namespace
}  // namespace neurotape
