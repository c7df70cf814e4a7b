// The directory of a run: its name, its lock, its set-up, and going on with it.

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <hdf5.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/hdf5/provenance.hpp"
#include "backends/hdf5/recover.hpp"
#include "backends/hdf5/run_directory.hpp"
#include "backends/io/operations.hpp"
#include "fixture.hpp"
#include "neurotape/error.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/sanitizers.hpp"

namespace neurotape::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What HDF5 leaks of files that it cannot read. It takes it from memory that it kept, of tests in which nothing may leak.
struct UnreadableFiles {
  UnreadableFiles() { H5garbage_collect(); }
  support::LeaksOfHdf5 leaks;
};

class Run : public Hdf5Test {
 protected:
  std::unique_ptr<Backend> reopen() { return hdf5::open_run(path_, std::make_unique<PlainCodecs>()); }
  void damage_header(const std::string& segment, const std::string& object) const {
    python("name = 'episodes/" + segment + "'\nat = h5.h5o.get_info(h5.File(name, 'r')['" + object +
           "'].id).addr\nf = open(name, 'r+b')\nf.seek(at + 8)\nf.write(b'damaged!')\nf.close()");
  }
  static ErrorCode code_of(const std::function<void()>& action, std::string* what = nullptr) {
    const auto error = support::error_of(action);
    if (what != nullptr) *what = error.what();
    return error.code();
  }
};

