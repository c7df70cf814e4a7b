#include <algorithm>
#include <neurotape/analysis.hpp>

namespace neurotape {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

/// The row whose value holds at `timestep`; kNone: there is none.
std::size_t row_for(std::int64_t timestep, std::span<const std::int64_t> rows, Align how) {
  const auto behind = static_cast<std::size_t>(std::upper_bound(rows.begin(), rows.end(), timestep) - rows.begin());
  const bool has_previous = behind != 0;
  switch (how) {
    case Align::previous:
      return has_previous ? behind - 1 : kNone;
    case Align::exact:
      return has_previous && rows[behind - 1] == timestep ? behind - 1 : kNone;
    case Align::nearest:
      break;
  }
  if (!has_previous) return rows.empty() ? kNone : 0;
  if (behind == rows.size()) return behind - 1;
  const auto distance = [&](std::size_t row) {
    return std::max(rows[row], timestep) == timestep
               ? static_cast<std::uint64_t>(timestep) - static_cast<std::uint64_t>(rows[row])
               : static_cast<std::uint64_t>(rows[row]) - static_cast<std::uint64_t>(timestep);
  };
  return distance(behind) < distance(behind - 1) ? behind : behind - 1;
}

/// Reads runs of rows that are asked for one after the other, each row once.
template <class T>
AlignedValues align_dense(const DenseReader<T>& reader, std::span<const std::int64_t> timesteps, Align how) {
  const auto rows = reader.timesteps();
  const auto width = static_cast<std::size_t>(reader.shape().values());
  AlignedValues aligned{std::vector<double>(timesteps.size() * width, kNan), reader.shape()};
  constexpr std::size_t kRowsAtOnce = 4096;
  DenseRows<T> part;
  std::size_t first = 0, end = 0;
  for (std::size_t i = 0; i < timesteps.size(); ++i) {
    const auto row = row_for(timesteps[i], rows, how);
    if (row == kNone) continue;
    if (row < first || row >= end) {
      first = row;
      end = std::min(rows.size(), row + std::max<std::size_t>(1, kRowsAtOnce / std::max<std::size_t>(1, width)));
      part = reader.rows(first, end - first);
    }
    const auto values = part.row(row - first);
    std::transform(values.begin(), values.end(), aligned.values.begin() + static_cast<std::ptrdiff_t>(i * width),
                   [](T value) { return static_cast<double>(value); });
  }
  return aligned;
}

AlignedValues align_rewards(const RewardRows& rewards, std::span<const std::int64_t> timesteps, Align how) {
  AlignedValues aligned{std::vector<double>(timesteps.size(), kNan), Shape()};
  for (std::size_t i = 0; i < timesteps.size(); ++i) {
    auto row = row_for(timesteps[i], rewards.timesteps, how);
    if (row == kNone) continue;
    // The one that comes next may be the first of several.
    while (row + 1 < rewards.size() && rewards.timesteps[row + 1] == rewards.timesteps[row]) ++row;
    aligned.values[i] = rewards.values[row];
  }
  return aligned;
}

}  // namespace

AlignedValues align(const EpisodeReader& episode, std::string_view stream_path, std::span<const std::int64_t> timesteps,
                    Align how) {
  const auto stream = episode.stream(stream_path);
  if (!std::is_sorted(timesteps.begin(), timesteps.end()))
    throw Error(ErrorCode::invalid_argument, "the timesteps of a time base must ascend");
  if (stream.is_dense())
    return visit_dense(episode, stream, [&](const auto& reader) { return align_dense(reader, timesteps, how); });
  if (stream.kind == StreamKind::rewards) return align_rewards(episode.rewards().all(), timesteps, how);
  throw Error(ErrorCode::wrong_type, "it has no values to align: only dense streams and rewards have",
              {.episode = episode.id(), .stream = stream.path});
}

}  // namespace neurotape
