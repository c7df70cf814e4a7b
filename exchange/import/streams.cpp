#include "exchange/import/streams.hpp"

#include <array>
#include <neurotape/error.hpp>
#include <utility>

namespace neurotape::exchange {
namespace {

/// Of the kinds that have names, the group; of others, the path.
constexpr std::array<std::pair<StreamKind, std::string_view>, 6> kKinds{{{StreamKind::neural_state, "neural_states"},
                                                                         {StreamKind::behavior, "behavior"},
                                                                         {StreamKind::spikes, "spikes"},
                                                                         {StreamKind::rewards, "rewards"},
                                                                         {StreamKind::weight_changes, "weight_changes"},
                                                                         {StreamKind::events, "events"}}};

constexpr std::size_t kMostAtOnce = 1U << 16;

bool has_name(StreamKind kind) {
  return kind == StreamKind::neural_state || kind == StreamKind::behavior || kind == StreamKind::spikes;
}

SpikeStream declare(Episode& episode, const std::string& population, const SpikeWriter::Layout& layout) {
  const StreamOptions options{.population_size = layout.population_size, .times = layout.timed};
  return layout.ids == Dtype::u64 ? episode.spikes<std::uint64_t>(population, options)
                                  : episode.spikes<std::uint32_t>(population, options);
}

}  // namespace

StreamPath StreamPath::parse(const std::string& text) {
  const auto slash = text.find('/');
  for (const auto& [kind, group] : kKinds)
    if (text.substr(0, slash) == group && has_name(kind) == (slash != text.npos))
      return {kind, slash == text.npos ? "" : text.substr(slash + 1)};
  throw Error(ErrorCode::invalid_argument,
              "'" + text +
                  "' is no path of a stream: expected neural_states/NAME, behavior/NAME, spikes/POPULATION, rewards, "
                  "weight_changes or events");
}

std::string StreamPath::text() const {
  for (const auto& [one, group] : kKinds)
    if (one == kind) return std::string(group) + (has_name(kind) ? "/" + name : "");
  return name;
}

bool are_counted(std::span<const std::uint64_t> ids) noexcept {
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] != i) return false;
  return true;
}

SpikeWriter::SpikeWriter(Episode& episode, const std::string& population, const Layout& layout)
    : stream_(declare(episode, population, layout)), timed_(layout.timed) {}

void SpikeWriter::record(std::int64_t timestep, std::uint64_t neuron, double time) {
  if (timestep != timestep_ || neurons_.size() == kMostAtOnce) flush();
  timestep_ = timestep;
  neurons_.push_back(neuron);
  if (timed_) times_.push_back(time);
}

void SpikeWriter::flush() {
  if (neurons_.empty()) return;
  if (timed_)
    stream_.record(timestep_, neurons_, times_);
  else
    stream_.record(timestep_, neurons_);
  neurons_.clear();
  times_.clear();
}

}  // namespace neurotape::exchange
