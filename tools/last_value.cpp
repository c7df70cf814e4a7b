#include "tools/last_value.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <neurotape/error.hpp>

namespace neurotape::tools {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t kMostSpikes = 65'536;  // some 100 kB, however long nobody has looked

template <class T>
LastValue mean_of_row(const DenseReader<T>& stream, std::uint64_t row) {
  const auto last = stream.rows(row, 1);
  double sum = 0;
  std::size_t count = 0;
  for (const T value : last.values) {
    if (std::isnan(static_cast<double>(value))) continue;
    sum += static_cast<double>(value);
    ++count;
  }
  return {count == 0 ? kNone : sum / static_cast<double>(count), last.timesteps.front()};
}

/// Of the timesteps of these rows; where they are cut, the first one is not all there.
double rows_per_timestep(const Array<std::int64_t>& timesteps, bool cut) {
  const auto first = timesteps.front(), last = timesteps.back();
  if (!cut || first == last) return static_cast<double>(timesteps.size()) / static_cast<double>(last - first + 1);
  const auto whole = std::count_if(timesteps.begin(), timesteps.end(), [=](auto t) { return t > first; });
  return static_cast<double>(whole) / static_cast<double>(last - first);
}

LastValue spikes_per_timestep(const EpisodeReader& episode, const StreamInfo& stream, std::uint64_t seen) {
  const std::uint64_t fewest = stream.rows - std::min(stream.rows, kMostSpikes);
  const auto spikes = episode.spikes(stream.name()).since(std::max(std::min(seen, stream.rows - 1), fewest));
  return {rows_per_timestep(spikes.timesteps, fewest > seen), spikes.timesteps.back()};
}

}  // namespace

LastValue last_value(const EpisodeReader& episode, const StreamInfo& stream, std::uint64_t seen) {
  const auto last = stream.rows - 1;
  switch (stream.kind) {
    case StreamKind::neural_state:
    case StreamKind::behavior:
      return visit_dense(episode, stream, [&](const auto& reader) { return mean_of_row(reader, last); });
    case StreamKind::spikes:
      return spikes_per_timestep(episode, stream, seen);
    case StreamKind::rewards: {
      const auto reward = episode.rewards().since(last);
      return {reward.values.front(), reward.timesteps.front()};
    }
    case StreamKind::weight_changes:
      return visit_weight_changes(episode, stream, [&](const auto& reader) -> LastValue {
        const auto change = reader.since(last);
        return {change.new_weights.front(), change.timesteps.front()};
      });
    case StreamKind::events:
      break;
  }
  return {kNone, 0};
}

void LastValues::look_at(const EpisodeReader& episode, const StreamInfo& stream) {
  if (stream.rows == 0) return;
  const auto* known = of(stream.path);
  const std::uint64_t seen = known != nullptr && known->episode == episode.number() ? known->rows : 0;
  if (seen == stream.rows) return;
  try {
    const auto last = last_value(episode, stream, seen);
    values_[stream.path] = {episode.number(), stream.rows, last};
  } catch (const Error& error) {
    // The stream was described by a second attempt at the file, which saw more of it: there will be another look.
    if (error.code() != ErrorCode::out_of_range) throw;
  }
}

const LastValues::Value* LastValues::of(const std::string& path) const {
  const auto found = values_.find(path);
  return found == values_.end() ? nullptr : &found->second;
}

}  // namespace neurotape::tools
