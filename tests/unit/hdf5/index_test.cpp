// experiment_data.h5

#include "backends/hdf5/index.hpp"

#include <fstream>
#include <gmock/gmock.h>

#include "fixture.hpp"

namespace neurotape::testing {
namespace {

class IndexFile : public Hdf5Test {
 protected:
  static hdf5::EpisodeRecord recorded_in(const std::string& file) {
    hdf5::EpisodeRecord record;
    record.source = std::make_shared<hdf5::SourceFile>(hdf5::SourceFile{file, false, {}});
    return record;
  }
  /// One in a file of its own.
  void record_large(std::uint64_t number) {
    auto sink = backend_->start_episode(episode(number));
    Feed v(0, dense("neural_states/v", {1024}), 16, backend_->codecs());
    v.declare(*sink).push(*sink, 1200);
    sink->commit(std::vector{v.committed()});
    backend_->commit();
    sink->finishing(UINT64_MAX);
    v.end(*sink);
    auto end = complete();
    end.first_timestep = 0;
    end.last_timestep = 3597;
    sink->finish(end);
  }
};

TEST_F(IndexFile, IsThereFromTheStart) {
  create_run();
  python(R"(
f = h5.File('experiment_data.h5', 'r')
assert list(f) == ['config', 'episodes', 'episodes_table', 'network_structure'], list(f)
assert len(f['episodes']) == 0 and len(f['episodes_table']) == 0
assert dict(f.attrs) == dict(h5.File('setup.h5', 'r').attrs) and text(f.attrs['experiment_name']) == 'cartpole'
assert len(f['config'].attrs) == 0 and len(f['network_structure']) == 0
)");
}

TEST_F(IndexFile, LinksToEpisodesWhereverTheyAre) {
  create_run();
  record_large(0);
  record_small(*backend_, 1, 50);
  record_small(*backend_, 12345, 10);
  close_run();
  python(R"(
f = h5.File('experiment_data.h5', 'r')
same(f['episodes/episode_0000/neural_states/v/values'], 1200)
same(f['episodes/episode_0001/rewards/values'], 50)
same(f['episodes/episode_12345/rewards/values'], 10)
link = f['episodes'].get('episode_0001', getlink=True)
assert isinstance(link, h5.ExternalLink) and link.filename.startswith('episodes/segment_') and link.path == '/episode_0001'
assert f['episodes'].get('episode_0000', getlink=True).filename == 'episodes/episode_0000.h5'
)");
}

TEST_F(IndexFile, HoldsWhenTheRunIsMoved) {
  create_run();
  record_small(*backend_, 0, 50);
  close_run();
  const auto moved = parent_ / "elsewhere";
  std::filesystem::rename(path_, moved);
  path_ = moved;
  python("same(h5.File('experiment_data.h5', 'r')['episodes/episode_0000/rewards/values'], 50)");
}

TEST_F(IndexFile, TabulatesTheEpisodes) {
  create_run();
  record_large(0);
  record_small(*backend_, 1, 50);
  close_run();
  python(R"(
t = h5.File('experiment_data.h5', 'r')['episodes_table']
want = [('episode', 'u8'), ('file', 'S64'), ('object', 'S64'), ('status', 'S16'), ('first_timestep', 'i8'),
        ('last_timestep', 'i8'), ('return', 'f8'), ('rows', 'u8'), ('bytes_stored', 'u8'), ('streams', 'S256'),
        ('file_bytes', 'u8'), ('file_mtime_ns', 'i8')]
assert t.dtype == np.dtype(want), t.dtype
large, small = t[0], t[1]
assert (large['episode'], text(large['file']), text(large['object'])) == (0, 'episodes/episode_0000.h5', '/')
assert (small['episode'], text(small['file']), text(small['object'])) == (1, 'episodes/segment_0000.h5', '/episode_0001')
assert text(large['status']) == 'complete' and (large['first_timestep'], large['last_timestep']) == (0, 3597)
assert small['return'] == 50 and (small['first_timestep'], small['last_timestep']) == (0, 147)
assert json.loads(large['streams']) == {'neural_states/v': 1200} and large['rows'] == 1200
assert json.loads(small['streams']) == {'behavior/position': 50, 'rewards': 50} and small['rows'] == 100
assert large['bytes_stored'] == 1200 * (4096 + 8) and small['bytes_stored'] == 64 * (12 + 8 + 8 + 8)
for row in t[:]:
    s = os.stat(text(row['file']))
    assert row['file_bytes'] == s.st_size and row['file_mtime_ns'] == s.st_mtime_ns
)");
}

TEST_F(IndexFile, ShowsAnEpisodeThatIsBeingRecorded) {
  create_run();
  auto sink = backend_->start_episode(episode(0));
  Feed v(0, dense("neural_states/v", {4}), 16, backend_->codecs());
  v.declare(*sink).push(*sink, 21);
  sink->commit(std::vector{v.committed()});
  backend_->commit();
  hdf5::Library library;
  hdf5::Index index(library, path_ / "experiment_data.h5");
  index.set(0, recorded_in("episode_0000.h5"));
  index.write({});
  python(
      "t = h5.File('experiment_data.h5', 'r')['episodes_table'][:]\n"
      "assert text(t['status'][0]) == 'recording' and t['last_timestep'][0] == -1\n"
      "f = h5.File('experiment_data.h5', 'r')\n"
      "same(f['episodes/episode_0000/neural_states/v/values'], 21)\n");
  sink->discard();
}

TEST_F(IndexFile, ReadsBackWhatItWrote) {
  hdf5::Library library;
  const auto path = parent_ / "index.h5";
  hdf5::Index index(library, path);
  const auto segment = std::make_shared<hdf5::SourceFile>(hdf5::SourceFile{"segment_0003.h5", true, {7, 8}});
  for (std::uint64_t i = 0; i < 2500; ++i) {  // several chunks of the table
    index.set(i * 3, {segment, "aborted", static_cast<std::int64_t>(i), 5, 0.5, i, 2 * i, R"({"rewards":1})"});
  }
  index.write({});
  const auto read = hdf5::Index::read(library, path);
  ASSERT_EQ(read.size(), 2500U);
  const auto& last = read.at(3 * 2499);
  EXPECT_EQ(last.source->name, "segment_0003.h5");
  EXPECT_TRUE(last.source->is_segment);
  EXPECT_EQ(last.source->facts, (hdf5::FileFacts{7, 8}));
  EXPECT_EQ(last.status, "aborted");
  EXPECT_EQ(last.first_timestep, 2499);
  EXPECT_EQ(last.last_timestep, 5);
  EXPECT_EQ(last.sum_of_rewards, 0.5);
  EXPECT_EQ(last.rows, 2499U);
  EXPECT_EQ(last.bytes_stored, 4998U);
  EXPECT_EQ(last.streams, R"({"rewards":1})");
  EXPECT_TRUE(hdf5::Index::read(library, parent_ / "nothing.h5").empty());
  std::ofstream(path) << "damaged";
  EXPECT_TRUE(hdf5::Index::read(library, path).empty());
}

TEST_F(IndexFile, IsWrittenOneHundredthOfTheTime) {
  using std::chrono::seconds;
  std::chrono::steady_clock::time_point now;
  const auto each_call_takes = seconds(3);
  hdf5::Library library;
  hdf5::Index index(library, parent_ / "index.h5", [&] { return now += each_call_takes; });
  EXPECT_TRUE(index.due());
  index.write({});
  const auto written = now;
  EXPECT_FALSE(index.due()) << "nothing has changed";
  index.set(0, recorded_in("episode_0000.h5"));
  now = written + seconds(290);
  EXPECT_FALSE(index.due());
  now = written + seconds(300);
  EXPECT_TRUE(index.due());
}

}  // namespace
}  // namespace neurotape::testing
