// What the loader does with files that it does not trust, with the built command as its prober.

#include <atomic>
#include <hdf5.h>
#include <sys/wait.h>
#include <thread>

#include "tests/support/sanitizers.hpp"
#include "tests/unit/tools/tool.hpp"

namespace neurotape::tool {
namespace {

using testing::HasSubstr;

class TrustTest : public ToolTest {
 protected:
  RunOptions none() const { return {.trust = Trust::none, .prober = tool()}; }

  /// One of the cases of tests/probe.
  std::filesystem::path hostile(const std::string& name) const {
    if (!support::have_python()) return {};
    const auto path = directory() / (name + ".h5");
    const auto made = support::run_python("probe/hostile.py", {name, path.string()});
    if (made.status != 0) throw std::runtime_error(made.output);
    return path;
  }

  static std::string refusal(const std::filesystem::path& path, const RunOptions& options, ErrorCode code) {
    try {
      const Run run(path, options);
      for (const auto& line : run.episodes()) run.episode(line.number);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "nothing was refused";
  }
};

#define SKIP_WITHOUT_PYTHON() \
  if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py to make the files"

TEST_F(TrustTest, ASoundRunIsReadAsEver) {
  const auto path = recorded();
  const Run trusted(path), probed(path, none());
  ASSERT_EQ(probed.size(), 2);
  EXPECT_EQ(probed.config(), trusted.config());
  EXPECT_EQ(probed.neurons().rows(), 3);
  const auto expected = trusted.episode(0).spikes("exc").all(), read = probed.episode(0).spikes("exc").all();
  EXPECT_EQ(read.neuron_ids.size(), 30);
  EXPECT_TRUE(std::equal(read.neuron_ids.begin(), read.neuron_ids.end(), expected.neuron_ids.begin()));
  EXPECT_EQ(probed.episode(1).status(), "aborted");
}

TEST_F(TrustTest, AFileThatKillsItsReaderIsDamagedAndNamed) {
  SKIP_WITHOUT_PYTHON();
  const auto path = hostile("text_that_kills_hdf5");
  const auto said = refusal(path, none(), ErrorCode::damaged);
  EXPECT_THAT(said, HasSubstr(support::kReaderDied));
  EXPECT_THAT(said, HasSubstr(path.string()));
}

TEST_F(TrustTest, AnImageOfTheMetadataCacheIsNotRead) {
  const auto path = directory() / "image.h5";
  H5AC_cache_image_config_t image{H5AC__CURR_CACHE_IMAGE_CONFIG_VERSION, true, false,
                                  H5AC__CACHE_IMAGE__ENTRY_AGEOUT__NONE};
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  ASSERT_GE(H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110), 0);
  ASSERT_GE(H5Pset_mdc_image_config(access, &image), 0);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, access);
  for (const char* name : {"a", "b", "c"}) H5Gclose(H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  ASSERT_GE(H5Fclose(file), 0);
  H5Pclose(access);
  EXPECT_THAT(refusal(path, none(), ErrorCode::damaged), HasSubstr("an image of HDF5's metadata cache"));
}

TEST_F(TrustTest, TheOthersOfTheRunAreReadFromSeveralThreads) {
  SKIP_WITHOUT_PYTHON();
  const Run run(hostile("one_episode_that_kills_hdf5_among_sound_ones"), none());
  std::atomic<int> sound = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int number = 0; number < 3; ++number) try {
          sound += run.episode(number).spikes("e").all().timesteps.size() == 200 ? 1 : 0;
        } catch (const Error& error) {
          refused += number == 1 && error.code() == ErrorCode::damaged ? 1 : 0;
        }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sound, 8);
  EXPECT_EQ(refused, 4);
}

TEST_F(TrustTest, NoProcessIsLeftWhenTheRunIsGone) {
  { EXPECT_EQ(Run(recorded(), none()).size(), 2); }
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(TrustTest, WithoutAProberNothingIsOpened) {
  const auto path = recorded();
  const RunOptions missing{.trust = Trust::none, .prober = directory() / "nowhere"};
  EXPECT_THAT(refusal(path, missing, ErrorCode::unsupported), HasSubstr("cannot be started: No such file"));
  const RunOptions other{.trust = Trust::none, .prober = "/bin/true"};
  EXPECT_THAT(refusal(path, other, ErrorCode::unsupported), HasSubstr("is none of this version"));
}

TEST_F(TrustTest, FilesOfARunAreProbedAsAWhole) {
  SKIP_WITHOUT_PYTHON();
  EXPECT_TRUE(probe_files(recorded(), tool()).empty());
  EXPECT_TRUE(probe_files(hostile("one_bad_episode_among_sound_ones"), tool()).empty());  // damaged, but harmless
  const auto fatal = probe_files(hostile("one_episode_that_kills_hdf5_among_sound_ones"), tool());
  ASSERT_EQ(fatal.size(), 1);
  EXPECT_THAT(fatal[0].context().path, testing::EndsWith("episodes/episode_0001.h5"));
  EXPECT_THROW(probe_files(recorded(), directory() / "nowhere"), Error);
}

TEST_F(TrustTest, RecoverLeavesARunAloneThatWouldEndIt) {
  SKIP_WITHOUT_PYTHON();
  const auto run_directory = hostile("one_episode_that_kills_hdf5_among_sound_ones");
  expect_refused({"recover", run_directory.string()}, {"episode_0001.h5", "nothing was changed"});
  EXPECT_FALSE(std::filesystem::exists(run_directory / "experiment_data.h5"));
}

}  // namespace
}  // namespace neurotape::tool
