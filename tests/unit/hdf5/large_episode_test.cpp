// An episode in a file of its own: while it is written, and after.

#include <cerrno>

#include "backends/io/operations.hpp"
#include "fixture.hpp"
#include "neurotape/error.hpp"
#include "tests/support/errors.hpp"

namespace neurotape::testing {
namespace {

/// Makes the sink believe that it has become large.
constexpr std::uint64_t kManyRows = 1200;  // of 4 KiB: 4.7 MiB

class LargeEpisode : public Hdf5Test {
 protected:
  void SetUp() override {
    Hdf5Test::SetUp();
    create_run();
    sink_ = backend_->start_episode(episode(0));
  }
  void TearDown() override {
    sink_.reset();
    Hdf5Test::TearDown();
  }
  Feed feed(StreamId id, StreamSpec spec, std::uint64_t chunk_rows) {
    return Feed(id, std::move(spec), chunk_rows, backend_->codecs());
  }
  void finish(std::vector<Feed*> feeds, const EpisodeEnd& end = complete()) {
    sink_->finishing(UINT64_MAX);
    for (auto* feed : feeds) feed->end(*sink_);
    sink_->finish(end);
    sink_.reset();
    backend_->commit();
  }
  std::unique_ptr<EpisodeSink> sink_;
};

class SmallDisk final : public io::Operations {
 public:
  ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset) override {
    if (!full) return Operations::pwrite(file, bytes, count, offset);
    errno = ENOSPC;
    return -1;
  }
  bool full = false;
};

TEST_F(LargeEpisode, HasItsNameFromTheFirstCommitOn) {
  auto v = feed(0, dense("neural_states/v", {4}), 16);
  v.declare(*sink_);
  EXPECT_EQ(names_in(path_ / "episodes").size(), 0U);
  v.push(*sink_, 5);
  EXPECT_EQ(names_in(path_ / "episodes"), std::vector<std::string>{".episode_0000.h5"});
  sink_->commit(std::vector{v.committed()});
  backend_->commit();
  EXPECT_EQ(names_in(path_ / "episodes"), std::vector<std::string>{"episode_0000.h5"});
}

TEST_F(LargeEpisode, IsReadableAfterEachCommitWhileItGrows) {
  auto v = feed(0, dense("neural_states/v", {4}), 16);
  auto s = feed(1, spikes("excitatory"), 100);
  v.declare(*sink_);
  s.declare(*sink_);
  for (const std::uint64_t rows : {3U, 9U, 20U, 1U, 64U}) {
    v.push(*sink_, rows);
    s.push(*sink_, 2 * rows);
    sink_->commit(std::vector{v.committed(), s.committed()});
    backend_->commit();
    python(
        "f = h5.File('episodes/episode_0000.h5', 'r')\n"
        "c = committed(f)\n"
        "assert c == {0: " +
        std::to_string(v.rows()) + ", 1: " + std::to_string(s.rows()) +
        "}, c\n"
        "for n in ('timesteps', 'values'): same(f['neural_states/v/' + n], c[0], True)\n"
        "for n in ('timesteps', 'neuron_ids'): same(f['spikes/excitatory/' + n], c[1], True)\n"
        "assert text(f.attrs['status']) == 'recording' and text(f.attrs['ended']) == ''\n");
  }
}

TEST_F(LargeEpisode, HoldsWhatWasRecorded) {
  auto v = feed(0, dense("neural_states/v", {1024}), 16);
  auto s = feed(1, spikes("excitatory"), 100);
  auto e = feed(2, events(), 8);
  auto d = feed(3, event_bytes(), 32);
  for (auto* stream : {&v, &s, &e, &d}) stream->declare(*sink_);
  for (int i = 0; i < 4; ++i) {
    v.push(*sink_, kManyRows / 4);
    s.push(*sink_, 77);
    e.push(*sink_, 3);
    d.push(*sink_, 55);
    sink_->commit(std::vector{v.committed(), s.committed(), e.committed(), d.committed()});
    backend_->commit();
  }
  finish({&v, &s, &e, &d});
  EXPECT_EQ(episode_files(), std::vector<std::string>{"episode_0000.h5"});
  python(R"(
f = h5.File('episodes/episode_0000.h5', 'r')
same(f['neural_states/v/timesteps'], 1200); same(f['neural_states/v/values'], 1200)
same(f['spikes/excitatory/neuron_ids'], 308)
same(f['events/types'], 12); same(f['events/data_end'], 12); same(f['events/data'], 220)
assert f['events/types'].dtype == 'S64'
assert [int(f[p].attrs['stream_id']) for p in ('neural_states/v/timesteps', 'spikes/excitatory/timesteps',
        'events/timesteps', 'events/data')] == [0, 1, 2, 3]
v = f['neural_states/v'].attrs
assert text(v['unit']) == 'mV' and v['every'] == 10 and v['every'].dtype == 'i8'
index = f['neural_states/v/chunk_index'][:]
assert list(index['rows']) == [16] * 75
assert list(index['first_timestep'][:3]) == [0, 48, 96] and index['last_timestep'][74] == 3597
assert len(f['spikes/excitatory/chunk_index']) == 4 and len(f['events/chunk_index']) == 2
c = f['commits'][:]
assert c.dtype.names == ('number', 'stream', 'rows', 'open_rows_xxh3', 'wall_time'), c.dtype
assert list(c['number']) == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4
assert c['rows'][12] == 1200 and c['open_rows_xxh3'][12] == 0x1234 + 1200 and c['wall_time'][0] > 1.6e9
for n in ('commits', 'neural_states/v/chunk_index'): assert f[n].compression is None and f[n].chunks is not None
assert f['neural_states/v/values'].maxshape == (None, 1024) and f['neural_states/v/values'].chunks == (16, 1024)
assert members(f) == sorted(['commits', 'events', 'events/chunk_index', 'events/data', 'events/data_end',
    'events/timesteps', 'events/types', 'neural_states', 'neural_states/v', 'neural_states/v/chunk_index',
    'neural_states/v/timesteps', 'neural_states/v/values', 'spikes', 'spikes/excitatory',
    'spikes/excitatory/chunk_index', 'spikes/excitatory/neuron_ids', 'spikes/excitatory/timesteps']), members(f)
)");
}

TEST_F(LargeEpisode, HasTheConfigurationUpTo64kBOfIt) {
  sink_.reset();
  for (const std::size_t length : {63'900U, 64'100U}) {
    backend_->save_config({{"text", std::string(length, 'x')}});
    sink_ = backend_->start_episode(episode(length));
    auto v = feed(0, dense("neural_states/v", {1024}), 16);
    v.declare(*sink_).push(*sink_, kManyRows);
    sink_->commit(std::vector{v.committed()});
    backend_->commit();
    finish({&v}, complete());
  }
  python(R"(
attributes = lambda n: h5.File(f'episodes/episode_{n}.h5', 'r').attrs
assert len(json.loads(attributes(63900)['config'])['text']) == 63900 and 'config' not in attributes(64100)
)");
}

TEST_F(LargeEpisode, SaysWhatItIs) {
  sink_.reset();
  backend_->save_config({{"learning_rate", 1e-3}, {"name", "café"}});
  auto info = episode(3);
  info.name = "warm-up";
  info.seed = 18446744073709551615ULL;
  info.attributes = {{"subject", "m7"}, {"trial", 4}, {"status", "mine"}};
  sink_ = backend_->start_episode(info);
  auto v = feed(0, dense("neural_states/v", {1024}), 16);
  v.declare(*sink_).push(*sink_, kManyRows);
  sink_->commit(std::vector{v.committed()});
  backend_->commit();
  auto end = complete();
  end.status = "aborted";
  end.attributes = {{"success", true}, {"trial", 5}, {"notes", {"a", "ü"}}};
  end.unsorted = {0};
  finish({&v}, end);
  python(R"(
a = h5.File('episodes/episode_0003.h5', 'r').attrs
want = dict(format='neurotape', experiment_name='cartpole', episode_id='episode_0003', status='aborted', dt_unit='ms',
            started='2026-11-20T10:15:00.000000Z', ended='2026-11-20T10:16:00.000000Z', name='warm-up', subject='m7')
for k, w in want.items(): assert text(a[k]) == w, (k, a[k])
assert a['seed'] == 18446744073709551615 and a['seed'].dtype == 'u8' and a['dt'] == 0.1 and a['format_version'] == 1
assert a['success'] == True and a['success'].dtype == bool and a['trial'] == 5
assert json.loads(a['config']) == {'learning_rate': 1e-3, 'name': 'café'}
assert json.loads(a['notes']) == ['a', 'ü'] and a['notes'] == b'["a","\\u00fc"]'
cset = lambda n: a.get_id(n).get_type().get_cset()
size = lambda n: a.get_id(n).get_type().get_size()
assert cset('notes') == h5.h5t.CSET_ASCII and cset('subject') == h5.h5t.CSET_UTF8
assert (size('status'), size('started'), size('ended')) == (16, 32, 32)
assert h5.File('episodes/episode_0003.h5', 'r')['neural_states/v'].attrs['sorted'] == 0
)");
}

TEST_F(LargeEpisode, DeclaresStreamsAtAnyTime) {
  auto v = feed(0, dense("neural_states/v", {1024}), 16);
  v.declare(*sink_).push(*sink_, kManyRows);
  sink_->commit(std::vector{v.committed()});
  backend_->commit();
  auto r = feed(7, rewards(), 50);
  r.declare(*sink_).push(*sink_, 120);
  auto never = feed(8, dense("behavior/never", {2, 3}, Dtype::boolean), 16);
  never.declare(*sink_);
  sink_->commit(std::vector{r.committed()});
  backend_->commit();
  python(
      "f = h5.File('episodes/episode_0000.h5', 'r')\n"
      "assert committed(f) == {0: 1200, 7: 120}\nsame(f['rewards/values'], 120)\n");
  finish({&v, &r, &never});
  python(
      "f = h5.File('episodes/episode_0000.h5', 'r')\nsame(f['rewards/values'], 120)\n"
      "assert f['behavior/never/values'].shape == (0, 2, 3) and f['behavior/never/values'].dtype == bool\n"
      "assert 'chunk_index' not in f['behavior/never']\n");
}

TEST_F(LargeEpisode, CutsLargeRowsIntoTiles) {
  auto v = feed(0, dense("neural_states/v", {3, 100, 1000}), 1);
  auto& layout = v.layout().columns[1];
  layout.chunk_dims = {1, 1, 30, 1000};  // the last tile of each plane is cut short
  layout.tiles = 12;
  v.declare(*sink_);
  v.push(*sink_, 0);
  for (std::uint64_t row = 0; row < 5; ++row) {
    const auto raw = v.raw(1, row, 1);
    sink_->write_open_rows({0, 1, row, 0, 1}, raw);
    sink_->write_open_rows({0, 0, row, 0, 1}, v.raw(0, row, 1));
  }
  sink_->commit(std::vector{CommittedRows{0, 5, 0}});
  backend_->commit();
  python(
      "f = h5.File('episodes/episode_0000.h5', 'r')\nsame(f['neural_states/v/values'], 5)\n"
      "assert f['neural_states/v/values'].chunks == (1, 1, 30, 1000)\n");
}

TEST_F(LargeEpisode, RefusesChunksThatHdf5WouldMisplace) {
  auto v = feed(0, dense("neural_states/v", {4}), 16);
  v.declare(*sink_);
  const std::vector<std::byte> chunk(256);
  const auto write = [&](ChunkPlace place, std::size_t bytes) {
    sink_->write_chunk(place, std::span(chunk).first(bytes), 0);
  };
  EXPECT_THROW(write({0, 1, 0, 0, 16}, 255), Error);
  EXPECT_THROW(write({0, 1, 0, 0, 16}, 0), Error);
  EXPECT_THROW(write({0, 1, 0, 0, 17}, 256), Error);
  EXPECT_THROW(write({0, 1, 0, 0, 0}, 256), Error);
  EXPECT_THROW(write({0, 1, 0, 1, 16}, 256), Error);
  EXPECT_THROW(write({1, 1, 0, 0, 16}, 256), Error);
  write({0, 1, 0, 0, 16}, 256);
}

TEST_F(LargeEpisode, ListsGaps) {
  auto v = feed(0, dense("neural_states/v", {1024}), 16);
  sink_->add_gap({"neural_states/v", 3, 9, 7, "overflow"});
  v.declare(*sink_).push(*sink_, kManyRows);
  sink_->commit(std::vector{v.committed()});
  backend_->commit();
  sink_->add_gap({"spikes/x", -1, 4, 2, "nan"});
  finish({&v});
  python(R"(
g = h5.File('episodes/episode_0000.h5', 'r')['gaps'][:]
assert [(text(r['stream']), r['first_timestep'], r['last_timestep'], r['rows'], text(r['cause'])) for r in g] == [
    ('neural_states/v', 3, 9, 7, 'overflow'), ('spikes/x', -1, 4, 2, 'nan')], g
assert g.dtype['stream'] == 'S272' and g.dtype['cause'] == 'S16'
)");
}

TEST_F(LargeEpisode, LeavesNothingWhenDiscarded) {
  auto v = feed(0, dense("neural_states/v", {4}), 16);
  v.declare(*sink_).push(*sink_, 5);
  sink_->commit(std::vector{v.committed()});
  backend_->commit();
  sink_->discard();
  sink_.reset();
  EXPECT_TRUE(names_in(path_ / "episodes").empty());
  close_run();
  python("assert len(h5.File('experiment_data.h5', 'r')['episodes']) == 0");
}

TEST_F(LargeEpisode, StoresTheSelectedColumns) {
  auto spec = dense("neural_states/v", {3});
  spec.selected_columns = {5, 7, 1'000'000};
  auto v = feed(0, spec, 16);
  v.declare(*sink_).push(*sink_, 5);
  sink_->commit(std::vector{v.committed()});
  backend_->commit();
  python(
      "c = h5.File('episodes/episode_0000.h5', 'r')['neural_states/v/columns']\n"
      "assert c.dtype == 'u8' and list(c[:]) == [5, 7, 1000000]");
}

TEST_F(LargeEpisode, KeepsFewFilesOpen) {
  std::vector<std::unique_ptr<EpisodeSink>> sinks;
  std::vector<Feed> feeds;
  const auto descriptors = [&] { return names_in("/proc/self/fd").size(); };
  const auto before = descriptors();
  for (std::uint64_t i = 1; i <= 40; ++i) {
    sinks.push_back(backend_->start_episode(episode(i)));
    feeds.push_back(feed(0, dense("neural_states/v", {1024}), 16));
    feeds.back().declare(*sinks.back());
  }
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < sinks.size(); ++i) {
      feeds[i].push(*sinks[i], 10);
      sinks[i]->commit(std::vector{feeds[i].committed()});
      backend_->commit();
    }
    EXPECT_LE(descriptors(), before + 16);
  }
  python(
      "for i in range(1, 41):\n"
      "  f = h5.File('episodes/episode_%04d.h5' % i, 'r')\n"
      "  same(f['neural_states/v/values'], 30); assert committed(f) == {0: 30} and len(f['commits']) == 3\n");
}

