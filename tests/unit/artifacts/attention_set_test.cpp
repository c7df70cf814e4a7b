// A set of attention maps over time: what is there already, crashes, other writers, disks that fail.

#include <neurotape/eigen.hpp>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "artifacts.hpp"

namespace neurotape::artifacts {
namespace {

class AttentionSet : public Artifacts {
 protected:
  std::filesystem::path file(const std::string& id) const { return path() / (id + "_attention.npz"); }
  std::vector<float> loaded(const std::string& id) const {
    const auto map = AttentionMapReader(path()).load(id);
    const auto values = map.values.values<float>();
    return {values.begin(), values.end()};
  }
  /// As a writer leaves it that died: its lock is there, and its lists are not settled.
  void leave_as_dead() const {
    put(path() / ".lock", "pid 1\n");
    put(path() / ".unsettled", "");
  }
};

TEST_F(AttentionSet, ALaterRunAddsToTheSet) {
  writer().save(map_of(0), "a");
  auto maps = writer();
  EXPECT_TRUE(maps.contains("a"));
  maps.save(map_of(1), "b");
  EXPECT_EQ(maps.manifest().at(0).file_id, "a");
  expect_sound(2);
}

TEST_F(AttentionSet, AMapThatIsThereIsRefused) {
  writer().save(map_of(0), "a");
  auto maps = writer();
  expect_error(ErrorCode::already_exists, "map 'a' is there already", [&] { maps.save(map_of(1), "a"); });
  expect_error(ErrorCode::already_exists, "map 'b' comes twice in one batch", [&] {
    maps.save_batch({map_of(1), map_of(2)}, {"b", "b"});
  });
  EXPECT_EQ(loaded("a"), map_of(0));
  expect_sound(1);
}

TEST_F(AttentionSet, OrReplaced) {
  writer().save(map_of(0), "a");
  auto maps = writer(small(Existing::replace));
  EXPECT_TRUE(maps.save(map_of(1), "a"));
  EXPECT_EQ(maps.size(), 1U);
  EXPECT_EQ(loaded("a"), map_of(1));
  expect_sound(1);
}

TEST_F(AttentionSet, OrKept) {
  writer().save(map_of(0), "a");
  auto maps = writer(small(Existing::keep));
  EXPECT_FALSE(maps.save(map_of(1), "a"));
  EXPECT_EQ(maps.save_batch({map_of(1), map_of(2)}, {"a", "b"}), 1U);
  EXPECT_EQ(loaded("a"), map_of(0));
  expect_sound(2);
}

TEST_F(AttentionSet, ASetHasOneShape) {
  writer().save(map_of(0), "a");
  auto options = small();
  options.shape = {2, 200};
  expect_error(ErrorCode::wrong_shape, "map 'a' has the shape (4, 100), expected (2, 200)", [&] { writer(options); });
  expect_sound(1);
}

TEST_F(AttentionSet, TheManifestIsMadeFromTheFilesAfterACrash) {
  {
    auto maps = writer();
    for (int i = 0; i < 4; ++i) maps.save(map_of(i), "m" + std::to_string(i), {"rec" + std::to_string(i) + ".edf", {}});
  }
  const auto manifest = content(path() / "manifest.json");
  put(path() / "manifest.json", manifest.substr(0, manifest.size() / 2));
  put(path() / ".m9_attention.npz", "half a file");
  std::filesystem::remove(path() / "metadata.json");
  leave_as_dead();
  auto maps = writer();
  EXPECT_EQ(maps.size(), 4U);
  EXPECT_EQ(content(path() / "manifest.json"), manifest);
  EXPECT_FALSE(std::filesystem::exists(path() / ".m9_attention.npz"));
  expect_sound(4);
}

TEST_F(AttentionSet, FilesThatCameAndWentAreSeenWithoutACrash) {
  {
    auto maps = writer();
    for (int i = 0; i < 3; ++i) maps.save(map_of(i), "m" + std::to_string(i));
  }
  std::filesystem::remove(file("m1"));
  write_npz(file("m7"), {{"attention_map", {map_of(7), {kChannels, kSamples}}},
                         {"shape", std::vector<std::int64_t>{kChannels, kSamples}},
                         {"file_id", "m7"}});
  const auto maps = writer();
  EXPECT_FALSE(maps.contains("m1"));
  EXPECT_TRUE(maps.contains("m7"));
  expect_sound(3);
}

TEST_F(AttentionSet, AReplacedFileOfTheSameSizeIsSeenAfterACrash) {
  auto options = small(Existing::replace);
  options.compression = NpzCompression::none;
  writer(options).save(map_of(0), "a");
  const auto manifest = content(path() / "manifest.json");
  writer(options).save(map_of(1), "a");
  put(path() / "manifest.json", manifest);  // the process died before it was changed
  leave_as_dead();
  writer(options);
  expect_sound(1);
}

TEST_F(AttentionSet, AWriterThatIsRefusedDoesNotMakeTheListsOfADeadOneBelieved) {
  writer().save(map_of(0), "a");
  const auto old = content(path() / "manifest.json");
  {
    auto maps = writer(small(Existing::replace));
    maps.save(map_of(1), "a");
  }
  put(path() / "manifest.json", old);
  leave_as_dead();
  auto other = small();
  other.shape = {3, 3};
  expect_error(ErrorCode::wrong_shape, "shape", [&] { AttentionMapWriter(path(), other, kQuick); });
  writer();
  expect_sound(1);
}

TEST_F(AttentionSet, AFileThatIsNewerThanTheManifestIsLookedAt) {
  writer().save(map_of(0), "a");
  const auto before = content(path() / "manifest.json");
  {
    auto maps = writer(small(Existing::replace));
    maps.save(map_of(1), "a");
  }
  put(path() / "manifest.json", before);  // whose checksum is that of the old file
  std::filesystem::last_write_time(path() / "manifest.json",
                                   std::filesystem::last_write_time(file("a")) - std::chrono::seconds(1));
  writer();
  expect_sound(1);
}

TEST_F(AttentionSet, WhatCannotBeReadIsNotKept) {
  writer().save(map_of(0), "a");
  put(file("a"), "no zip file");
  {
    auto maps = writer(small(Existing::keep));
    EXPECT_FALSE(maps.contains("a"));
    EXPECT_TRUE(maps.save(map_of(1), "a"));
  }
  EXPECT_EQ(loaded("a"), map_of(1));
  expect_sound(1);
}

TEST_F(AttentionSet, ALongBatchIsListedOnTheWay) {
  const auto listed = [&] { return json::parse(content(path() / "manifest.json"))["maps"].size(); };
  auto maps = writer();
  std::vector<std::vector<float>> values(200, map_of(0));
  std::vector<NpzValue> many(values.begin(), values.end());
  std::vector<std::string> ids;
  for (int i = 0; i < 200; ++i) ids.push_back(std::to_string(1000 + i));
  Failing disk("pwrite", ENOSPC, 120);  // after the first lines, before the last ones
  const io::Replaced full(disk);
  EXPECT_THROW(maps.save_batch(many, ids), Error);
  EXPECT_GT(listed(), 0U);
}

TEST_F(AttentionSet, FilesThatCannotBeReadAreNamed) {
  writer().save(map_of(0), "a");
  put(file("bad"), "this is no zip file");
  std::filesystem::copy(file("a"), file("other"));
  std::vector<std::string> told;
  StandAlone how = kQuick;
  how.on_error = [&](const Error& error) { told.push_back(error.what()); };
  auto maps = writer(small(), how);
  EXPECT_EQ(maps.size(), 1U);
  EXPECT_THAT(maps.unreadable(), testing::UnorderedElementsAre(
                                     testing::AllOf(testing::HasSubstr("bad_attention.npz"), testing::HasSubstr("zip")),
                                     testing::HasSubstr("its file id is 'a'")));
  EXPECT_EQ(told.size(), 2U);
  EXPECT_EQ(json::parse(content(path() / "metadata.json"))["unreadable"],
            json({"bad_attention.npz", "other_attention.npz"}));
  expect_error(ErrorCode::already_exists, "map 'bad' is there already", [&] { maps.save(map_of(1), "bad"); });
  expect_error(ErrorCode::damaged, "bad_attention.npz", [&] { AttentionMapReader(path()).load("bad"); });
}

TEST_F(AttentionSet, ACountThatCannotBeIsDamage) {
  std::filesystem::create_directories(path());
  const auto map = map_of(0);
  const std::vector<std::int64_t> shape{kChannels, kSamples};
  for (const double clipped : {std::nan(""), 1e300, -1.0, 401.0}) {
    write_npz(path() / "a_attention.npz", {{"attention_map", {map, {kChannels, kSamples}}},
                                           {"shape", shape},
                                           {"file_id", "a"},
                                           {"values_clipped", clipped}});
    expect_error(ErrorCode::damaged, "values were clipped", [&] { AttentionMapReader(path()).load("a"); });
  }
}

TEST_F(AttentionSet, OneWriterForADirectory) {
  const auto maps = writer();
  expect_error(ErrorCode::already_exists,
               "another writer has these attention maps open (pid " + std::to_string(::getpid()), [&] { writer(); });
}

TEST_F(AttentionSet, AForkedChildWritesNothing) {
  auto maps = writer();
  maps.save(map_of(0), "a");
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 1;
    try {
      maps.save(map_of(1), "b");
    } catch (const Error& error) {
      status = error.code() == ErrorCode::closed ? 0 : 2;
    }
    { const auto gone = std::move(maps); }
    ::_exit(status);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  maps.save(map_of(2), "c");
  expect_sound(2);
}

TEST_F(AttentionSet, ThreadsSaveAtOnce) {
  auto maps = writer();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) maps.save(map_of(t), "t" + std::to_string(t) + "_" + std::to_string(i));
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(maps.size(), 40U);
  expect_sound(40);
}

TEST_F(AttentionSet, AFullDiskIsToldAndTheSetStaysExact) {
  auto maps = writer();
  maps.save(map_of(0), "a");
  for (const char* call : {"pwrite", "rename"}) {
    Failing disk(call, ENOSPC);
    const io::Replaced full(disk);
    expect_error(ErrorCode::io, "No space left on device", [&] { maps.save(map_of(1), "b"); });
  }
  expect_sound(1);
  maps.save(map_of(1), "b");
  expect_sound(2);
}

TEST_F(AttentionSet, AManifestThatCouldNotBeWrittenIsWrittenNext) {
  auto maps = writer();
  maps.save(map_of(0), "a");
  {
    Failing disk("pwrite", ENOSPC, 2);  // the map itself is still written
    const io::Replaced full(disk);
    expect_error(ErrorCode::io, "manifest", [&] { maps.save(map_of(1), "b"); });
  }
  EXPECT_TRUE(maps.contains("b"));
  maps.save(map_of(2), "c");
  expect_sound(3);
}

TEST_F(AttentionSet, ASaveThatFailedCanBeRepeated) {
  auto maps = writer();
  maps.save(map_of(0), "a");
  {
    Failing disk("pwrite", ENOSPC, 2);
    const io::Replaced full(disk);
    expect_error(ErrorCode::io, "manifest", [&] { maps.save(map_of(1), "b"); });
  }
  maps.save(map_of(2), "c");
  EXPECT_TRUE(maps.save(map_of(3), "b"));
  expect_sound(3);
  EXPECT_THAT(AttentionMapReader(path()).load("b").values.values<float>(), testing::ElementsAreArray(map_of(3)));
  expect_error(ErrorCode::already_exists, "map 'b' is there already", [&] { maps.save(map_of(1), "b"); });
}

TEST_F(AttentionSet, WithPowerNewDirectoriesKeepTheirNames) {
  const auto name_syncs = [&] {
    Failing disk("none", 0);
    const io::Replaced counted(disk);
    AttentionMapWriter(path("new") / "deep" / "maps", small(), {.durability = Durability::power, .n_workers = 1});
    return disk.name_syncs.load();
  };
  const int of_new = name_syncs();
  EXPECT_EQ(of_new, name_syncs() + 3);
}

TEST_F(AttentionSet, WithPowerTheMetadataOfTheUserIsNeverOnlyInMemory) {
  Failing disk("none", 0);
  const io::Replaced counted(disk);
  auto maps = writer(small(), {.durability = Durability::power, .n_workers = 1});
  maps.save_metadata({{"model", "eegnet"}});
  const int before = disk.syncs;
  maps.save(map_of(0), "a");
  EXPECT_EQ(disk.syncs, before + 2) << "the map, and the metadata";
}

TEST_F(AttentionSet, WithPowerEachFileIsOnTheDiskBeforeItHasItsName) {
  Failing disk("none", 0);
  const io::Replaced counted(disk);
  auto maps = writer(small(), {.durability = Durability::power, .n_workers = 1});
  const int before = disk.syncs;
  maps.save_batch({map_of(0), map_of(1)}, {"a", "b"});
  EXPECT_EQ(disk.syncs, before + 2);
}

TEST_F(AttentionSet, ThousandsOfLinesKeepTheManifestExact) {
  auto options = small();
  options.shape = {1};
  auto maps = writer(options);
  const std::vector<float> one{0.5F};
  for (int i = 0; i < 300; ++i) maps.save(one, "map_" + std::to_string(i));
  expect_sound(300);
}

TEST_F(AttentionSet, LoadsOneManyAllAndIntoEigen) {
  {
    auto maps = writer();
    for (int i = 0; i < 5; ++i)
      maps.save(map_of(i), "m" + std::to_string(i), {"rec.edf", {{"label", i}, {"name", "x"}}});
  }
  const AttentionMapReader reader(path());
  EXPECT_THAT(reader.file_ids(), testing::ElementsAre("m0", "m1", "m2", "m3", "m4"));
  const auto one = reader.load("m3");
  EXPECT_EQ(one.shape(), Shape(kChannels, kSamples));
  EXPECT_EQ(one.source, "rec.edf");
  EXPECT_EQ(one.arrays.at("label").number(), 3);
  EXPECT_EQ(one.arrays.at("name").text(), "x");
  const auto many = reader.load(std::vector<std::string>{"m4", "m0"});
  EXPECT_THAT(many.at(0).values.values<float>(), testing::ElementsAreArray(map_of(4)));
  int seen = 0;
  for (const auto& map : reader) EXPECT_THAT(map.values.values<float>(), testing::ElementsAreArray(map_of(seen++)));
  EXPECT_EQ(seen, 5);
  const auto matrix = as_matrix(one);
  ASSERT_EQ(matrix.rows(), static_cast<Eigen::Index>(kChannels));
  EXPECT_EQ(matrix(2, 7), map_of(3)[2 * kSamples + 7]);
  expect_error(ErrorCode::not_found, "nothing_attention.npz", [&] { reader.load("nothing"); });
  expect_error(ErrorCode::invalid_name, "slash", [&] { reader.load("a/../m0"); });
  expect_error(ErrorCode::not_found, "nowhere", [&] { AttentionMapReader(directory_ / "nowhere"); });
}

}  // namespace
}  // namespace neurotape::artifacts
