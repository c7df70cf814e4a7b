// What lies in the way of a recorder: links, pipes and directories under the names of its files, other permissions.
// Nothing outside of its run is written.

#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/integration/support.hpp"
#include "tests/life/child.hpp"

namespace neurotape::outside {
namespace {

namespace fs = std::filesystem;
using life::in_child;

class Paths : public RunTest {
 protected:
  void SetUp() override {
    fs::create_directory(outside_);
    std::ofstream(outside_ / "file") << "untouched";
  }
  void TearDown() override { EXPECT_EQ(outside(), (std::map<std::string, std::string>{{"file", "untouched"}})); }

  std::map<std::string, std::string> outside() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(outside_)) {
      std::ifstream in(entry.path());
      files[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(in), {});
    }
    return files;
  }
  fs::path finished_run() {
    auto experiment = create({.durability = Durability::process});
    record_episode(experiment, 1);
    experiment.close();
    return experiment.path();
  }
  static void record_episode(Experiment& experiment, int rows) {
    auto episode = experiment.start_episode();
    auto rewards = episode.rewards();
    for (int t = 0; t < rows; ++t) rewards.record(t, 0.5);
    experiment.flush();
    episode.finish();
  }
  /// What goes on with the run may be refused, but neither hangs nor crashes.
  std::string go_on(const fs::path& run) {
    return in_child([&] {
      try {
        auto experiment = Experiment::open(run, quiet({.durability = Durability::power}));
        experiment.save_config({{"a", 1}});
        record_episode(experiment, 1);
        experiment.close();
        return 0;
      } catch (const Error& error) {
        return error.code() == ErrorCode::io || error.code() == ErrorCode::damaged ||
                       error.code() == ErrorCode::not_found
                   ? 1
                   : 2;
      }
    });
  }

  const fs::path outside_ = directory() / "outside";
};

TEST_F(Paths, TheParentMayBeALink) {
  fs::create_directory(directory() / "real");
  fs::create_directory_symlink(directory() / "real", directory() / "link");
  auto experiment = Experiment::create(directory() / "link", "run", quiet());
  record_episode(experiment, 3);
  experiment.close();
  EXPECT_EQ(Run(fs::directory_iterator(directory() / "real")->path()).episode(0).rewards().rows(), 3U);
}

using Thing = std::pair<const char*, std::function<void(const fs::path& outside, const fs::path& at)>>;

const std::vector<Thing>& things() {
  static const std::vector<Thing> all{
      {"a link to a file",
       [](const fs::path& outside, const fs::path& at) { fs::create_symlink(outside / "file", at); }},
      {"a link to nothing",
       [](const fs::path& outside, const fs::path& at) { fs::create_symlink(outside / "new", at); }},
      {"a link to a directory", [](const fs::path& outside, const fs::path& at) { fs::create_symlink(outside, at); }},
      {"a link to itself", [](const fs::path&, const fs::path& at) { fs::create_symlink(at.filename(), at); }},
      {"a pipe", [](const fs::path&, const fs::path& at) { ASSERT_EQ(::mkfifo(at.c_str(), 0600), 0); }},
      {"a directory", [](const fs::path&, const fs::path& at) { fs::create_directory(at); }},
      {"a directory with a file",
       [](const fs::path&, const fs::path& at) {
         fs::create_directory(at);
         std::ofstream(at / "x") << "x";
       }},
      {"a file of another kind", [](const fs::path&, const fs::path& at) { std::ofstream(at) << "something else"; }},
      {"an empty file", [](const fs::path&, const fs::path& at) { std::ofstream{at}; }},
  };
  return all;
}

class UnderItsNames : public Paths, public ::testing::WithParamInterface<std::string> {};

TEST_P(UnderItsNames, NothingIsFollowedOrWaitedFor) {
  for (const auto& [what, put] : things()) {
    const auto run = finished_run();
    fs::remove_all(run / GetParam());
    put(outside_, run / GetParam());
    const auto end = go_on(run);
    EXPECT_TRUE(end == "exit 0" || end == "exit 1") << what << ": " << end;
    const auto reading = in_child([&] {
      try {
        for (const auto number : Run(run).numbers()) Run(run).episode(number);
        return 0;
      } catch (const Error&) {
        return 1;
      }
    });
    EXPECT_TRUE(reading == "exit 0" || reading == "exit 1") << what << ", read: " << reading;
    const auto recovering = in_child([&] {
      try {
        recover(run);
        return 0;
      } catch (const Error&) {
        return 1;
      }
    });
    EXPECT_TRUE(recovering == "exit 0" || recovering == "exit 1") << what << ", recovered: " << recovering;
  }
}

INSTANTIATE_TEST_SUITE_P(All, UnderItsNames,
                         ::testing::Values("setup.h5", ".setup.h5", "experiment_data.h5", ".experiment_data.h5",
                                           ".journal", ".lock", "episodes", "episodes/segment_0000.h5",
                                           "episodes/.segment_0001.h5", "episodes/episode_0001.h5",
                                           "episodes/.episode_0001.h5"));

