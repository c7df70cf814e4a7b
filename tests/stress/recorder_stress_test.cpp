/// \file
/// Many threads, a small ring, every policy at once: what comes out is what went in, less what was counted as dropped.
/// `NEUROTAPE_SEED` repeats a run, `NEUROTAPE_LONG_TESTS` makes it longer.

#include <array>
#include <cstdlib>
#include <gtest/gtest.h>
#include <map>
#include <numeric>
#include <random>
#include <thread>

#include "backends/memory/memory_backend.hpp"
#include "neurotape/experiment.hpp"
#include "neurotape/options.hpp"
#include "recorder/recorder.hpp"

namespace neurotape {
namespace {

using namespace literals;

std::uint64_t seed_of_this_run() {
  const char* const given = std::getenv("NEUROTAPE_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

int rounds() { return std::getenv("NEUROTAPE_LONG_TESTS") != nullptr ? 400 : 12; }

/// A value that tells where it belongs.
double value_of(std::int64_t t, std::size_t i) { return static_cast<double>(t) * 64 + static_cast<double>(i); }

/// The id of a spike, which tells whose it is, and of how many before it in its timestep.
struct Spike {
  std::uint32_t producer;
  std::int64_t timestep;
  std::uint32_t index;

  static Spike of(std::uint32_t id) { return {id >> 21U, (id >> 9U) % 4096, id % 512}; }
  std::uint32_t id() const { return producer << 21U | static_cast<std::uint32_t>(timestep) << 9U | index; }
};
constexpr std::int64_t kSteps = 4000;
constexpr std::uint32_t kMostSpikes = 300;

/// What one thread records: a dense stream, lanes of two shared streams, now and then a pause in one of them.
class Producer {
 public:
  Producer(Episode& episode, SpikeStream& spikes, RewardStream& rewards, std::uint32_t number, std::mt19937_64 random)
      : number_(number), random_(random), spikes_(spikes.lane()), rewards_(rewards.lane()), dense_(declare(episode)) {}

  void run(std::int64_t steps) {
    std::vector<std::uint32_t> ids;
    std::array<double, 40> row;
    for (std::int64_t t = 0; t < steps; ++t) {
      for (std::size_t i = 0; i < row.size(); ++i) row[i] = value_of(t, i);
      dense_.record(t, row);
      ids.resize(random_() % kMostSpikes);
      for (std::uint32_t i = 0; i < ids.size(); ++i) ids[i] = Spike{number_, t, i}.id();
      counts_.push_back(ids.size());
      spikes_.record(t, ids);
      if (random_() % 16 == 0) rewards_.record(t, 1.0);
    }
  }
  /// Spikes that it gave at each timestep.
  const std::vector<std::size_t>& counts() const { return counts_; }

 private:
  DenseStream<double> declare(Episode& episode) {
    constexpr std::array kPolicies{Overflow::block, Overflow::drop_newest, Overflow::decimate,
                                   Overflow::block_for(std::chrono::microseconds(50))};
    return episode.neural_state<double>("dense" + std::to_string(number_), {40},
                                        {.overflow = kPolicies[random_() % kPolicies.size()]});
  }

  std::uint32_t number_;
  std::mt19937_64 random_;
  std::vector<std::size_t> counts_;
  SpikeStream spikes_;
  RewardStream rewards_;
  DenseStream<double> dense_;
};

void expect_consistent(const MemoryEpisode& episode) {
  for (const auto& [path, stream] : episode.streams) {
    if (!stream.spec.path.starts_with("neural_states/")) continue;
    const auto timesteps = stream.values<std::int64_t>(0);
    const auto values = stream.values<double>(1);
    ASSERT_EQ(values.size(), 40 * timesteps.size());
    for (std::size_t row = 0; row < timesteps.size(); ++row) {
      ASSERT_TRUE(row == 0 || timesteps[row - 1] < timesteps[row]) << path;
      for (std::size_t i = 0; i < 40; ++i)
        ASSERT_EQ(values[row * 40 + i], value_of(timesteps[row], i)) << path << " row " << row;
    }
  }
}

/// Of each producer in the order in which it gave them, and those of a timestep all or none.
void expect_spikes_in_order(const MemoryStream& stream, const std::vector<std::unique_ptr<Producer>>& producers) {
  const auto timesteps = stream.values<std::int64_t>(0);
  const auto ids = stream.values<std::uint32_t>(1);
  std::vector<Spike> last(producers.size(), {0, -1, 0});
  const auto expect_whole = [&](std::size_t producer) {
    const auto& [_, timestep, index] = last[producer];
    if (timestep < 0) return;
    ASSERT_EQ(index + 1, producers[producer]->counts()[static_cast<std::size_t>(timestep)]);
  };
  ASSERT_EQ(timesteps.size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto spike = Spike::of(ids[i]);
    ASSERT_LT(spike.producer, producers.size());
    ASSERT_EQ(spike.timestep, timesteps[i]);
    auto& before = last[spike.producer];
    if (spike.timestep == before.timestep) {
      ASSERT_EQ(spike.index, before.index + 1);
    } else {
      ASSERT_GT(spike.timestep, before.timestep);
      ASSERT_EQ(spike.index, 0U);
      expect_whole(spike.producer);
    }
    before = spike;
  }
  for (std::size_t producer = 0; producer < producers.size(); ++producer) expect_whole(producer);
}

void expect_every_row_accounted_for(const Stats& stats, const MemoryEpisode& episode) {
  std::map<std::string, std::uint64_t> lost;
  for (const auto& gap : episode.gaps) lost[gap.stream] += gap.rows;
  for (const auto& stream : stats.streams) {
    EXPECT_EQ(stream.rows_recorded + stream.rows_dropped, stream.rows_offered) << stream.stream;
    EXPECT_EQ(episode.streams.at(stream.stream).rows, stream.rows_recorded) << stream.stream;
    EXPECT_EQ(lost[stream.stream], stream.rows_dropped) << stream.stream;
  }
}

TEST(Stress, WhatComesOutIsWhatWentInLessWhatWasCounted) {
  const std::uint64_t seed = seed_of_this_run();
  SCOPED_TRACE("NEUROTAPE_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < rounds(); ++round) {
    auto run = std::make_shared<MemoryRun>();
    // A disk that is slow now and then, by standing still for as long as others can run.
    run->before_write = [slow = std::mt19937_64(random())]() mutable {
      for (std::uint64_t i = slow() % 8 == 0 ? slow() % 2000 : 0; i > 0; --i) std::this_thread::yield();
    };
    constexpr std::array kPolicies{Overflow::block, Overflow::drop_newest};
    ExperimentOptions options;
    options.memory_cap = 16_MB;
    options.n_workers = 1 + static_cast<int>(random() % 3);
    options.commit_interval = std::chrono::microseconds(1000 + random() % 20'000);
    options.on_error = [](const Error&) {};
    Experiment experiment(std::make_shared<detail::Recorder>(std::make_unique<MemoryBackend>(run), "stress", options));
    auto episode = experiment.start_episode();
    auto spikes = episode.spikes("all", {.overflow = kPolicies[random() % kPolicies.size()]});
    auto rewards = episode.rewards();
    std::vector<std::unique_ptr<Producer>> producers;
    const auto count = static_cast<std::uint32_t>(1 + random() % 16);
    for (std::uint32_t i = 0; i < count; ++i)
      producers.push_back(std::make_unique<Producer>(episode, spikes, rewards, i, std::mt19937_64(random())));
    std::vector<std::thread> threads;
    for (auto& producer : producers) threads.emplace_back([&] { producer->run(kSteps); });
    for (int i = 0; i < 3; ++i) experiment.flush();
    for (auto& thread : threads) thread.join();
    experiment.flush();
    const Stats stats = episode.stats();
    episode.finish();
    experiment.close();
    expect_consistent(run->episodes.at(0));
    expect_spikes_in_order(run->episodes.at(0).streams.at("spikes/all"), producers);
    expect_every_row_accounted_for(stats, run->episodes.at(0));
  }
}

TEST(Stress, PartitionedRowsStayWhole) {
  const std::uint64_t seed = seed_of_this_run();
  SCOPED_TRACE("NEUROTAPE_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < rounds(); ++round) {
    auto run = std::make_shared<MemoryRun>();
    constexpr std::array kPolicies{Overflow::block, Overflow::drop_newest, Overflow::decimate};
    ExperimentOptions options;
    options.memory_cap = 16_MB;
    options.n_workers = 2;
    options.commit_interval = std::chrono::microseconds(1000 + random() % 5'000);
    options.overflow = kPolicies[random() % kPolicies.size()];
    options.on_error = [](const Error&) {};
    Experiment experiment(std::make_shared<detail::Recorder>(std::make_unique<MemoryBackend>(run), "stress", options));
    auto episode = experiment.start_episode();
    auto voltage = episode.neural_state<double>("v", {40});
    std::vector<std::thread> threads;
    for (std::size_t part = 0; part < 4; ++part) {
      threads.emplace_back([&, part] {
        auto columns = voltage.columns(part * 10, 10);
        std::array<double, 10> values;
        for (std::int64_t t = 0; t < 60'000; ++t) {
          for (std::size_t i = 0; i < 10; ++i) values[i] = value_of(t, part * 10 + i);
          columns.record(t, values);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    experiment.flush();
    const Stats stats = episode.stats();
    episode.finish();
    experiment.close();
    expect_consistent(run->episodes.at(0));
    expect_every_row_accounted_for(stats, run->episodes.at(0));
  }
}

}  // namespace
}  // namespace neurotape