TEST_F(Run, IsNamedAfterTheTimeInUtc) {
  const WallTime noon(std::chrono::seconds(1'795'169'700));
  const auto first = hdf5::RunDirectory::create(parent_.path(), "cartpole", noon);
  const auto second = hdf5::RunDirectory::create(parent_.path(), "cartpole", noon);
  const auto third = hdf5::RunDirectory::create(parent_.path(), "cartpole", noon);
  EXPECT_EQ(first.path().filename(), "cartpole_20261120_101500");
  EXPECT_EQ(second.path().filename(), "cartpole_20261120_101500_2");
  EXPECT_EQ(third.path().filename(), "cartpole_20261120_101500_3");
  EXPECT_TRUE(std::filesystem::is_directory(third.episodes()));
}

TEST_F(Run, RefusesNamesOfOtherPlaces) {
  for (const char* name : {"", ".", "..", ".hidden", "a/b", "../x"}) {
    EXPECT_EQ(code_of([&] { hdf5::RunDirectory::create(parent_.path(), name, WallTime()); }), ErrorCode::invalid_name)
        << name;
  }
}

TEST_F(Run, SaysWhyItsDirectoryCannotBeMade) {
  std::ofstream(parent_ / "file") << "x";
  std::string what;
  const auto create = [&] { hdf5::RunDirectory::create(parent_ / "file" / "runs", "a", WallTime()); };
  EXPECT_EQ(code_of(create, &what), ErrorCode::io);
  EXPECT_THAT(what, HasSubstr("Not a directory"));
  EXPECT_THAT(what, HasSubstr((parent_ / "file" / "runs").string()));
}

TEST_F(Run, IsRecordedByOneRecorderAtATime) {
  create_run();
  std::string what;
  EXPECT_EQ(code_of([&] { reopen(); }, &what), ErrorCode::already_exists);
  EXPECT_THAT(what, HasSubstr(fmt::format("pid {}", ::getpid())));
  close_run();
  EXPECT_NO_THROW(reopen());
}

TEST_F(Run, LockHoldsAgainstOtherProcesses) {
  create_run();
  python(
      "import fcntl\n"
      "f = open('.lock', 'r+')\n"
      "assert f.readline().startswith('pid ') and f.readline().startswith('started 2')\n"
      "assert f.readline().split() == ['ring', *['0' * 20] * 3]\n"
      "try: fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
      "except BlockingIOError: sys.exit(0)\n"
      "sys.exit('not locked')\n");
}

TEST_F(Run, IsNotFoundWhereThereIsNone) {
  path_ = parent_.path();
  EXPECT_EQ(code_of([&] { reopen(); }), ErrorCode::not_found);
  path_ = parent_ / "nothing";
  EXPECT_EQ(code_of([&] { reopen(); }), ErrorCode::not_found);
}

TEST_F(Run, IsDamagedWhereTheSetupIsNotOurs) {
  path_ = parent_.path();
  std::ofstream(path_ / "setup.h5") << "not HDF5";
  EXPECT_EQ(code_of([&] { reopen(); }), ErrorCode::io);
}

TEST_F(Run, SetupTellsWhereItComesFrom) {
  create_run();
  python(R"(
import platform
f = h5.File('setup.h5', 'r')
a = f.attrs
assert text(a['format']) == 'neurotape' and a['format_version'] == 1 and a['format_version'].dtype == 'i8'
assert text(a['experiment_name']) == 'cartpole' and text(a['neurotape_version']) == ')" NEUROTAPE_VERSION R"('
assert text(a['host']) == platform.node() and 'unit_hdf5' in text(a['command_line'])
assert text(a['created']).endswith('Z') and a['dt'] == 0.1 and text(a['dt_unit']) == 'ms' and 'git_commit' in a
assert list(f) == ['config', 'network_structure']
)");
}

TEST_F(Run, SetupKeepsConfigAndNetwork) {
  create_run();
  const std::vector<std::uint32_t> ids = {4, 5, 6};
  const std::vector<double> x = {0.5, 1.5, 2.5};
  backend_->save_network("neurons", std::vector<NamedArray>{{"ids", ids}, {"x", x}});
  backend_->save_config({{"old", 1}});
  const std::vector<float> weights(300'000, 0.25F);
  backend_->save_network("connections", std::vector<NamedArray>{{"weights", weights}});
  backend_->save_config({{"i", -3},
                         {"u", 18446744073709551615ULL},
                         {"f", 0.5},
                         {"b", true},
                         {"s", "μV"},
                         {"nested", {{"ä", {1, 2}}}},
                         {"none", nullptr},
                         {"empty", ""}});
  python(R"(
f = h5.File('setup.h5', 'r')
n = f['network_structure']
assert list(n['neurons/ids'][:]) == [4, 5, 6] and n['neurons/ids'].dtype == 'u4'
assert list(n['neurons/x'][:]) == [.5, 1.5, 2.5] and n['neurons/x'].dtype == 'f8'
assert np.all(n['connections/weights'][:] == 0.25) and n['connections/weights'].shape == (300000,)
assert n['connections/weights'].fletcher32
a = f['config'].attrs
assert sorted(a) == ['b', 'empty', 'f', 'i', 'nested', 'none', 's', 'u'], list(a)
assert (a['i'], a['u'], a['f'], bool(a['b']), text(a['s']), text(a['empty'])) == (-3, 2**64 - 1, .5, True, 'μV', '')
assert a['b'].dtype == bool and json.loads(a['nested']) == {'ä': [1, 2]} and a['none'] == b'null'
)");
  EXPECT_EQ(names_in(path_), (std::vector<std::string>{".lock", "episodes", "experiment_data.h5", "setup.h5"}));
}

TEST_F(Run, RefusesColumnsThatDoNotFit) {
  create_run();
  const std::vector<int> three(3);
  const std::vector<int> four(4);
  const auto save = [&](std::string_view name, const std::vector<int>& values) {
    return code_of([&] { backend_->save_network("neurons", std::vector<NamedArray>{{"ids", three}, {name, values}}); });
  };
  EXPECT_EQ(save("x", four), ErrorCode::wrong_shape);
  EXPECT_EQ(save("a/b", three), ErrorCode::invalid_name);
  EXPECT_EQ(save("", three), ErrorCode::invalid_name);
  EXPECT_EQ(code_of([&] { backend_->save_config(nlohmann::json::array()); }), ErrorCode::invalid_argument);
  backend_->save_config({{"still", "usable"}});
}

TEST_F(Run, GoesOnWithTheNextNumber) {
  create_run();
  EXPECT_EQ(backend_->next_episode_number(), 0U);
  backend_->save_config({{"nested", {1, 2}}, {"lr", 0.25}, {"on", false}, {"name", "né"}});
  record_small(*backend_, 0, 10);
  record_small(*backend_, 1, 10);
  close_run();
  backend_ = reopen();
  EXPECT_EQ(backend_->next_episode_number(), 2U);
  record_small(*backend_, 2, 10);
  close_run();
  EXPECT_EQ(episode_files().size(), 1U);  // merged
  python(R"(
f = h5.File('experiment_data.h5', 'r')
assert list(f['episodes']) == ['episode_0000', 'episode_0001', 'episode_0002']
for e in f['episodes'].values(): same(e['rewards/values'], 10)
s = h5.File('episodes/' + os.listdir('episodes')[0], 'r')
assert json.loads(s.attrs['config']) == {'nested': [1, 2], 'lr': 0.25, 'on': False, 'name': 'né'}
assert bool(f['config'].attrs['on']) is False
)");
}

TEST_F(Run, FindsNumbersThatTheIndexDoesNotKnow) {
  create_run();
  record_small(*backend_, 6, 10);
  close_run();
  std::filesystem::remove(path_ / "experiment_data.h5");
  backend_ = reopen();
  EXPECT_EQ(backend_->next_episode_number(), 7U);
  backend_.reset();
  std::filesystem::copy(path_ / "setup.h5", path_ / "episodes/episode_0011.h5");  // no episode, but the name is taken
  backend_ = reopen();
  EXPECT_EQ(backend_->next_episode_number(), 12U);
}

TEST_F(Run, RebuildsTheIndexFromTheEpisodes) {
  create_run();
  record_small(*backend_, 0, 10);
  backend_->commit();
  auto sink = backend_->start_episode(episode(1));  // left open, as by a process that dies
  Feed v(0, dense("neural_states/v", {4}), 16, backend_->codecs());
  v.declare(*sink).push(*sink, 21);
  sink->commit(std::vector{v.committed()});
  backend_->commit();
  v.push(*sink, 7);
  sink.reset();
  backend_.reset();
  std::filesystem::remove(path_ / "experiment_data.h5");
  backend_ = reopen();
  EXPECT_EQ(backend_->next_episode_number(), 2U);
  python(R"(
t = h5.File('experiment_data.h5', 'r')['episodes_table'][:]
assert list(t['episode']) == [0, 1] and [text(s) for s in t['status']] == ['complete', 'recording']
assert list(t['first_timestep']) == [0, 0] and list(t['last_timestep']) == [27, 60]
assert list(t['rows']) == [20, 21] and t['return'][0] == 22.5
assert [json.loads(s) for s in t['streams']] == [{'behavior/position': 10, 'rewards': 10}, {'neural_states/v': 21}]
assert np.all(t['bytes_stored'] > 0)
)");
}

TEST_F(Run, ClearsAwayWhatDeadProcessesLeft) {
  create_run();
  record_small(*backend_, 0, 10);
  backend_->commit();
  record_small(*backend_, 1, 10);  // in a segment that is never published
  auto sink = backend_->start_episode(episode(2));
  Feed v(0, dense("neural_states/v", {4}), 16, backend_->codecs());
  v.declare(*sink).push(*sink, 21);  // never committed
  sink.reset();
  backend_.reset();
  std::filesystem::copy(path_ / "setup.h5", path_ / ".setup.h5");
  std::filesystem::copy(path_ / "setup.h5", path_ / "episodes/episode_0000.h5");  // moved to a segment, not yet removed
  std::ofstream(path_ / "episodes/.mine") << "x";
  EXPECT_THAT(names_in(path_ / "episodes"),
              ElementsAre(".episode_0002.h5", ".mine", ".segment_0001.h5", "episode_0000.h5", "segment_0000.h5"));
  backend_ = reopen();
  EXPECT_THAT(names_in(path_ / "episodes"), ElementsAre(".mine", "segment_0000.h5"));
  EXPECT_FALSE(std::filesystem::exists(path_ / ".setup.h5"));
  EXPECT_EQ(backend_->next_episode_number(), 1U);
}

TEST_F(Run, TakesTheMergedOfTwoCopies) {
  create_run();
  for (std::uint64_t i = 0; i < 2; ++i) {
    record_small(*backend_, i, 10);
    backend_->commit();
  }
  std::filesystem::copy(path_ / "episodes/segment_0000.h5", parent_ / "kept.h5");
  close_run();
  EXPECT_THAT(episode_files(), ElementsAre("segment_0002.h5"));
  std::filesystem::copy(parent_ / "kept.h5", path_ / "episodes/segment_0000.h5");
  backend_ = reopen();
  EXPECT_THAT(episode_files(), ElementsAre("segment_0002.h5"));
  record_small(*backend_, 2, 10);
  backend_->commit();
  EXPECT_THAT(episode_files(), ElementsAre("segment_0002.h5", "segment_0003.h5"));
}

/// Refuses to read what ends like this.
class Refusing final : public io::Operations {
 public:
  explicit Refusing(std::string name) : name_(std::move(name)) {}
  int open(const char* path, int flags, mode_t mode) override {
    if (!std::string_view(path).ends_with(name_)) return Operations::open(path, flags, mode);
    errno = EIO;
    return -1;
  }

 private:
  const std::string name_;
};

TEST_F(Run, DoesNotGoOnWhereTheJournalCannotBeRead) {
  create_run();
  record_small(*backend_, 0, 10);
  close_run();
  std::ofstream(path_ / ".journal") << "what was acknowledged";
  {
    Refusing operations("/.journal");
    const io::Replaced replaced(operations);
    std::string what;
    EXPECT_EQ(code_of([&] { reopen(); }, &what), ErrorCode::io);
    EXPECT_THAT(what, HasSubstr(".journal"));
    EXPECT_EQ(code_of([&] { hdf5::recover_run(path_); }), ErrorCode::io);
  }
  EXPECT_TRUE(std::filesystem::exists(path_ / ".journal"));
  reopen();
  EXPECT_FALSE(std::filesystem::exists(path_ / ".journal"));
}

TEST_F(Run, LeavesUnreadableFilesAlone) {
  create_run();
  record_small(*backend_, 0, 10);
  close_run();
  std::ofstream(path_ / "episodes/segment_0007.h5") << "not HDF5";
  std::ofstream(path_ / "episodes/episode_0009.h5") << "not HDF5";
  backend_ = reopen();
  EXPECT_EQ(backend_->next_episode_number(), 10U);
  record_small(*backend_, 10, 10);
  close_run();
  python(
      "assert list(h5.File('experiment_data.h5', 'r')['episodes']) == ['episode_0000', 'episode_0010']\n"
      "assert open('episodes/segment_0007.h5').read() == 'not HDF5'\n");
}

TEST_F(Run, AnUnreadableEpisodeOfASegmentCostsNoOther) {
  const UnreadableFiles leaks;
  create_run();
  for (std::uint64_t i = 0; i < 3; ++i) record_small(*backend_, i, 10);
  close_run();
  std::filesystem::remove(path_ / "experiment_data.h5");
  damage_header("segment_0000.h5", "episode_0002");
  backend_ = reopen();
  EXPECT_EQ(backend_->next_episode_number(), 3U);
  record_small(*backend_, 3, 10);
  close_run();
  EXPECT_THAT(episode_files(), ElementsAre("segment_0000.h5", "segment_0001.h5"))
      << "a merge would lose what is damaged";
  python(
      "assert list(h5.File('experiment_data.h5', 'r')['episodes']) == ['episode_0000', 'episode_0001', "
      "'episode_0003']");
}

TEST_F(Run, NumbersThatADamagedSegmentMayHaveAreNotUsed) {
  const UnreadableFiles leaks;
  create_run();
  for (std::uint64_t i = 0; i < 3; ++i) record_small(*backend_, i, 10);
  close_run();
  std::filesystem::remove(path_ / "experiment_data.h5");
  std::filesystem::resize_file(path_ / "episodes/segment_0000.h5", 100);
  EXPECT_GE(reopen()->next_episode_number(), 1'000U);
  EXPECT_THAT(episode_files(), ElementsAre("segment_0000.h5"));
}

/// Reads fail, from one on, so many.
class FailingReads final : public io::Operations {
 public:
  ssize_t pread(int file, void* bytes, std::size_t count, off_t offset) override {
    if (++reads < first || reads - first >= times) return Operations::pread(file, bytes, count, offset);
    errno = EIO;
    return -1;
  }
  std::uint64_t first = UINT64_MAX, times = 1, reads = 0;
};

TEST_F(Run, ADiskThatCannotReadASegmentIsAnErrorAndNumbersAreNotUsedAgain) {
  const UnreadableFiles leaks;
  create_run();
  for (std::uint64_t i = 0; i < 3; ++i) record_small(*backend_, i, 10);
  close_run();
  std::filesystem::remove(path_ / "experiment_data.h5");  // what is in the segment is known by reading it
  FailingReads disk;
  const io::Replaced replaced(disk);
  EXPECT_EQ(reopen()->next_episode_number(), 3U);
  const auto reads = disk.reads;
  int refused = 0;
  for (const std::uint64_t times : {std::uint64_t{1}, UINT64_MAX}) {
    for (std::uint64_t first = 1; first <= reads; ++first) {
      std::filesystem::remove(path_ / "experiment_data.h5");
      disk.first = first;
      disk.times = times;
      disk.reads = 0;
      try {
        EXPECT_EQ(reopen()->next_episode_number(), 3U) << first << ", " << times;
      } catch (const Error& error) {
        ++refused;
        EXPECT_THAT(error.what(), HasSubstr(path_.string()));
      }
    }
  }
  EXPECT_GT(refused, 0);
}

TEST_F(Run, NumbersOfALostSegmentAreNotUsedAgain) {
  create_run();
  for (std::uint64_t i = 0; i < 3; ++i) record_small(*backend_, i, 10);
  close_run();
  std::ofstream(path_ / "episodes/segment_0000.h5") << "not HDF5";
  EXPECT_EQ(reopen()->next_episode_number(), 3U);
}

TEST_F(Run, AMergeThatFailsCostsNothing) {
  const UnreadableFiles leaks;
  create_run();
  for (std::uint64_t i = 0; i < 2; ++i) {
    record_small(*backend_, i, 10);
    backend_->commit();
  }
  damage_header("segment_0001.h5", "episode_0001/rewards");
  close_run();
  EXPECT_THAT(episode_files(), ElementsAre("segment_0000.h5", "segment_0001.h5"));
  EXPECT_FALSE(std::filesystem::exists(path_ / ".journal"));
  python("assert list(h5.File('experiment_data.h5', 'r')['episodes']) == ['episode_0000', 'episode_0001']");
}

TEST_F(Run, LeavesFilesAloneWhoseNamesAreAlmostOurs) {
  create_run();
  record_small(*backend_, 7, 10);
  close_run();
  for (const char* name : {"episode_7.h5", "episode_00007.h5"})
    std::filesystem::copy(path_ / "setup.h5", path_ / "episodes" / name);
  reopen().reset();
  EXPECT_THAT(names_in(path_ / "episodes"), ElementsAre("episode_00007.h5", "episode_7.h5", "segment_0000.h5"));
}

TEST_F(Run, FindsTheGitCommit) {
  const std::string commit(40, 'a');
  const std::string packed(40, 'b');
  const auto git = parent_ / "repo/.git";
  std::filesystem::create_directories(git / "refs/heads");
  std::filesystem::create_directories(parent_ / "repo/deep/down");
  const auto write = [](const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; };
  write(git / "HEAD", "ref: refs/heads/main\n");
  EXPECT_EQ(hdf5::git_commit(parent_ / "repo/deep/down"), "");
  write(git / "packed-refs", "# pack-refs\n" + packed + " refs/heads/main\n");
  EXPECT_EQ(hdf5::git_commit(parent_ / "repo/deep/down"), packed);
  write(git / "refs/heads/main", commit + "\n");
  EXPECT_EQ(hdf5::git_commit(parent_ / "repo/deep/down"), commit);
  std::filesystem::create_directories(git / "worktrees/w");
  write(git / "worktrees/w/HEAD", "ref: refs/heads/main\n");
  write(git / "worktrees/w/commondir", "../..\n");
  std::filesystem::create_directories(parent_ / "tree");
  write(parent_ / "tree/.git", "gitdir: " + (git / "worktrees/w").string() + "\n");
  EXPECT_EQ(hdf5::git_commit(parent_ / "tree"), commit);
  write(git / "HEAD", packed + "\n");
  EXPECT_EQ(hdf5::git_commit(parent_ / "repo"), packed);
}

}  // namespace
}  // namespace neurotape::testing
