#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "analysis/span.hpp"

namespace neurotape {
namespace {

using analysis::kReadAtOnceBytes;

/// Mean and variance of numbers that come one after the other (Welford 1962).
class Moments {
 public:
  void add(double value) {
    const double before = value - mean_;
    mean_ += before / static_cast<double>(++count_);
    squares_ += before * (value - mean_);
  }
  std::uint64_t count() const noexcept { return count_; }
  double mean() const noexcept { return mean_; }
  double standard_deviation() const noexcept { return std::sqrt(squares_ / static_cast<double>(count_)); }

 private:
  std::uint64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

class Summary {
 public:
  void add(double value) {
    if (std::isnan(value)) {
      ++result_.nans;
      return;
    }
    if (moments_.count() == 0) result_.minimum = result_.maximum = value;
    result_.minimum = std::min(result_.minimum, value);
    result_.maximum = std::max(result_.maximum, value);
    moments_.add(value);
  }
  ValueStatistics result() {
    result_.values = moments_.count();
    if (result_.values != 0) {
      result_.mean = moments_.mean();
      result_.standard_deviation = moments_.standard_deviation();
    }
    return result_;
  }

 private:
  ValueStatistics result_;
  Moments moments_;
};

template <class Reader>
ValueStatistics summarize(const Reader& reader) {
  Summary summary;
  for (const auto& part : reader.chunks(kReadAtOnceBytes))
    for (const auto value : part.values) summary.add(static_cast<double>(value));
  return summary.result();
}

/// The intervals of one neuron.
struct Intervals {
  double last = 0;
  std::uint64_t spikes = 0;
  Moments moments;
};

}  // namespace

ValueStatistics value_statistics(const EpisodeReader& episode, const StreamInfo& stream) {
  if (stream.kind == StreamKind::rewards) return summarize(episode.rewards());
  if (stream.is_dense()) return visit_dense(episode, stream, [](const auto& reader) { return summarize(reader); });
  throw Error(ErrorCode::wrong_type, "it has no values: only dense streams and rewards have",
              {.episode = episode.id(), .stream = stream.path});
}

PopulationStatistics population_statistics(const EpisodeReader& episode, const StreamInfo& stream) {
  std::unordered_map<std::uint64_t, Intervals> neurons;
  PopulationStatistics result;
  const double dt = episode.dt() > 0 ? episode.dt() : 1;
  for (const auto& part : episode.spikes(stream.name()).chunks(kReadAtOnceBytes))
    for (std::size_t i = 0; i < part.size(); ++i) {
      auto& neuron = neurons[part.neuron_ids[i]];
      const double time = part.times.empty() ? static_cast<double>(part.timesteps[i]) * dt : part.times[i];
      if (neuron.spikes++ != 0) neuron.moments.add(time - neuron.last);
      neuron.last = time;
      ++result.spikes;
    }
  result.fired = neurons.size();
  result.neurons = stream.population_size != 0 ? stream.population_size : result.fired;
  const auto unit = analysis::rate_unit(episode);
  const auto range = analysis::range_of(episode, {});
  result.rate_unit = unit.unit;
  if (result.neurons != 0 && range.to > range.from)
    result.mean_rate = static_cast<double>(result.spikes) / static_cast<double>(result.neurons) /
                       static_cast<double>(range.to - range.from) * unit.per_step;
  Moments variations;
  for (const auto& [id, neuron] : neurons)
    if (neuron.spikes >= 3 && neuron.moments.mean() > 0)
      variations.add(neuron.moments.standard_deviation() / neuron.moments.mean());
  if (variations.count() != 0) result.isi_cv = variations.mean();
  return result;
}

}  // namespace neurotape