TEST_F(LargeEpisode, AGapMayComeBeforeTheFirstCommit) {
  auto v = feed(0, dense("neural_states/v", {3}), 16);
  auto s = feed(1, spikes("p"), 16);
  v.declare(*sink_);
  s.declare(*sink_);
  sink_->add_gap({"neural_states/v", 1, 1, 1, "invalid"});
  v.push(*sink_, 3);
  s.push(*sink_, 1);
  sink_->commit(std::vector{v.committed(), s.committed()});
  backend_->commit();
  finish({&v, &s});
}

TEST_F(LargeEpisode, StreamsAreDeclaredBetweenCommitsHoweverManyAndHoweverNamed) {
  std::vector<std::unique_ptr<Feed>> feeds;
  for (StreamId id = 0; id < 300; ++id) {
    auto spec = dense("neural_states/" + std::string(150, 'x') + std::to_string(id), {2});
    spec.attributes["unit"] = std::string(id * 20, 'u');
    feeds.push_back(std::make_unique<Feed>(id, std::move(spec), 16, backend_->codecs()));
    feeds.back()->declare(*sink_);
    feeds.back()->push(*sink_, 20);
    feeds.front()->push(*sink_, 7);
    if (id % 7 == 0) {
      sink_->commit(std::vector{feeds.front()->committed(), feeds.back()->committed()});
      backend_->commit();
    }
  }
  std::vector<Feed*> all;
  for (auto& one : feeds) {
    all.push_back(one.get());
    one->push(*sink_, 3000);
  }
  finish(all);
  python(
      "f = h5.File('episodes/episode_0000.h5', 'r')\n"
      "assert len(f['neural_states']) == 300\n"
      "assert all(len(g['values']) == len(g['timesteps']) >= 3020 for g in f['neural_states'].values())\n"
      "assert all(len(g.attrs.get('unit', '')) == 20 * int(n[150:]) for n, g in f['neural_states'].items())\n");
}

