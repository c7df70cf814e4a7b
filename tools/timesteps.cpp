#include <span>

#include "tools/commands.hpp"

namespace neurotape::tools {
namespace {

/// Sparse streams are read whole to find their last timestep; of larger ones nothing is said where the index does not.
constexpr std::uint64_t kMostRowsRead = 10'000'000;
constexpr std::size_t kReadAtOnceBytes = 4'000'000;

/// Reads two timesteps and no values.
template <class Reader>
Span ends_of(const Reader& stream) {
  Span span;
  const auto no_columns = stream.columns(Indices{});
  for (const std::uint64_t row : {std::uint64_t{0}, stream.rows() - 1}) {
    std::int64_t timestep = 0;
    no_columns.read_into({row, 1}, std::span(&timestep, 1), {});
    span.add({timestep, timestep});
  }
  return span;
}

template <class Reader>
Span span_of_all(const Reader& stream) {
  Span span;
  for (const auto& part : stream.chunks(kReadAtOnceBytes))
    if (!part.empty()) span.add({part.timesteps.front(), part.timesteps.back()});
  return span;
}

Span span_of_events(const EpisodeReader& episode) {
  Span span;
  for (const auto& event : episode.events()) span.add({event.timestep, event.timestep});
  return span;
}

}  // namespace

std::optional<Span> timesteps_of(const EpisodeReader& episode, const StreamInfo& stream) {
  if (stream.rows == 0) return Span{};
  const std::string name = stream.path.substr(stream.path.find('/') + 1);
  const bool dense = stream.kind == StreamKind::neural_state || stream.kind == StreamKind::behavior;
  if (!dense && stream.rows > kMostRowsRead) return std::nullopt;
  switch (stream.kind) {
    case StreamKind::spikes:
      return span_of_all(episode.spikes(name));
    case StreamKind::rewards:
      return span_of_all(episode.rewards());
    case StreamKind::events:
      return span_of_events(episode);
    case StreamKind::weight_changes:
      if (stream.columns[2].dtype == Dtype::f64) return span_of_all(episode.weight_changes<double>());
      return span_of_all(episode.weight_changes<float>());
    default:
      break;
  }
  return visit_dtype(stream.columns[1].dtype, [&]<class T>(T) {
    return ends_of(stream.kind == StreamKind::behavior ? episode.behavior<T>(name) : episode.neural_state<T>(name));
  });
}

}  // namespace neurotape::tools
