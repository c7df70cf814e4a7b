// Episodes that share files.

#include "backends/hdf5/segments.hpp"
#include "fixture.hpp"
#include "neurotape/error.hpp"

namespace neurotape::testing {
namespace {

using SmallEpisode = Hdf5Test;

TEST_F(SmallEpisode, GoesIntoASegmentThatAppearsWithTheCommit) {
  create_run();
  record_small(*backend_, 0, 100);
  EXPECT_TRUE(episode_files().empty());
  EXPECT_EQ(names_in(path_ / "episodes"), std::vector<std::string>{".segment_0000.h5"});
  backend_->commit();
  EXPECT_EQ(names_in(path_ / "episodes"), std::vector<std::string>{"segment_0000.h5"});
  python(R"(
f = h5.File('episodes/segment_0000.h5', 'r')
assert text(f.attrs['format']) == 'neurotape' and f.attrs['format_version'] == 1
assert text(f.attrs['experiment_name']) == 'cartpole'
e = f['episode_0000']
assert text(e.attrs['status']) == 'complete' and text(e.attrs['episode_id']) == 'episode_0000'
assert text(e.attrs['ended']) == '2026-11-20T10:16:00.000000Z' and e.attrs['dt'] == 0.1
same(e['behavior/position/timesteps'], 100); same(e['behavior/position/values'], 100); same(e['rewards/values'], 100)
assert e['rewards/timesteps'].attrs['stream_id'] == 1 and e['behavior/position/timesteps'].attrs['stream_id'] == 0
assert list(e['behavior/position/chunk_index'][:]['rows']) == [64, 36]
assert 'commits' not in e and members(e) == sorted(['behavior', 'behavior/position', 'behavior/position/chunk_index',
    'behavior/position/timesteps', 'behavior/position/values', 'rewards', 'rewards/chunk_index', 'rewards/timesteps',
    'rewards/values']), members(e)
)");
}

TEST_F(SmallEpisode, WithoutRowsHasEmptyDatasets) {
  create_run();
  record_small(*backend_, 0, 0);
  backend_->commit();
  python(
      "e = h5.File('episodes/segment_0000.h5', 'r')['episode_0000']\n"
      "assert e['behavior/position/values'].shape == (0, 3) and e['behavior/position/values'].dtype == 'f4'\n"
      "assert e['rewards/timesteps'].shape == (0,) and e['rewards/timesteps'].dtype == 'i8'\n");
}

TEST_F(SmallEpisode, ThatFillsItsChunksExactlyNeedsNoChunkIndex) {
  create_run();
  record_small(*backend_, 0, 64);
  record_small(*backend_, 1, 10);
  backend_->commit();
  python(
      "f = h5.File('episodes/segment_0000.h5', 'r')\n"
      "for n, c in (('episode_0000', 64), ('episode_0001', 10)):\n"
      "  same(f[n]['rewards/values'], c); assert 'chunk_index' not in f[n]['rewards']\n");
}

TEST_F(SmallEpisode, ThatWasCommittedWithinMovesFromItsFileToTheSegment) {
  create_run();
  record_small(*backend_, 0, 300, true);
  EXPECT_EQ(episode_files(), std::vector<std::string>{"episode_0000.h5"});
  backend_->commit();  // the segment is there; the file stays as long as the index links to it
  EXPECT_TRUE(std::filesystem::exists(path_ / "episodes/segment_0000.h5"));
  close_run();
  EXPECT_EQ(episode_files(), std::vector<std::string>{"segment_0000.h5"});
  python(
      "e = h5.File('episodes/segment_0000.h5', 'r')['episode_0000']\n"
      "same(e['behavior/position/values'], 300); same(e['rewards/timesteps'], 300)\n"
      "assert 'commits' not in e and text(e.attrs['status']) == 'complete'\n"
      "assert list(e['rewards/chunk_index'][:]['rows']) == [64] * 4 + [44]\n");
}

TEST_F(SmallEpisode, ThatIsCommittedWhileItFinishesIsSafeInAFile) {
  create_run();
  auto sink = backend_->start_episode(episode(0));
  Feed reward(0, rewards(), 16, backend_->codecs());
  reward.declare(*sink);
  sink->finishing(1000);
  reward.push(*sink, 20, true);
  sink->commit(std::vector{CommittedRows{0, 16, 0}});
  backend_->commit();
  python(
      "f = h5.File('episodes/episode_0000.h5', 'r')\nsame(f['rewards/values'], 16)\n"
      "assert committed(f) == {0: 16}\n");
  reward.end(*sink);
  sink->finish(complete());
  sink.reset();
  close_run();
  EXPECT_EQ(episode_files(), std::vector<std::string>{"segment_0000.h5"});
  python("same(h5.File('episodes/segment_0000.h5', 'r')['episode_0000/rewards/values'], 20)");
}

TEST_F(SmallEpisode, LeavesMemoryToOthersWhenManyFinishAtOnce) {
  create_run();
  std::vector<std::unique_ptr<EpisodeSink>> sinks;
  std::vector<Feed> feeds;
  for (std::uint64_t i = 0; i < 6; ++i) {
    sinks.push_back(backend_->start_episode(episode(i)));
    feeds.emplace_back(0, dense("neural_states/v", {1024}), 64, backend_->codecs());
    feeds.back().declare(*sinks.back());
    sinks.back()->finishing(4'000'000);
    feeds.back().push(*sinks.back(), 960, true);  // 3.9 MB each, 16 MiB for all
  }
  EXPECT_EQ(names_in(path_ / "episodes").size(), 2U);
  for (std::size_t i = 0; i < 6; ++i) {
    feeds[i].end(*sinks[i]);
    sinks[i]->finish(complete());
  }
  sinks.clear();
  close_run();
  EXPECT_EQ(episode_files(), std::vector<std::string>{"segment_0000.h5"});
  python(
      "f = h5.File('episodes/segment_0000.h5', 'r')\n"
      "for i in range(6): same(f['episode_%04d/neural_states/v/values' % i], 960)\n");
}

TEST_F(SmallEpisode, KeepsGapsLateAttributesAndDisorder) {
  create_run();
  auto sink = backend_->start_episode(episode(4));
  auto spec = spikes("x");
  spec.attributes = {{"sorted", 1}, {"population_size", 18446744073709551615ULL}};
  Feed spike(0, spec, 16, backend_->codecs());
  spike.declare(*sink);
  sink->add_gap({"spikes/x", 3, 9, 7, "timeout"});
  sink->finishing(100);
  spike.push(*sink, 5, true);
  spike.end(*sink);
  auto end = complete();
  end.status = "aborted";
  end.attributes = {{"reason", "fell over"}};
  end.unsorted = {0};
  sink->finish(end);
  backend_->commit();
  python(R"(
e = h5.File('episodes/segment_0000.h5', 'r')['episode_0004']
assert text(e.attrs['status']) == 'aborted' and text(e.attrs['reason']) == 'fell over'
assert e['spikes/x'].attrs['sorted'] == 0 and e['spikes/x'].attrs['population_size'] == 18446744073709551615
assert text(e['gaps'][0]['stream']) == 'spikes/x' and e['gaps'][0]['rows'] == 7 and text(e['gaps'][0]['cause']) == 'timeout'
)");
}

TEST_F(SmallEpisode, LeavesNothingWhenDiscarded) {
  create_run();
  auto sink = backend_->start_episode(episode(0));
  Feed reward(0, rewards(), 16, backend_->codecs());
  reward.declare(*sink);
  sink->finishing(100);
  reward.push(*sink, 40, true);
  sink->discard();
  sink.reset();
  record_small(*backend_, 1, 3);
  close_run();
  python(
      "f = h5.File('experiment_data.h5', 'r')\nassert list(f['episodes']) == ['episode_0001']\n"
      "assert list(h5.File('episodes/segment_0000.h5', 'r')) == ['episode_0001']\n");
}

TEST_F(SmallEpisode, ThousandsEndInFewFiles) {
  create_run();
  constexpr std::uint64_t kEpisodes = 2000;
  for (std::uint64_t i = 0; i < kEpisodes; ++i) {
    record_small(*backend_, i, 20 + i % 7);
    if (i % 9 == 0) backend_->commit();
  }
  close_run();
  EXPECT_LE(episode_files().size(), kEpisodes / hdf5::Segments::kFullEpisodes);
  EXPECT_EQ(names_in(path_ / "episodes"), episode_files());
  python(R"(
f = h5.File('experiment_data.h5', 'r')
assert len(f['episodes']) == 2000
for i in range(2000):
    e = f['episodes/episode_%04d' % i]
    assert text(e.attrs['episode_id']) == 'episode_%04d' % i
    same(e['behavior/position/values'], 20 + i % 7)
total = sum(len(h5.File('episodes/' + n, 'r')) for n in os.listdir('episodes'))
assert total == 2000, total
)");
}

TEST_F(SmallEpisode, SegmentsMergeWhileRecording) {
  create_run();
  for (std::uint64_t i = 0; i < 16; ++i) {
    record_small(*backend_, i, 5);
    backend_->commit();
  }
  EXPECT_TRUE(std::filesystem::exists(path_ / "episodes/segment_0016.h5"));
  python(
      "f = h5.File('episodes/segment_0016.h5', 'r')\nassert len(f) == 16\n"
      "for i in range(16): same(f['episode_%04d/rewards/values' % i], 5)\n"
      "x = h5.File('experiment_data.h5', 'r')\n"  // links of the index hold at any time
      "for n in x['episodes']: same(x['episodes'][n]['rewards/values'], 5)\n");
  close_run();
  EXPECT_EQ(episode_files(), std::vector<std::string>{"segment_0016.h5"});
}

TEST_F(SmallEpisode, ThousandsOfOneCommitAreFoundByName) {
  create_run();
  constexpr std::uint64_t kEpisodes = 9'000;  // a tree of three levels
  for (std::uint64_t i = 0; i < kEpisodes; ++i) record_small(*backend_, i, i % 5);
  backend_->commit();
  python(R"(
f = h5.File('episodes/segment_0000.h5', 'r')
assert len(f) == 9000 and sorted(f) == ['episode_%04d' % i for i in range(9000)]
for i in (*range(0, 9000, 371), 8999):
    e = f['episode_%04d' % i]
    assert text(e.attrs['episode_id']) == 'episode_%04d' % i
    same(e['behavior/position/values'], i % 5)
assert 'episode_9000' not in f and 'episode_' not in f and 'a' not in f and 'z' not in f
)");
}

// Up to 1,024 chunks HDF5 keeps a table in one piece, beyond that in pages.
TEST_F(SmallEpisode, HasAsManyChunksAsItNeeds) {
  create_run();
  constexpr std::uint64_t kChunks[] = {2, 1023, 1024, 1025, 2049, 9000};
  std::uint64_t number = 0;
  for (const auto chunks : kChunks) {
    auto sink = backend_->start_episode(episode(number++));
    Feed feed(0, dense("neural_states/v", {3}), 4, backend_->codecs(), Codec::gzip(1));
    feed.declare(*sink);
    sink->finishing(1'000'000);
    feed.push(*sink, 4 * chunks - 1, true);
    feed.end(*sink);
    sink->finish(complete());
  }
  backend_->commit();
  python(R"(
f = h5.File('episodes/segment_0000.h5', 'r')
for n, chunks in enumerate((2, 1023, 1024, 1025, 2049, 9000)):
    v = f['episode_%04d/neural_states/v/values' % n]
    assert v.id.get_num_chunks() == chunks and v.chunks == (4, 3), (v.id.get_num_chunks(), v.chunks)
    same(v, 4 * chunks - 1)
)");
}

TEST_F(SmallEpisode, HasAFileOfItsOwnWhereAnAttributeIsTooLargeForAHeader) {
  create_run();
  for (const std::size_t bytes : {1'000U, 65'400U, 65'500U, 200'000U}) {
    auto info = episode(bytes);
    info.attributes = {{"policy", std::string(bytes, 'p')}};
    auto sink = backend_->start_episode(info);
    Feed reward(0, rewards(), 16, backend_->codecs());
    reward.declare(*sink);
    sink->finishing(100);
    reward.push(*sink, 5, true);
    reward.end(*sink);
    sink->finish(complete());
  }
  close_run();
  EXPECT_EQ(episode_files(), (std::vector<std::string>{"episode_200000.h5", "episode_65500.h5", "segment_0000.h5"}));
  python(R"(
f = h5.File('experiment_data.h5', 'r')
for n in (1000, 65400, 65500, 200000):
    e = f['episodes/episode_%04d' % n]
    assert text(e.attrs['policy']) == 'p' * n and text(e.attrs['status']) == 'complete'
    same(e['rewards/values'], 5)
)");
}

TEST_F(SmallEpisode, CanBeChangedAndCopiedByOtherPrograms) {
  create_run();
  for (std::uint64_t i = 0; i < 40; ++i) record_small(*backend_, i, 100);
  close_run();
  python(R"(
import subprocess
name = 'episodes/segment_0000.h5'
for command in (['h5dump', '-H', name], ['h5stat', name], ['h5ls', '-rv', name], ['h5repack', name, 'repacked.h5'],
                ['h5copy', '-i', name, '-o', 'copied.h5', '-s', 'episode_0007', '-d', 'x']):
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.returncode == 0 and not said.stderr, (command, said.stderr)
with h5.File(name, 'r+') as f:
    del f['episode_0003']
    for i in range(100): f['episode_0001'].attrs['a%d' % i] = i
    for i in range(50): f.create_group('episode_%04d' % (1000 + i)).create_dataset('x', data=np.arange(i + 1))
    f['episode_0001/rewards'].create_dataset('more', data=np.arange(10))
    f.attrs['changed'] = 1
for name in (name, 'repacked.h5'):
    f = h5.File(name, 'r')
    assert len(f) == (89 if 'changed' in f.attrs else 40)
    for i in range(40):
        if i == 3 and 'changed' in f.attrs: continue
        same(f['episode_%04d/behavior/position/values' % i], 100); same(f['episode_%04d/rewards/timesteps' % i], 100)
f = h5.File('episodes/segment_0000.h5', 'r')
assert [f['episode_0001'].attrs['a%d' % i] for i in range(100)] == list(range(100))
assert all(len(f['episode_%04d/x' % (1000 + i)]) == i + 1 for i in range(50))
same(h5.File('copied.h5', 'r')['x/rewards/values'], 100)
)");
}

}  // namespace
}  // namespace neurotape::testing
