// What recording costs the thread that records, once it is in its stride: no system call, no memory.

#include <functional>
#include <map>

#include "tests/integration/support.hpp"
#include "tests/life/memory.hpp"
#include "tests/life/system_calls.hpp"

namespace neurotape::outside {
namespace {

using namespace life;

/// One way to record: what is called for timestep `t`.
using Call = std::function<void(std::int64_t t)>;
/// Declares what it needs, and gives the call.
using Way = std::function<Call(Episode&)>;

constexpr std::size_t kValues = 2'000;
const std::vector<float> kRow(kValues, 0.5F);
const std::vector<std::uint32_t> kIds(1'000, 7);
const std::vector<std::int64_t> kWideIds(1'000, 7);
const std::vector<double> kTimes(1'000, 0.25);
const std::vector<float> kWeights(1'000, 0.25F);

template <class Handle, class F>
Call with(Handle handle, F record) {
  auto kept = std::make_shared<Handle>(std::move(handle));
  return [kept, record](std::int64_t t) { record(*kept, t); };
}

Call by_columns(Episode& episode) {
  auto whole = episode.neural_state<float>("v", {kValues});
  auto parts = std::make_shared<std::vector<DenseStream<float>>>();
  for (std::uint64_t first = 0; first < kValues; first += kValues / 4)
    parts->push_back(whole.columns(first, kValues / 4));
  return [parts](std::int64_t t) {
    for (auto& part : *parts) part.record(t, std::span(kRow).first(kValues / 4));
  };
}

Call by_timestep(Episode& episode) {
  auto all = std::make_shared<Timestep>();
  all->neural_state = {{"membrane_potential_of_all", kRow}};
  all->behavior = {{"position_of_the_joint", kRow}};
  all->spikes = kIds;
  all->reward = 0.5;
  return [&episode, all](std::int64_t t) { episode.log_timestep(t, *all); };
}

const std::map<std::string, Way>& ways() {
  static const std::map<std::string, Way> all{
      {"DenseRow",
       [](Episode& e) {
         return with(e.neural_state<float>("v", {kValues}), [](auto& s, auto t) { s.record(t, kRow); });
       }},
      {"OneOfTenRows",
       [](Episode& e) {
         return with(e.neural_state<float>("v", {kValues}, {.every = 10}), [](auto& s, auto t) { s.record(t, kRow); });
       }},
      {"SomeColumns",
       [](Episode& e) {
         return with(e.neural_state<float>("v", {kValues}, {.columns = {1, 5, 99}}),
                     [](auto& s, auto t) { s.record(t, kRow); });
       }},
      {"ReserveAndCommit",
       [](Episode& e) {
         return with(e.neural_state<float>("v", {kValues}), [](auto& s, auto t) {
           const auto row = s.reserve(t);
           (*row)[0] = 1;
           s.commit();
         });
       }},
      {"Columns", by_columns},
      {"Scalar",
       [](Episode& e) { return with(e.behavior<double>("x", {}), [](auto& s, auto t) { s.record(t, 0.5); }); }},
      {"Spikes", [](Episode& e) { return with(e.spikes("p"), [](auto& s, auto t) { s.record(t, kIds); }); }},
      {"SpikesOfAnotherType",
       [](Episode& e) {
         return with(e.spikes("p", {.population_size = 8}), [](auto& s, auto t) { s.record(t, kWideIds); });
       }},
      {"SpikesWithTimes",
       [](Episode& e) {
         return with(e.spikes("p", {.times = true}), [](auto& s, auto t) { s.record(t, kIds, kTimes); });
       }},
      {"SpikesThatMayBeDropped",
       [](Episode& e) {
         return with(e.spikes("p", {.overflow = Overflow::drop_newest}), [](auto& s, auto t) { s.record(t, kIds); });
       }},
      {"OneSpike", [](Episode& e) { return with(e.spikes("p"), [](auto& s, auto t) { s.record(t, 3); }); }},
      {"Reward", [](Episode& e) { return with(e.rewards(), [](auto& s, auto t) { s.record(t, 0.5); }); }},
      {"WeightChange",
       [](Episode& e) { return with(e.weight_changes(), [](auto& s, auto t) { s.record(t, 3, 0.5F, 0.6F); }); }},
      {"WeightChanges",
       [](Episode& e) {
         return with(e.weight_changes(), [](auto& s, auto t) { s.record(t, kIds, kWeights, kWeights); });
       }},
      {"LogTimestep", by_timestep},
      {"LogWeightChange", [](Episode& e) { return [&e](std::int64_t t) { e.log_weight_change(t, 3, 0.5, 0.6); }; }},
  };
  return all;
}

class SteadyState : public RunTest, public ::testing::WithParamInterface<std::pair<const std::string, Way>> {
 protected:
  static constexpr std::uint64_t kRingBytes = 96'000'000;

  /// Enough timesteps to fill these bytes of the ring.
  std::int64_t steps_for(std::uint64_t bytes) const {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(bytes / bytes_of_step_), 20, 200'000);
  }
  void record(std::int64_t steps) {
    for (const auto end = t_ + steps; t_ < end; ++t_) call_(t_);
  }

  /// Large blocks, small ones and the queues between the threads have all been in use.
  void warm_up(Experiment& experiment, Episode& episode) {
    record(20);
    bytes_of_step_ = std::max<std::uint64_t>(1, episode.stats().total.bytes_in / 20);
    for (int i = 0; i < 3; ++i) {
      record(steps_for(kRingBytes / 4));
      experiment.flush();
    }
  }

  Call call_;
  std::int64_t t_ = 0;
  std::uint64_t bytes_of_step_ = 1;
};

TEST_P(SteadyState, RecordingAsksForNoMemoryAndMakesNoSystemCall) {
  if (!counts_allocations()) GTEST_SKIP() << "a sanitizer has replaced malloc";
  SystemCalls system_calls;
  if (!system_calls.available()) GTEST_SKIP() << "the kernel cannot report system calls";
  auto experiment = create({.memory_cap = kRingBytes, .n_workers = 1, .codec = Codec::none()});
  auto episode = experiment.start_episode();
  call_ = GetParam().second(episode);
  warm_up(experiment, episode);
  const auto rows = episode.stats().total.rows_recorded;
  std::uint64_t allocations = 0;
  std::map<long, int> calls;
  for (int beat = 0; beat < 4; ++beat) {
    for (const auto end = t_ + steps_for(kRingBytes / 16); t_ < end; ++t_) {
      const auto before = allocations_of_this_thread();
      if (const long number = system_calls.first_in([&] { call_(t_); }); number >= 0) ++calls[number];
      allocations += allocations_of_this_thread() - before;
    }
    experiment.flush();
  }
  EXPECT_GT(episode.stats().total.rows_recorded, rows);
  EXPECT_EQ(allocations, 0U);
  for (const auto& [number, times] : calls) ADD_FAILURE() << "system call " << number << ", " << times << " times";
  call_ = nullptr;
  episode.finish();
  experiment.close();
}

INSTANTIATE_TEST_SUITE_P(All, SteadyState, ::testing::ValuesIn(ways()),
                         [](const auto& way) { return way.param.first; });

class FirstBatch : public RunTest {};

TEST_F(FirstBatch, OfAStreamAsksForNoMemoryHoweverManyBlocksItTakes) {
  if (!counts_allocations()) GTEST_SKIP() << "a sanitizer has replaced malloc";
  auto experiment = create({.memory_cap = 96_MB, .n_workers = 1, .codec = Codec::none()});
  auto episode = experiment.start_episode();
  auto dense = episode.neural_state<double>("v", {10'000});  // this thread is known to the queue of full blocks
  for (std::int64_t t = 0; t < 200; ++t) dense.record(t, std::vector<double>(10'000, 0.5));
  for (const std::size_t rows : {std::size_t{1}, std::size_t{1'000'000}}) {
    auto spikes = episode.spikes("of_" + std::to_string(rows));
    const std::vector<std::uint32_t> ids(rows, 7);
    const auto before = allocations_of_this_thread();
    spikes.record(0, ids);
    EXPECT_EQ(allocations_of_this_thread() - before, 0U) << rows << " spikes";
  }
  EXPECT_EQ(episode.stats().total.rows_recorded, 200U + 1'000'001U);
  episode.finish();
  experiment.close();
}

TEST(SystemCallsOfATest, AreSeen) {
  SystemCalls system_calls;
  if (!system_calls.available()) GTEST_SKIP() << "the kernel cannot report system calls";
  EXPECT_EQ(system_calls.first_in([] { return ::getppid(); }), 110);
  EXPECT_EQ(system_calls.first_in([] {}), -1);
}

}  // namespace
}  // namespace neurotape::outside
