// The page that introduces the library, as it stands there, and all that it says there is more of.

// clang-format off
#include <neurotape/neurotape.hpp>
#include <neurotape/eigen.hpp>                           // optional: Eigen in and out
using namespace neurotape::literals;
// clang-format on

#include <algorithm>
#include <array>
#include <barrier>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>
#include <optional>
#include <thread>
#include <vector>

#include "tests/integration/support.hpp"

namespace {

/// The page records below the current directory.
class CurrentDirectory {
 public:
  explicit CurrentDirectory(const std::filesystem::path& path) : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(path);
  }
  CurrentDirectory(const CurrentDirectory&) = delete;
  CurrentDirectory& operator=(const CurrentDirectory&) = delete;
  ~CurrentDirectory() { std::filesystem::current_path(before_); }

 private:
  std::filesystem::path before_;
};

struct PageResult {
  std::filesystem::path path;
  neurotape::DenseRows<float> some;
  neurotape::SpikeRows<> train;
};

constexpr std::size_t n = 300;
constexpr std::int64_t steps = 1'000;
const std::vector<std::int64_t> ids = {7, 8, 9};
const std::vector<double> xs = {0.1, 0.2, 0.3};
const std::vector<std::uint32_t> sources = {7, 8};
const std::vector<std::uint32_t> targets = {9, 7};
const std::vector<float> weights = {0.5F, -0.25F};
const std::vector<std::uint16_t> fired = {3, 14, 159};
const Eigen::Vector3f position(0.5F, 1.5F, 2.5F);
constexpr std::uint64_t synapse = 42;
constexpr float w_before = 0.75F;
constexpr float w_after = 0.875F;

std::vector<float> row_of_voltages() {
  std::vector<float> row(n);
  std::iota(row.begin(), row.end(), -65.0F);
  return row;
}

