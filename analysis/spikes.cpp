#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <unordered_map>

#include "analysis/span.hpp"

namespace neurotape {
namespace {

using analysis::kReadAtOnceBytes;
using detail::TimeRange;

constexpr std::uint64_t kMostNeurons = std::uint64_t{1} << 28;

/// The neurons of a result, and where each stands in it.
class Neurons {
 public:
  Neurons(const SpikeReader<>& spikes, TimeRange range, const SpikeChoice& choice) {
    if (choice.neurons) {
      ids_ = choice.neurons->ids();
      sort_and_number();
    } else if (const auto size = spikes.info().population_size; size != 0) {
      if (size > kMostNeurons)
        throw Error(ErrorCode::invalid_argument, fmt::format("a population of {} neurons is too large for one result: "
                                                             "choose some",
                                                             size));
      ids_.resize(static_cast<std::size_t>(size));
      std::iota(ids_.begin(), ids_.end(), std::uint64_t{0});
    } else {
      find_those_that_fired(spikes, range);
    }
  }

  std::size_t size() const noexcept { return ids_.size(); }
  std::vector<std::uint64_t> take() { return std::move(ids_); }
  /// \throws Error damaged: the population was said to be smaller
  std::size_t position(std::uint64_t id) const {
    if (!position_.empty()) return position_.at(id);
    if (id < ids_.size()) return static_cast<std::size_t>(id);
    throw Error(ErrorCode::damaged, fmt::format("neuron {} fired in a population of {}", id, ids_.size()));
  }

 private:
  void sort_and_number() {
    std::sort(ids_.begin(), ids_.end());
    ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
    position_.reserve(ids_.size());
    for (std::size_t i = 0; i < ids_.size(); ++i) position_.emplace(ids_[i], i);
  }
  void find_those_that_fired(const SpikeReader<>& spikes, TimeRange range) {
    for (const auto& part : spikes.chunks(kReadAtOnceBytes, range.from, range.to))
      for (const auto id : part.neuron_ids)
        if (position_.emplace(id, 0).second) ids_.push_back(id);
    sort_and_number();
    for (std::size_t i = 0; i < ids_.size(); ++i) position_[ids_[i]] = i;
  }

  std::vector<std::uint64_t> ids_;
  std::unordered_map<std::uint64_t, std::size_t> position_;  ///< empty: an id is its position
};

/// The spikes that were chosen, part by part, with the positions of their neurons.
class ChosenSpikes {
 public:
  ChosenSpikes(const EpisodeReader& episode, std::string_view population, const SpikeChoice& choice)
      : range(analysis::range_of(episode, choice)),
        reader_(choice.neurons ? episode.spikes(population).of(*choice.neurons) : episode.spikes(population)),
        neurons(reader_, range, choice) {}

  /// \param take gets a part, the number of a spike in it, and the position of its neuron
  template <class Take>
  void each(Take take) const {
    for (const auto& part : reader_.chunks(kReadAtOnceBytes, range.from, range.to))
      for (std::size_t i = 0; i < part.size(); ++i) take(part, i, neurons.position(part.neuron_ids[i]));
  }

  bool has_times() const { return reader_.info().columns.size() > 2; }

  TimeRange range;

 private:
  SpikeReader<> reader_;

 public:
  Neurons neurons;
};

std::vector<std::size_t> counts_of(const ChosenSpikes& spikes) {
  std::vector<std::size_t> counts(spikes.neurons.size());
  spikes.each([&](const auto&, std::size_t, std::size_t neuron) { ++counts[neuron]; });
  return counts;
}

}  // namespace

SpikeTrains spike_trains(const EpisodeReader& episode, std::string_view population, const SpikeChoice& choice) {
  ChosenSpikes spikes(episode, population, choice);
  SpikeTrains trains;
  const bool timed = episode.dt() > 0;
  const bool exact = !choice.by_timestep && spikes.has_times();
  trains.time_unit = timed || exact ? episode.dt_unit() : "timesteps";
  const auto counts = counts_of(spikes);
  trains.begins.resize(counts.size() + 1);
  std::partial_sum(counts.begin(), counts.end(), trains.begins.begin() + 1);
  trains.times.resize(trains.begins.back());
  std::vector<std::size_t> next(trains.begins.begin(), trains.begins.end() - 1);
  const double dt = timed ? episode.dt() : 1;
  spikes.each([&](const auto& part, std::size_t i, std::size_t neuron) {
    // A live episode may have grown between the two readings of it; its reader has not.
    trains.times[next[neuron]++] = exact ? part.times[i] : static_cast<double>(part.timesteps[i]) * dt;
  });
  for (std::size_t i = 0; i < counts.size(); ++i)
    std::sort(trains.times.begin() + trains.begins[i], trains.times.begin() + trains.begins[i + 1]);
  trains.neuron_ids = spikes.neurons.take();
  return trains;
}

BinnedSpikes binned_spikes(const EpisodeReader& episode, std::string_view population, std::int64_t bin_steps,
                           const SpikeChoice& choice) {
  constexpr double kMostCounts = 4294967296.0;
  if (bin_steps <= 0) throw Error(ErrorCode::invalid_argument, fmt::format("a bin of {} timesteps", bin_steps));
  ChosenSpikes spikes(episode, population, choice);
  const std::int64_t from = spikes.range.from, to = spikes.range.to;
  const auto steps = to > from ? static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from) : 0;
  const auto width = static_cast<std::uint64_t>(bin_steps);
  const std::uint64_t bins = steps / width + (steps % width != 0 ? 1 : 0);
  const std::size_t neurons = spikes.neurons.size();
  if (static_cast<double>(bins) * static_cast<double>(neurons) > kMostCounts)
    throw Error(ErrorCode::invalid_argument, fmt::format("{} bins of {} neurons are too many", bins, neurons));
  BinnedSpikes binned{{}, from, bin_steps, static_cast<std::size_t>(bins), {}};
  binned.counts.resize(binned.bins * neurons);
  std::fill(binned.counts.begin(), binned.counts.end(), 0U);
  spikes.each([&](const auto& part, std::size_t i, std::size_t neuron) {
    const auto step = static_cast<std::uint64_t>(part.timesteps[i]) - static_cast<std::uint64_t>(from);
    ++binned.counts[static_cast<std::size_t>(step / width) * neurons + neuron];
  });
  binned.neuron_ids = spikes.neurons.take();
  return binned;
}

FiringRates firing_rates(const EpisodeReader& episode, std::string_view population, const SpikeChoice& choice) {
  ChosenSpikes spikes(episode, population, choice);
  const auto unit = analysis::rate_unit(episode);
  const double steps = static_cast<double>(spikes.range.to) - static_cast<double>(spikes.range.from);
  FiringRates result{{}, {}, unit.unit};
  for (const auto count : counts_of(spikes)) result.rates.push_back(static_cast<double>(count) / steps * unit.per_step);
  result.neuron_ids = spikes.neurons.take();
  return result;
}

}  // namespace neurotape
