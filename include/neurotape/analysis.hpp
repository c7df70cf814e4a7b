#pragma once
/// \file
/// What is asked of recorded episodes most often: spike trains, counts in bins, firing rates, values on a common time
/// base, returns, and the statistics of a stream.
///
/// Reads in parts of some megabytes: memory is that of the result, and of a number or two for each neuron.
/// Threads: any. Everything here throws what the readers throw.

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neurotape/run.hpp"

namespace neurotape {

/// First and last timestep of a stream, or of all streams of an episode; nothing where there are no rows.
std::optional<TimestepSpan> span_of(const EpisodeReader& episode, const StreamInfo& stream);
std::optional<TimestepSpan> span_of(const EpisodeReader& episode);

/// Which spikes.
struct SpikeChoice {
  std::optional<std::int64_t> from = {};  ///< first timestep; nothing: the episode's first, of all its streams
  std::optional<std::int64_t> to = {};    ///< timestep behind the last; nothing: behind the episode's last
  /// Nothing: all neurons of the population where its size was stated (0, 1, 2, ...), else those that fired.
  std::optional<Indices> neurons = {};
  bool by_timestep = false;  ///< trains have the times of the timesteps, also where exact ones were recorded
};

/// A spike train for each neuron.
struct SpikeTrains {
  std::vector<std::uint64_t> neuron_ids;  ///< ascending
  std::vector<std::size_t> begins;        ///< train i is `times[begins[i]]` to before `times[begins[i + 1]]`
  Array<double> times;                    ///< in `time_unit`, ascending within a train
  /// The episode's `dt_unit`; "timesteps" where the times are not exact ones and the length of a timestep is not stated.
  std::string time_unit;

  std::size_t size() const noexcept { return neuron_ids.size(); }
  std::span<const double> train(std::size_t i) const noexcept {
    return {times.data() + begins[i], begins[i + 1] - begins[i]};
  }
};
/// Times are the recorded ones where there are any, else the timestep times `dt`.
SpikeTrains spike_trains(const EpisodeReader& episode, std::string_view population, const SpikeChoice& choice = {});

/// How many spikes each neuron had in each bin.
struct BinnedSpikes {
  std::vector<std::uint64_t> neuron_ids;  ///< ascending
  std::int64_t from = 0;                  ///< first timestep of the first bin
  std::int64_t bin_steps = 1;             ///< timesteps in a bin; the last one may lie partly behind the end
  std::size_t bins = 0;
  Array<std::uint32_t> counts;  ///< `[bins, neurons]`, row-major

  std::uint32_t count(std::size_t bin, std::size_t neuron) const noexcept {
    return counts[bin * neuron_ids.size() + neuron];
  }
};
/// \throws Error invalid_argument: `bin_steps` is not positive, or there would be more than 2^32 counts
BinnedSpikes binned_spikes(const EpisodeReader& episode, std::string_view population, std::int64_t bin_steps,
                           const SpikeChoice& choice = {});

/// Spikes of each neuron, divided by the time that was looked at.
struct FiringRates {
  std::vector<std::uint64_t> neuron_ids;  ///< ascending
  std::vector<double> rates;              ///< in `unit`
  std::string unit;                       ///< "Hz" where `dt_unit` is s, ms, us or ns; else "1/<dt_unit>", "1/timestep"
};
FiringRates firing_rates(const EpisodeReader& episode, std::string_view population, const SpikeChoice& choice = {});

/// Which value holds at a timestep that has none of its own.
enum class Align : std::uint8_t {
  previous,  ///< the last one before it; NaN before the first
  nearest,   ///< the closest, the earlier one of two that are equally close; NaN only where there are no rows
  exact,     ///< none: NaN
};

/// Values of a stream, on timesteps of somebody else's.
struct AlignedValues {
  std::vector<double> values;  ///< `[timesteps, shape...]`, row-major
  Shape shape;                 ///< of a row; scalar for rewards
};
/// A dense stream, or rewards, on a common time base. Of several rewards in a timestep the last one counts.
/// \param timesteps ascending
/// \throws Error wrong_type (spikes, weight changes and events have no values to align), invalid_argument (not ascending)
AlignedValues align(const EpisodeReader& episode, std::string_view stream_path, std::span<const std::int64_t> timesteps,
                    Align how = Align::previous);

/// How an episode came out.
struct EpisodeOutcome {
  std::uint64_t number = 0;
  std::string status;
  double sum_of_rewards = 0;                   ///< the return, undiscounted
  std::optional<TimestepSpan> timesteps = {};  ///< nothing: there are no rows
  std::uint64_t length = 0;                    ///< timesteps from the first to the last, both included
  std::uint64_t rows = 0;                      ///< over all streams
  std::uint64_t stored_bytes = 0;              ///< over all streams
};
EpisodeOutcome outcome_of(const EpisodeReader& episode);
/// The same from the index where it is fresh: without opening the episode.
EpisodeOutcome outcome_of(const Run& run, const EpisodeSummary& episode);
/// Of every episode that can be read, by number: a learning curve.
std::vector<EpisodeOutcome> outcomes(const Run& run);

/// Over all values of a dense stream or of the rewards. NaN are counted and left out.
struct ValueStatistics {
  std::uint64_t values = 0;  ///< that are not NaN
  std::uint64_t nans = 0;
  double mean = std::numeric_limits<double>::quiet_NaN();
  double standard_deviation = std::numeric_limits<double>::quiet_NaN();  ///< of the population: divided by `values`
  double minimum = std::numeric_limits<double>::quiet_NaN();
  double maximum = std::numeric_limits<double>::quiet_NaN();
};
ValueStatistics value_statistics(const EpisodeReader& episode, const StreamInfo& stream);

/// Of a population of neurons.
struct PopulationStatistics {
  std::uint64_t spikes = 0;
  std::uint64_t neurons = 0;  ///< as stated, else those that fired
  std::uint64_t fired = 0;
  double mean_rate = std::numeric_limits<double>::quiet_NaN();  ///< over `neurons`, in `rate_unit`
  std::string rate_unit;
  /// Standard deviation over mean of the intervals between spikes, of each neuron with at least 3 spikes; their mean.
  double isi_cv = std::numeric_limits<double>::quiet_NaN();
};
PopulationStatistics population_statistics(const EpisodeReader& episode, const StreamInfo& stream);

}  // namespace neurotape