// They come while it records.
TEST_F(Paths, WhatAppearsInTheWayCostsItsEpisodeAtMost) {
  for (const char* name :
       {".journal", "episodes/.episode_0000.h5", "episodes/episode_0000.h5", "episodes/.segment_0000.h5",
        "episodes/segment_0000.h5", ".setup.h5", ".experiment_data.h5"}) {
    for (const auto& [what, put] : things()) {
      const auto end = in_child([&, &put_it = put] {
        auto experiment = create({.commit_interval = std::chrono::hours(1)});
        put_it(outside_, experiment.path() / name);
        const auto attempt = [](const std::function<void()>& call) {
          try {
            call();
          } catch (const Error&) {
            return;
          }
        };
        attempt([&] { record_episode(experiment, 3); });
        attempt([&] { experiment.save_config({{"a", 1}}); });
        attempt([&] { record_episode(experiment, 3); });
        attempt([&] { experiment.close(); });
        return 0;
      });
      EXPECT_EQ(end, "exit 0") << name << ": " << what;
    }
  }
}

// Somebody moves a directory while it is recorded into, and puts a link to elsewhere in its place.
class MovedAway : public Paths, public ::testing::WithParamInterface<Durability> {
 protected:
  void record_while_it_is_moved(const char* below) {
    auto experiment = create({.commit_interval = std::chrono::hours(1), .durability = GetParam()});
    run_ = experiment.path();
    const auto path = *below != 0 ? run_ / below : run_;
    record_episode(experiment, 3);
    auto open = experiment.start_episode();
    auto rewards = open.rewards();
    rewards.record(0, 0.5);
    experiment.flush();
    fs::rename(path, moved_);
    fs::create_directory_symlink(outside_, path);
    // Who reads it meanwhile, in this process too, finds it recorded, and leaves it so.
    const auto now = *below != 0 ? run_ : moved_;
    if (*below == 0) {
      EXPECT_TRUE(Run(now).is_live());
    }
    EXPECT_THROW(Experiment::open(now, quiet()), Error);
    EXPECT_THROW(recover(now), Error);
    rewards.record(1, 0.5);
    record_episode(experiment, 4);
    experiment.save_config({{"moved", true}});
    open.finish();
    experiment.close();
    EXPECT_TRUE(told().empty());
  }
  static void expect_whole(const fs::path& path) {
    const Run run(path);
    EXPECT_TRUE(run.problems().empty());
    EXPECT_EQ(run.config(), nlohmann::json({{"moved", true}}));
    ASSERT_EQ(run.size(), 3U);
    for (const auto& [number, rows] : {std::pair(0U, 3U), {1U, 2U}, {2U, 4U}})
      EXPECT_EQ(run.episode(number).rewards().rows(), rows) << number;
    EXPECT_FALSE(fs::exists(path / ".lock"));
  }

  fs::path run_;
  const fs::path moved_ = directory() / "moved";
};

TEST_P(MovedAway, TheRunIsRecordedWhereItIs) {
  record_while_it_is_moved("");
  expect_whole(moved_);
}

TEST_P(MovedAway, EpisodesAreRecordedWhereTheyAre) {
  record_while_it_is_moved("episodes");
  fs::remove(run_ / "episodes");
  fs::rename(moved_, run_ / "episodes");
  expect_whole(run_);
}

TEST_F(Paths, ItsPathMayEndInSlashes) {
  const auto run = finished_run();
  {
    auto experiment = Experiment::open(run.string() + "//", quiet());
    record_episode(experiment, 2);
    experiment.close();
  }
  EXPECT_EQ(Run(run).size(), 2U);
  EXPECT_FALSE(fs::exists("/setup.h5") || fs::exists("/experiment_data.h5"));
}

// A handle of the first is still there.
TEST_F(Paths, AnotherRunMayTakeThePlaceOfOneThatIsClosed) {
  auto first = create({.durability = Durability::process});
  record_episode(first, 1);
  first.close();
  const auto path = first.path();
  auto second = create({.durability = Durability::process}, "second");
  record_episode(second, 3);
  second.close();
  fs::rename(path, directory() / "moved");
  fs::rename(second.path(), path);
  auto again = Experiment::open(path, quiet());
  record_episode(again, 5);
  again.close();
  EXPECT_EQ(Run(path).episode(1).rewards().rows(), 5U);
  EXPECT_EQ(Run(directory() / "moved").size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Durability, MovedAway, ::testing::Values(Durability::process, Durability::power));

TEST_F(Paths, NobodyElseMayLookWhereTheUmaskSaysSo) {
  const auto before = ::umask(077);
  const auto run = finished_run();
  ::umask(before);
  for (const auto& entry : fs::recursive_directory_iterator(run))
    EXPECT_EQ(entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all), fs::perms::none) << entry;
  EXPECT_EQ(Run(run).episode(0).rewards().rows(), 1U);
}

TEST_F(Paths, ADirectoryThatBecomesReadOnlyEndsItsEpisodesOnly) {
  fs::permissions(directory(), fs::perms::all);
  const auto end = in_child([&] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) return 77;  // root may write everywhere
    auto experiment = create({.durability = Durability::process});
    record_episode(experiment, 1);
    fs::permissions(experiment.path() / "episodes", fs::perms::owner_read | fs::perms::owner_exec);
    EXPECT_THROW(record_episode(experiment, 2), Error);
    EXPECT_EQ(told().front().code(), ErrorCode::io);
    fs::permissions(experiment.path() / "episodes", fs::perms::owner_all);
    auto episode = experiment.start_episode();
    episode.rewards().record(0, 1);
    episode.finish();
    EXPECT_THROW(experiment.close(), Error);
    Run run(experiment.path());
    EXPECT_EQ(run.numbers(), (std::vector<std::uint64_t>{0, 2}));
    return HasFailure() ? 1 : 0;
  });
  if (end == "exit 77") GTEST_SKIP() << "cannot become another user";
  EXPECT_EQ(end, "exit 0");
}

}  // namespace
}  // namespace neurotape::outside
