// Which threads encode, and when.

#include <condition_variable>
#include <pthread.h>
#include <sched.h>
#include <set>

#include "memory_fixture.hpp"

namespace neurotape {
namespace {

std::string name_of_this_thread() {
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

/// On a machine with two processors: one for the program, one for the workers.
class Workers : public InMemory {
 protected:
  void SetUp() override {
    sched_getaffinity(0, sizeof all_, &all_);
    cpu_set_t two;
    CPU_ZERO(&two);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&two) < 2; ++i)
      if (CPU_ISSET(i, &all_)) CPU_SET(i, &two);
    if (CPU_COUNT(&two) < 2) GTEST_SKIP() << "a machine with one processor";
    sched_setaffinity(0, sizeof two, &two);
    run_->before_encode = [this] { encode(); };
  }
  void TearDown() override { sched_setaffinity(0, sizeof all_, &all_); }

  void wait_for(std::string thread) { awaited_ = std::move(thread); }

  /// More than the ring holds, as fast as it goes.
  std::set<std::string> who_encodes(const ExperimentOptions& options, std::int64_t rows) {
    constexpr std::size_t kWidth = 50'000;
    auto recorded = experiment(options);
    auto episode = recorded.start_episode();
    auto stream = episode.neural_state<double>("v", {kWidth}, {.chunk_rows = 2});
    const std::vector<double> row(kWidth, 1.5);
    for (std::int64_t t = 0; t < rows; ++t) stream.record(t, row);
    episode.finish();
    recorded.close();
    EXPECT_EQ(this->stream("neural_states/v").rows, static_cast<std::uint64_t>(rows));
    return encoded_;
  }

 private:
  void encode() {
    std::unique_lock lock(mutex_);
    encoded_.insert(name_of_this_thread());
    changed_.notify_all();
    changed_.wait(lock, [&] { return awaited_.empty() || encoded_.contains(awaited_); });
  }

  cpu_set_t all_{};
  std::string awaited_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> encoded_;
};

TEST_F(Workers, OneMoreHelpsWhenTheRingIsMoreThanHalfFull) {
  wait_for("neurotape-extra");
  EXPECT_EQ(who_encodes({}, 200), (std::set<std::string>{"neurotape-0", "neurotape-extra"}));
}

TEST_F(Workers, WithoutNeedItRests) { EXPECT_EQ(who_encodes({}, 10), std::set<std::string>{"neurotape-0"}); }

TEST_F(Workers, AsManyAsWereAskedForAndNoMore) {
  EXPECT_EQ(who_encodes({.n_workers = 1}, 200), std::set<std::string>{"neurotape-0"});
}

}  // namespace
}  // namespace neurotape
