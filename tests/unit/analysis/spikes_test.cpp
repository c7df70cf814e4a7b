#include "fixture.hpp"
#include "tests/support/errors.hpp"

namespace neurotape {
namespace {

using testing::ElementsAre;
using SpikesTest = AnalysisTest;

/// Neuron 5 at 0, 3, 4 and 9, neuron 2 at 3; the episode goes on to timestep 11.
void two_neurons(Episode& episode) {
  auto spikes = episode.spikes("exc");
  spikes.record(0, std::vector<int>{5});
  spikes.record(3, std::vector<int>{5, 2});
  spikes.record(4, std::vector<int>{5});
  spikes.record(9, std::vector<int>{5});
  episode.rewards().record(11, 1.0);
}

template <class T>
std::vector<T> values(const Array<T>& array) {
  return array;
}
std::vector<double> train(const SpikeTrains& trains, std::size_t i) {
  const auto span = trains.train(i);
  return {span.begin(), span.end()};
}

TEST_F(SpikesTest, TrainsAreTimesOfEachNeuron) {
  const auto run = recorded({two_neurons});
  const auto trains = spike_trains(run.episode(0), "exc");
  EXPECT_THAT(trains.neuron_ids, ElementsAre(2, 5));
  EXPECT_EQ(trains.time_unit, "ms");
  EXPECT_THAT(train(trains, 0), ElementsAre(1.5));
  EXPECT_THAT(train(trains, 1), ElementsAre(0, 1.5, 2, 4.5));
}

TEST_F(SpikesTest, TrainsOfSomeNeuronsInARange) {
  const auto run = recorded({two_neurons}, 0);
  const auto trains = spike_trains(run.episode(0), "exc", {.from = 3, .to = 9, .neurons = Indices{7, 5}});
  EXPECT_THAT(trains.neuron_ids, ElementsAre(5, 7));
  EXPECT_EQ(trains.time_unit, "timesteps");
  EXPECT_THAT(train(trains, 0), ElementsAre(3, 4));
  EXPECT_TRUE(train(trains, 1).empty());
}

TEST_F(SpikesTest, TrainsHaveTheExactTimesWhereThereAreSome) {
  const auto run = recorded({[](Episode& episode) {
    auto spikes = episode.spikes("lgn", {.times = true});
    spikes.record(1, std::vector<int>{0, 0}, std::vector<double>{0.875, 0.625});
    spikes.record(2, std::vector<int>{0}, std::vector<double>{1.25});
  }});
  EXPECT_THAT(train(spike_trains(run.episode(0), "lgn"), 0), ElementsAre(0.625, 0.875, 1.25));
}

TEST_F(SpikesTest, ExactTimesHaveAUnitWithoutALengthOfTheTimestep) {
  const auto run = recorded({[](Episode& episode) {
                              auto spikes = episode.spikes("lgn", {.times = true});
                              spikes.record(7, std::vector<int>{0}, std::vector<double>{0.875});
                            }},
                            0);
  const auto exact = spike_trains(run.episode(0), "lgn");
  EXPECT_EQ(exact.time_unit, "ms");
  EXPECT_THAT(train(exact, 0), ElementsAre(0.875));
  const auto steps = spike_trains(run.episode(0), "lgn", {.by_timestep = true});
  EXPECT_EQ(steps.time_unit, "timesteps");
  EXPECT_THAT(train(steps, 0), ElementsAre(7));
}

TEST_F(SpikesTest, TheLastTimestepOfAllHasNoneBehindIt) {
  const auto run = recorded({[](Episode& episode) {
    episode.spikes("exc").record(3, std::vector<int>{5});
    episode.rewards().record(std::numeric_limits<std::int64_t>::max(), 1.0);
  }});
  EXPECT_THAT(train(spike_trains(run.episode(0), "exc"), 0), ElementsAre(1.5));
}

TEST_F(SpikesTest, APopulationThatNoMemoryHoldsIsRefused) {
  const auto run = recorded({[](Episode& episode) {
    episode.spikes("all", {.population_size = 10'000'000'000}).record(0, std::vector<int>{1});
  }});
  support::expect_error(ErrorCode::invalid_argument, {"10000000000 neurons"},
                        [&] { spike_trains(run.episode(0), "all"); });
  EXPECT_EQ(spike_trains(run.episode(0), "all", {.neurons = Indices{1}}).size(), 1u);
}

TEST_F(SpikesTest, CountsInBins) {
  const auto run = recorded({two_neurons});
  const auto binned = binned_spikes(run.episode(0), "exc", 5);
  EXPECT_THAT(binned.neuron_ids, ElementsAre(2, 5));
  EXPECT_EQ(binned.bins, 3u) << "timesteps 0 to 11";
  EXPECT_THAT(values(binned.counts), ElementsAre(1, 3, 0, 1, 0, 0));
  EXPECT_EQ(binned.count(0, 1), 3u);
  const auto later = binned_spikes(run.episode(0), "exc", 2, {.from = 3, .to = 7, .neurons = Indices{5}});
  EXPECT_EQ(later.from, 3);
  EXPECT_THAT(values(later.counts), ElementsAre(2, 0));
  EXPECT_TRUE(binned_spikes(run.episode(0), "exc", 2, {.from = 7, .to = 3}).counts.empty());
}

TEST_F(SpikesTest, ImpossibleBinsAreRefused) {
  const auto run = recorded({two_neurons});
  EXPECT_THROW(binned_spikes(run.episode(0), "exc", 0), Error);
  EXPECT_THROW(binned_spikes(run.episode(0), "exc", 1, {.from = -5'000'000'000, .to = 5'000'000'000}), Error);
}

TEST_F(SpikesTest, RatesAreOverTheTimeThatWasLookedAt) {
  const auto run = recorded({two_neurons});
  const auto rates = firing_rates(run.episode(0), "exc");
  EXPECT_EQ(rates.unit, "Hz");
  EXPECT_THAT(rates.rates, ElementsAre(1 / 0.006, 4 / 0.006)) << "12 timesteps of 0.5 ms";
  const auto half = firing_rates(run.episode(0), "exc", {.from = 0, .to = 4});
  EXPECT_THAT(half.rates, ElementsAre(500, 1000));
  const auto unstated = recorded({two_neurons}, 0);
  EXPECT_EQ(firing_rates(unstated.episode(0), "exc").unit, "1/timestep");
  EXPECT_THAT(firing_rates(unstated.episode(0), "exc").rates, ElementsAre(1 / 12.0, 4 / 12.0));
}

TEST_F(SpikesTest, SilentNeuronsOfAStatedPopulationCount) {
  const auto run = recorded({[](Episode& episode) {
    auto spikes = episode.spikes("inh", {.population_size = 4});
    for (const int t : {0, 1, 3, 6}) spikes.record(t, std::vector<int>{1});
  }});
  EXPECT_THAT(firing_rates(run.episode(0), "inh").neuron_ids, ElementsAre(0, 1, 2, 3));
  const auto population = population_statistics(run.episode(0), run.episode(0).stream("spikes/inh"));
  EXPECT_EQ(population.neurons, 4u);
  EXPECT_EQ(population.fired, 1u);
  EXPECT_DOUBLE_EQ(population.mean_rate, 4 / 4.0 / 0.0035);
  // Intervals of 0.5, 1 and 1.5 ms: standard deviation sqrt(1 / 6), mean 1.
  EXPECT_DOUBLE_EQ(population.isi_cv, std::sqrt(1 / 6.0));
}

TEST_F(SpikesTest, APopulationWithoutSpikesHasNone) {
  const auto run = recorded({[](Episode& episode) {
    episode.spikes("exc");
    episode.rewards().record(3, 1.0);
  }});
  for (const auto& stream : run.episode(0).streams()) {
    if (stream.kind != StreamKind::spikes) continue;
    EXPECT_EQ(spike_trains(run.episode(0), "exc").size(), 0u);
    EXPECT_TRUE(binned_spikes(run.episode(0), "exc", 1).counts.empty());
  }
}

}  // namespace
}  // namespace neurotape
