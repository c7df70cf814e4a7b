// Files of more than 4 GiB: where offsets that do not fit into 32 bits matter. Rows of zeros become holes, so that they take
// no space on the disk.

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

#include "backends/io/operations.hpp"
#include "tests/integration/support.hpp"
#include "tests/support/sanitizers.hpp"

namespace neurotape::outside {
namespace {

constexpr std::size_t kRowBytes = std::size_t{1} << 20;
constexpr std::int64_t kRows = 4'700;  // 4.6 GiB
constexpr std::int64_t kMarkedEach = 450;

/// Makes holes where zeros are written.
class Sparse final : public io::Operations {
 public:
  ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset) override {
    const auto* const text = static_cast<const char*>(bytes);
    const bool zeros = count >= kLeastHole && text[0] == 0 && std::memcmp(text, text + 1, count - 1) == 0;
    constexpr int kHole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (!zeros || ::fallocate(file, kHole, offset, static_cast<off_t>(count)) != 0)
      return Operations::pwrite(file, bytes, count, offset);
    extend(file, offset + static_cast<off_t>(count));
    return static_cast<ssize_t>(count);
  }
  int fallocate(int file, off_t offset, off_t length) override {
    extend(file, offset + length);
    return 0;
  }

 private:
  static constexpr std::size_t kLeastHole = 64U << 10;
  static void extend(int file, off_t end) {
    struct stat facts {};
    if (::fstat(file, &facts) == 0 && facts.st_size < end && ::ftruncate(file, end) != 0) std::abort();
  }
};

class LargeFile : public JudgedTest, public ::testing::WithParamInterface<Durability> {
 protected:
  void SetUp() override {
    if (support::kSanitized) GTEST_SKIP() << "5 GB through a sanitizer take minutes";
    JudgedTest::SetUp();
  }
  static float mark_of(std::int64_t t) { return t % kMarkedEach == 0 ? static_cast<float>(t) + 0.5F : 0; }
  /// The last one is marked, too.
  static void record(DenseStream<float>& stream, SpikeStream& spikes) {
    std::vector<float> row(kRowBytes / sizeof(float));
    for (std::int64_t t = 0; t < kRows; ++t) {
      row.back() = mark_of(t);
      stream.record(t, row);
      spikes.record(t, std::vector<std::int64_t>{t, t + 1});
    }
  }
  static void expect_all(const std::filesystem::path& path) {
    const Run run(path);
    const auto reader = run.episode(0).neural_state<float>("v");
    ASSERT_EQ(reader.rows(), static_cast<std::uint64_t>(kRows));
    for (std::int64_t t = 0; t < kRows; t += kMarkedEach) {
      const auto part = reader.between(t, t + 1);
      ASSERT_EQ(part.size(), 1U);
      EXPECT_EQ(part.row(0).back(), mark_of(t));
      EXPECT_EQ(part.row(0).front(), 0);
    }
    EXPECT_EQ(run.episode(0).spikes("p").rows(), 2U * kRows);
    const auto judged = run_python("life/judge_large.py", {path.string(), std::to_string(kMarkedEach)});
    EXPECT_EQ(judged.status, 0) << judged.output;
  }
};

TEST_P(LargeFile, IsReadVerifiedAndRecoveredBeyondFourGibibytes) {
  Sparse sparse;
  const io::Replaced replaced(sparse);
  auto experiment = create({.memory_cap = 64_MB, .codec = Codec::none(), .durability = GetParam()});
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<float>("v", {kRowBytes / sizeof(float)});
  auto spikes = episode.spikes("p");
  record(stream, spikes);
  experiment.flush();
  const auto killed = directory() / "killed";
  ASSERT_EQ(run_command("cp -r --sparse=always '" + experiment.path().string() + "' '" + killed.string() + "'").status,
            0);
  expect_all(killed);
  const auto report = recover(killed);
  EXPECT_TRUE(report.missing.empty() && report.unreadable.empty());
  EXPECT_EQ(report.recovered.at(0).streams.at("neural_states/v").kept, static_cast<std::uint64_t>(kRows));
  expect_all(killed);
  episode.finish();
  experiment.close();
  expect_all(experiment.path());
  const auto found = verify(experiment.path());
  EXPECT_TRUE(found.faults.empty()) << found.faults.front().what;
}

INSTANTIATE_TEST_SUITE_P(Of, LargeFile, ::testing::Values(Durability::process, Durability::power),
                         [](const auto& tested) { return tested.param == Durability::power ? "power" : "process"; });

}  // namespace
}  // namespace neurotape::outside