PageResult the_page() {
  const std::vector<float> v = row_of_voltages();
  // clang-format off
    auto experiment = neurotape::Experiment::create("experiments", "cartpole",
        {.memory_cap = 500_MB, .codec = neurotape::Codec::blosc("lz4", 5)});
    experiment.save_config({{"learning_rate", 1e-3}, {"network", {{"size", 10'000}}}});
    experiment.save_neurons({{"ids", ids}, {"x", xs}});      // columns by name, any arithmetic type
    experiment.save_connections({{"sources", sources}, {"targets", targets}, {"weights", weights}});

    auto episode = experiment.start_episode();               // episode_0000; RAII: finishes itself
    auto voltage = episode.neural_state<float>("membrane_potential", {n}, {.unit = "mV", .every = 10});
    auto spikes  = episode.spikes("excitatory");
    auto joint   = episode.behavior<float>("position", {3}, {.unit = "m"});
    auto reward  = episode.rewards();
    auto plastic = episode.weight_changes();
    for (std::int64_t t = 0; t < steps; ++t) {
        voltage.record(t, v);                                // span, vector, Eigen vector, pointer
        spikes.record(t, fired);                             // neuron ids of this timestep
        joint.record(t, position);
        reward.record(t, 0.5);
        plastic.record(t, synapse, w_before, w_after);       // one; or spans of many
    }
    episode.log_event("lesion", 500, {{"region", "CA3"}});
    episode.finish();                                        // seals and returns; does not wait for the disk
    experiment.close();                                      // waits, writes the index, throws what went wrong

    neurotape::Run run(experiment.path());
    auto some  = run.episode(0).neural_state<float>("membrane_potential").between(500, 900);  // timesteps, values
    auto train = run.episode(0).spikes("excitatory").between(0, 1000);                        // timesteps, neuron_ids
  // clang-format on
  return {experiment.path(), std::move(some), std::move(train)};
}

}  // namespace

namespace neurotape::outside {
namespace {

class Page : public RunTest {};

TEST_F(Page, DoesWhatItSays) {
  const CurrentDirectory here(directory());
  const PageResult result = the_page();
  EXPECT_THAT(result.path.filename().string(), ::testing::MatchesRegex("cartpole_[0-9]{8}_[0-9]{6}"));
  EXPECT_EQ(std::filesystem::canonical(result.path.parent_path()), std::filesystem::canonical("experiments"));

  ASSERT_EQ(result.some.size(), 40U);
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(result.some.timesteps[i], 500 + 10 * static_cast<std::int64_t>(i));
    EXPECT_EQ(std::vector<float>(result.some.row(i).begin(), result.some.row(i).end()), row_of_voltages());
  }
  EXPECT_EQ(result.some.shape, Shape(n));
  EXPECT_TRUE((as_matrix(result.some).col(0).array() == -65.0F).all());

  ASSERT_EQ(result.train.size(), 3'000U);
  for (std::size_t i = 0; i < 3'000; ++i) {
    ASSERT_EQ(result.train.timesteps[i], static_cast<std::int64_t>(i / 3));
    ASSERT_EQ(result.train.neuron_ids[i], fired[i % 3]);
  }
}

TEST_F(Page, StoresTheRestOfItToo) {
  const CurrentDirectory here(directory());
  const Run run(the_page().path);
  EXPECT_EQ(run.name(), "cartpole");
  EXPECT_EQ(run.config(), json({{"learning_rate", 1e-3}, {"network", {{"size", 10'000}}}}));
  EXPECT_EQ(run.neurons().column<std::int64_t>("ids"), ids);
  EXPECT_EQ(run.neurons().column<double>("x"), xs);
  EXPECT_EQ(run.connections().column<std::uint32_t>("sources"), sources);
  EXPECT_EQ(run.connections().column<std::uint32_t>("targets"), targets);
  EXPECT_EQ(run.connections().column<float>("weights"), weights);

  const auto episode = run.episode(0);
  EXPECT_EQ(episode.id(), "episode_0000");
  EXPECT_EQ(episode.status(), "complete");
  EXPECT_EQ(episode.neural_state<float>("membrane_potential").unit(), "mV");
  EXPECT_EQ(episode.neural_state<float>("membrane_potential").every(), 10);
  EXPECT_EQ(episode.neural_state<float>("membrane_potential").info().codec, "blosc:lz4:5:byte");
  const auto joint = episode.behavior<float>("position").all();
  ASSERT_EQ(joint.size(), 1'000U);
  EXPECT_TRUE(as_matrix(joint) == position.transpose().replicate(1'000, 1));
  const auto rewards = episode.rewards().all();
  EXPECT_EQ(rewards.values, std::vector<double>(1'000, 0.5));
  const auto changes = episode.weight_changes().all();
  EXPECT_EQ(changes.synapse_ids, std::vector<std::uint64_t>(1'000, synapse));
  EXPECT_EQ(changes.old_weights, std::vector<float>(1'000, w_before));
  EXPECT_EQ(changes.new_weights, std::vector<float>(1'000, w_after));
  const auto events = episode.events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].type, "lesion");
  EXPECT_EQ(events[0].timestep, 500);
  EXPECT_EQ(events[0].data, json({{"region", "CA3"}}));
  EXPECT_TRUE(episode.gaps().empty());
}

class MoreOfIt : public RunTest {};

// Several threads, the same timestep, one call each: dense streams are their own, all else is shared.
TEST_F(MoreOfIt, LogsATimestepFromSeveralThreadsAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kSteps = 500;
  auto experiment = create();
  auto episode = experiment.start_episode();
  std::barrier in_step(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const std::string name = "membrane_potential_" + std::to_string(i);
      const std::string joint = "position_" + std::to_string(i);
      for (int t = 0; t < kSteps; ++t) {
        const std::vector<float> v(5, static_cast<float>(1'000 * i + t));
        const std::array<double, 2> where = {static_cast<double>(t), static_cast<double>(i)};
        const std::vector<int> spiking = {2 * i, 2 * i + 1};
        const std::optional<double> r = 0.25;
        episode.log_timestep(
            t, {.neural_state = {{name, v}}, .spikes = spiking, .behavior = {{joint, where}}, .reward = r});
        const double weight = 1'000 * i + t;
        episode.log_weight_change(t, static_cast<std::uint64_t>(i), weight, weight + 0.5);
        in_step.arrive_and_wait();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  episode.log_event("end", kSteps);
  episode.finish();
  experiment.close();

  const auto seen = Run(experiment.path()).episode(0);
  for (int i = 0; i < kThreads; ++i) {
    const auto v = seen.neural_state<float>("membrane_potential_" + std::to_string(i)).all();
    const auto where = seen.behavior<double>("position_" + std::to_string(i)).all();
    ASSERT_EQ(v.size(), static_cast<std::size_t>(kSteps));
    ASSERT_EQ(where.size(), static_cast<std::size_t>(kSteps));
    for (std::size_t t = 0; t < kSteps; ++t) {
      ASSERT_EQ(v.row(t)[4], static_cast<float>(1'000 * i) + static_cast<float>(t));
      ASSERT_EQ(where.row(t)[1], i);
    }
  }
  const auto spikes = seen.spikes("default").all();
  ASSERT_EQ(spikes.size(), static_cast<std::size_t>(2 * kThreads * kSteps));
  std::vector<std::uint64_t> of_one_step(spikes.neuron_ids.begin() + 80, spikes.neuron_ids.begin() + 88);
  std::sort(of_one_step.begin(), of_one_step.end());
  EXPECT_EQ(of_one_step, (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(seen.rewards().all().values, std::vector<double>(kThreads * kSteps, 0.25));
  const auto changes = seen.weight_changes().all();
  ASSERT_EQ(changes.size(), static_cast<std::size_t>(kThreads * kSteps));
  std::array<std::size_t, kThreads> of_synapse{};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    ASSERT_EQ(changes.timesteps[i], static_cast<std::int64_t>(i / kThreads));
    const auto weight = static_cast<float>(1'000 * changes.synapse_ids[i] + i / kThreads);
    ASSERT_EQ(changes.old_weights[i], weight);
    ASSERT_EQ(changes.new_weights[i], weight + 0.5F);
    ++of_synapse.at(changes.synapse_ids[i]);
  }
  EXPECT_EQ(of_synapse, (std::array<std::size_t, kThreads>{kSteps, kSteps, kSteps, kSteps}));
  EXPECT_EQ(seen.events().at(0).data, json::object());
  EXPECT_TRUE(told().empty());
}

TEST_F(MoreOfIt, LogsWeightChangesWithTheTypeThatTheyHave) {
  constexpr std::uint64_t kSynapse = std::uint64_t{1} << 40;
  auto experiment = create();
  {
    auto by_use = experiment.start_episode();
    by_use.log_weight_change(3, kSynapse, 0.1, -0.2);
    auto declared = experiment.start_episode();
    auto stream = declared.weight_changes<double>();
    declared.log_weight_change(3, kSynapse, 0.1, -0.2);
    declared.log_weight_change(4, 7, -0.2, 1e-300);
  }
  experiment.close();
  const Run run(experiment.path());
  const auto single = run.episode(0).weight_changes<float>().all();
  EXPECT_EQ(single.synapse_ids, std::vector<std::uint64_t>{kSynapse});
  EXPECT_EQ(single.old_weights, std::vector<float>{0.1F});
  EXPECT_EQ(single.new_weights, std::vector<float>{-0.2F});
  const auto exact = run.episode(1).weight_changes<double>().all();
  EXPECT_EQ(exact.timesteps, (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(exact.synapse_ids, (std::vector<std::uint64_t>{kSynapse, 7}));
  EXPECT_EQ(exact.old_weights, (std::vector<double>{0.1, -0.2}));
  EXPECT_EQ(exact.new_weights, (std::vector<double>{-0.2, 1e-300}));
  EXPECT_TRUE(told().empty());
}

TEST_F(MoreOfIt, ThreadsHaveTheirOwnLanesAndColumns) {
  constexpr std::size_t kThreads = 3;
  constexpr std::size_t kColumns = 40;
  constexpr int kSteps = 2'000;
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto spikes = episode.spikes("excitatory");
  auto voltage = episode.neural_state<double>("v", {kThreads * kColumns});
  auto plastic = episode.weight_changes<double>();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back(
        [i, lane = spikes.lane(), own = voltage.columns(i * kColumns, kColumns), changes = plastic.lane()]() mutable {
          std::vector<double> part(kColumns);
          for (int t = 0; t < kSteps; ++t) {
            std::iota(part.begin(), part.end(), static_cast<double>(t) * 1'000 + static_cast<double>(i * kColumns));
            own.record(t, part);
            lane.record(t, i);
            changes.record(t, i, 0.1 * t, static_cast<double>(i) + 0.1);
          }
        });
  }
  for (auto& thread : threads) thread.join();
  episode.finish();
  experiment.close();

  const auto seen = Run(experiment.path()).episode(0);
  const auto rows = seen.neural_state<double>("v").all();
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(kSteps));
  for (std::size_t t = 0; t < rows.size(); ++t) {
    ASSERT_EQ(rows.timesteps[t], static_cast<std::int64_t>(t));
    for (std::size_t c = 0; c < kThreads * kColumns; ++c) ASSERT_EQ(rows.row(t)[c], static_cast<double>(1'000 * t + c));
  }
  const auto train = seen.spikes("excitatory").all();
  ASSERT_EQ(train.size(), kThreads * kSteps);
  std::array<std::size_t, kThreads> of_lane{};
  for (std::size_t i = 0; i < train.size(); ++i) {
    ASSERT_EQ(train.timesteps[i], static_cast<std::int64_t>(i / kThreads));
    ++of_lane.at(train.neuron_ids[i]);
  }
  EXPECT_EQ(of_lane, (std::array<std::size_t, kThreads>{kSteps, kSteps, kSteps}));
  const auto changes = seen.weight_changes<double>().all();
  ASSERT_EQ(changes.size(), kThreads * kSteps);
  of_lane = {};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const std::size_t t = i / kThreads;
    ASSERT_EQ(changes.timesteps[i], static_cast<std::int64_t>(t));
    ASSERT_EQ(changes.old_weights[i], 0.1 * static_cast<double>(t));
    ASSERT_EQ(changes.new_weights[i], static_cast<double>(changes.synapse_ids[i]) + 0.1);
    ++of_lane.at(changes.synapse_ids[i]);
  }
  EXPECT_EQ(of_lane, (std::array<std::size_t, kThreads>{kSteps, kSteps, kSteps}));
  EXPECT_TRUE(told().empty());
}

TEST_F(MoreOfIt, FillsRowsInPlace) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto voltage = episode.neural_state<float>("v", {2, 3}, {.every = 2});
  int filled = 0;
  for (std::int64_t t = 0; t < 100; ++t) {
    if (auto row = voltage.reserve(t)) {
      ASSERT_EQ(row->size(), 6U);
      std::iota(row->begin(), row->end(), static_cast<float>(t));
      voltage.commit();
      ++filled;
    }
  }
  EXPECT_EQ(filled, 50);
  episode.finish();
  experiment.close();
  const auto rows = Run(experiment.path()).episode(0).neural_state<float>("v").all();
  ASSERT_EQ(rows.size(), 50U);
  EXPECT_EQ(rows.shape, Shape(2, 3));
  for (std::size_t i = 0; i < 50; ++i) {
    ASSERT_EQ(rows.timesteps[i], static_cast<std::int64_t>(2 * i));
    for (std::size_t c = 0; c < 6; ++c) ASSERT_EQ(rows.row(i)[c], static_cast<float>(2 * i + c));
  }
}

TEST_F(MoreOfIt, RecordsSomeNeuronsOnly) {
  const std::vector<std::uint32_t> chosen = {90, 3, 41};
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto voltage = episode.neural_state<std::int16_t>("v", {100}, {.columns = chosen});
  std::vector<std::int16_t> row(100);
  for (std::int16_t t = 0; t < 20; ++t) {
    std::iota(row.begin(), row.end(), static_cast<std::int16_t>(100 * t));
    voltage.record(t, row);
  }
  episode.finish();
  experiment.close();
  const auto seen = Run(experiment.path()).episode(0).neural_state<std::int16_t>("v");
  EXPECT_EQ(seen.column_ids(), (std::vector<std::uint64_t>{90, 3, 41}));
  const auto rows = seen.all();
  ASSERT_EQ(rows.size(), 20U);
  for (std::size_t t = 0; t < 20; ++t)
    for (std::size_t c = 0; c < 3; ++c) ASSERT_EQ(rows.row(t)[c], static_cast<std::int16_t>(100 * t + chosen[c]));
}

TEST_F(MoreOfIt, KeepsTheTimesOfSpikesAndWeightsThatFloatWouldRound) {
  auto experiment = create({.dt = 0.1, .dt_unit = "ms"});
  auto episode = experiment.start_episode();
  auto spikes = episode.spikes("lgn", {.times = true});
  auto plastic = episode.weight_changes<double>();
  const std::vector<std::uint32_t> neurons = {4, 5};
  const std::vector<std::uint64_t> synapses = {1, std::uint64_t{1} << 40};
  for (int t = 0; t < 100; ++t) {
    spikes.record(t, neurons, std::vector<double>{0.1 * t + 0.01, 0.1 * t + 0.02});
    plastic.record(t, synapses, std::vector<double>{0.1, 0.2}, std::vector<double>{0.3, 0.4 + t});
  }
  episode.finish();
  experiment.close();
  const auto seen = Run(experiment.path()).episode(0);
  EXPECT_EQ(seen.dt(), 0.1);
  EXPECT_EQ(seen.dt_unit(), "ms");
  const auto train = seen.spikes("lgn").all();
  const auto changes = seen.weight_changes<double>().all();
  ASSERT_EQ(train.times.size(), 200U);
  ASSERT_EQ(changes.size(), 200U);
  for (std::size_t i = 0; i < 100; ++i) {
    const auto t = static_cast<double>(i);
    ASSERT_EQ(train.times[2 * i + 1], 0.1 * t + 0.02);
    ASSERT_EQ(changes.old_weights[2 * i], 0.1);
    ASSERT_EQ(changes.new_weights[2 * i + 1], 0.4 + t);
    ASSERT_EQ(changes.synapse_ids[2 * i + 1], std::uint64_t{1} << 40);
  }
}

TEST_F(MoreOfIt, TakesRowsInEveryFormAndGivesMatricesBack) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto state = episode.neural_state<double>("state", {2, 2});
  RowMatrix<double> matrix(2, 2);
  matrix << 1, 2, 3, 4;
  const std::vector<double> vector = {1, 2, 3, 4};
  const std::array<double, 4> array = {1, 2, 3, 4};
  state.record(0, matrix);
  state.record(1, vector);
  state.record(2, std::span<const double>(array));
  state.record(3, vector.data());
  auto scalar = episode.behavior<double>("angle", {});
  scalar.record(0, 0.25);
  scalar.record(1, 0.5);
  episode.finish();
  experiment.close();
  const auto seen = Run(experiment.path()).episode(0);
  const RowMatrix<double> read = read_matrix(seen.neural_state<double>("state"));
  ASSERT_EQ(read.rows(), 4);
  EXPECT_TRUE(read == Eigen::RowVector4d(1, 2, 3, 4).replicate(4, 1));
  const auto angle = seen.behavior<double>("angle").all();
  EXPECT_EQ(angle.shape.rank(), 0U);
  EXPECT_EQ(angle.values, (std::vector<double>{0.25, 0.5}));
}

}  // namespace
}  // namespace neurotape::outside
