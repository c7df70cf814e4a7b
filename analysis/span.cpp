#include "analysis/span.hpp"

#include <algorithm>
#include <array>

namespace neurotape {
namespace {

using analysis::kReadAtOnceBytes;

/// Reads two timesteps and no values.
template <class T>
TimestepSpan ends_of(const DenseReader<T>& stream) {
  std::array<std::int64_t, 2> ends{};
  const auto no_columns = stream.columns(Indices{});
  no_columns.read_into({0, 1}, std::span(ends).first(1), {});
  no_columns.read_into({stream.rows() - 1, 1}, std::span(ends).last(1), {});
  return {ends[0], ends[1]};
}

/// The first and the last row where rows are sorted; else all rows are looked at.
template <class Reader>
TimestepSpan ends_of_sparse(const Reader& stream) {
  auto parts = stream.chunks(stream.info().sorted ? 1 : kReadAtOnceBytes);
  auto part = parts.begin();
  TimestepSpan span{part->timesteps.front(), part->timesteps.back()};
  if (stream.info().sorted) {
    span.last = stream.since(stream.rows() - 1).timesteps.back();
  } else {
    for (; part != parts.end(); ++part) span.last = part->timesteps.back();
  }
  return span;
}

TimestepSpan ends_of_events(const EpisodeReader& episode) {
  const auto events = episode.events();
  return {events.front().timestep, events.back().timestep};
}

}  // namespace

std::optional<TimestepSpan> span_of(const EpisodeReader& episode, const StreamInfo& stream) {
  if (stream.rows == 0) return std::nullopt;
  switch (stream.kind) {
    case StreamKind::spikes:
      return ends_of_sparse(episode.spikes(stream.name()));
    case StreamKind::rewards:
      return ends_of_sparse(episode.rewards());
    case StreamKind::weight_changes:
      return visit_weight_changes(episode, stream, [](const auto& reader) { return ends_of_sparse(reader); });
    case StreamKind::events:
      return ends_of_events(episode);
    default:
      return visit_dense(episode, stream, [](const auto& reader) { return ends_of(reader); });
  }
}

std::optional<TimestepSpan> span_of(const EpisodeReader& episode) {
  std::optional<TimestepSpan> span;
  for (const auto& stream : episode.streams()) {
    const auto one = span_of(episode, stream);
    if (one && span) span = {std::min(span->first, one->first), std::max(span->last, one->last)};
    if (!span) span = one;
  }
  return span;
}

namespace analysis {

detail::TimeRange range_of(const EpisodeReader& episode, const SpikeChoice& choice) {
  if (choice.from && choice.to) return {*choice.from, *choice.to};
  const auto span = span_of(episode);
  const detail::TimeRange all = span ? detail::TimeRange{span->first, behind(span->last)} : detail::TimeRange{0, 0};
  return {choice.from.value_or(all.from), choice.to.value_or(all.to)};
}

RateUnit rate_unit(const EpisodeReader& episode) {
  if (episode.dt() <= 0) return {"1/timestep", 1};
  struct Unit {
    const char* name;
    double per_second;
  };
  constexpr std::array<Unit, 4> kUnits{{{"s", 1}, {"ms", 1e3}, {"us", 1e6}, {"ns", 1e9}}};
  for (const auto& unit : kUnits)
    if (episode.dt_unit() == unit.name) return {"Hz", unit.per_second / episode.dt()};
  return {episode.dt_unit().empty() ? "1/time" : "1/" + episode.dt_unit(), 1 / episode.dt()};
}

}  // namespace analysis
}  // namespace neurotape
