// What the recorder says of the place where it records.

#include <cerrno>

#include "backends/io/operations.hpp"
#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

using namespace std::chrono_literals;

class PoorDisk final : public io::Operations {
 public:
  int lock(int file) override { return locks ? Operations::lock(file) : fails(ENOLCK); }
  int fsync(int file) override { return syncs ? Operations::fsync(file) : fails(EINVAL); }
  int statvfs(const char* path, struct ::statvfs* facts) override {
    if (!tells) return fails(ENOSYS);
    if (Operations::statvfs(path, facts) != 0) return -1;
    facts->f_frsize = 4096;
    facts->f_bavail = free_bytes / 4096;
    return 0;
  }
  bool locks = true;
  bool syncs = true;
  bool tells = true;
  std::uint64_t free_bytes = 1'000 * 4096;

 private:
  static int fails(int error) {
    errno = error;
    return -1;
  }
};

class DiskLimits : public RunTest {
 protected:
  PoorDisk disk_;
  io::Replaced replaced_{disk_};
};

TEST_F(DiskLimits, WithoutLocksASecondRecorderIsNotKeptOut) {
  disk_.locks = false;
  auto experiment = create({.durability = Durability::process});
  ASSERT_EQ(told().size(), 1U);
  EXPECT_TRUE(says(told()[0], {"no locks", "second recorder", experiment.path().string()}));
  EXPECT_NO_THROW(experiment.close());
}

TEST_F(DiskLimits, WithoutSyncsNamesAreNotSafeFromPowerCuts) {
  disk_.syncs = false;
  create({.durability = Durability::process}).close();
  EXPECT_TRUE(told().empty());
  auto experiment = create({.durability = Durability::power});
  ASSERT_EQ(told().size(), 1U);
  EXPECT_TRUE(says(told()[0], {"power cut", "durability = process holds", experiment.path().string()}));
  EXPECT_NO_THROW(experiment.close());
}

TEST_F(DiskLimits, StatisticsTellHowFastTheDiskFills) {
  auto experiment = create();
  experiment.start_episode().rewards().record(0, 1.0);
  experiment.flush();
  auto stats = experiment.stats();
  EXPECT_EQ(stats.disk_free_bytes, disk_.free_bytes);
  EXPECT_GT(stats.disk_bytes_per_second, 0);
  EXPECT_GT(stats.commit_work, 0ns);
  disk_.tells = false;
  experiment.flush();
  EXPECT_EQ(experiment.stats().disk_free_bytes, 0U);
  EXPECT_TRUE(told().empty());
}

TEST_F(DiskLimits, ADiskThatIsSoonFullIsToldOnce) {
  auto experiment = create({.codec = Codec::none(), .commit_interval = 50ms});
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<double>("v", {2'000});
  const std::vector<double> row(2'000, 0.5);
  std::int64_t t = 0;
  while (told().empty()) {
    for (int i = 0; i < 10; ++i) stream.record(t++, row);
    experiment.flush();
  }
  EXPECT_TRUE(says(told()[0], {"the disk has 0.0 GB left", "MB/s", experiment.path().string()}));
  experiment.flush();
  experiment.close();
  EXPECT_EQ(told().size(), 1U);
}

}  // namespace
}  // namespace neurotape::outside