TEST_F(LargeEpisode, AnErrorNamesTheStreamThatWasWrittenAndAtACommitNone) {
  SmallDisk disk;
  const io::Replaced replaced(disk);
  for (const std::uint64_t rows : {3U, 20U}) {  // in the open chunk, and a whole one
    disk.full = false;
    sink_ = backend_->start_episode(episode(rows));
    auto v = feed(0, dense("neural_states/v", {4}), 16);
    auto r = feed(1, rewards(), 16);
    for (auto* stream : {&v, &r}) stream->declare(*sink_).push(*sink_, 5);
    disk.full = true;
    const auto error = support::error_of([&] { r.push(*sink_, rows); });
    EXPECT_EQ(error.context().stream, "rewards");
    EXPECT_THAT(error.context().path, ::testing::HasSubstr(episode(rows).id));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("No space left"));
  }
  disk.full = false;
  sink_ = backend_->start_episode(episode(21));
  auto v = feed(0, dense("neural_states/v", {4}), 16);
  v.declare(*sink_).push(*sink_, 5);
  sink_->commit(std::vector{v.committed()});
  disk.full = true;
  const auto result = backend_->commit();
  ASSERT_TRUE(result.why_lost);
  EXPECT_EQ(result.why_lost->context().stream, "");
  EXPECT_THAT(result.why_lost->context().path, ::testing::HasSubstr("episode_0021"));
}

}  // namespace
}  // namespace neurotape::testing
