// Which threads encode, and when.

#include <condition_variable>
#include <pthread.h>
#include <set>

#include "memory_fixture.hpp"
#include "tests/support/processors.hpp"

namespace neurotape {
namespace {

std::string name_of_this_thread() {
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

/// One processor for the program, one for the workers.
class Workers : public InMemory {
 protected:
  void SetUp() override {
    if (!processors_.are_there()) GTEST_SKIP() << "a machine with one processor";
    run_->before_encode = [this] { encode(); };
  }

  void wait_for(std::string thread) { awaited_ = std::move(thread); }

  /// Of rows that are recorded as fast as it goes.
  std::set<std::string> who_encodes(const ExperimentOptions& options, std::int64_t rows) {
    auto recorded = experiment(options);
    record(recorded, rows);
    recorded.close();
    EXPECT_EQ(this->stream("neural_states/v").rows, static_cast<std::uint64_t>(rows));
    return encoded_;
  }

  static Episode record(Experiment& experiment, std::int64_t rows) {
    constexpr std::size_t kWidth = 50'000;
    auto episode = experiment.start_episode();
    auto stream = episode.neural_state<double>("v", {kWidth}, {.chunk_rows = 2});
    const std::vector<double> row(kWidth, 1.5);
    for (std::int64_t t = 0; t < rows; ++t) stream.record(t, row);
    return episode;
  }

  std::set<std::string> who_encoded(int chunks) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return chunks_ >= chunks; });
    return encoded_;
  }

 private:
  void encode() {
    std::unique_lock lock(mutex_);
    encoded_.insert(name_of_this_thread());
    ++chunks_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return awaited_.empty() || encoded_.contains(awaited_); });
  }

  support::TwoProcessors processors_;
  std::string awaited_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> encoded_;
  int chunks_ = 0;
};

TEST_F(Workers, OneMoreHelpsWhenTheRingIsMoreThanHalfFull) {
  wait_for("neurotape-extra");
  EXPECT_TRUE(who_encodes({}, 200).contains("neurotape-extra"));
}

TEST_F(Workers, OneMoreHelpsWhoWaitsInFlush) {
  wait_for("neurotape-extra");
  auto recorded = experiment();
  const auto episode = record(recorded, 10);
  recorded.flush();
  EXPECT_TRUE(who_encoded(5).contains("neurotape-extra"));
}

TEST_F(Workers, WithoutNeedItRests) {
  auto recorded = experiment();
  const auto episode = record(recorded, 10);
  EXPECT_EQ(who_encoded(5), std::set<std::string>{"neurotape-0"});
}

TEST_F(Workers, AsManyAsWereAskedForAndNoMore) {
  EXPECT_EQ(who_encodes({.n_workers = 1}, 200), std::set<std::string>{"neurotape-0"});
}

}  // namespace
}  // namespace neurotape
