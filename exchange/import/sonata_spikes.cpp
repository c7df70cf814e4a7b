#include "exchange/import/sonata_spikes.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <limits>
#include <neurotape/error.hpp>

#include "exchange/import/streams.hpp"
#include "exchange/import/times.hpp"

namespace neurotape::exchange {
namespace {

constexpr std::uint64_t kReadAtOnce = 1U << 18;
constexpr std::uint64_t kLargest32 = std::numeric_limits<std::uint32_t>::max();

/// Old files have ids of the whole simulation.
const char* name_of_ids(const h5::Source& group) {
  return !group.has("node_ids") && group.has("gids") ? "gids" : "node_ids";
}

bool is_signed(Dtype dtype) { return dtype < Dtype::u8; }

}  // namespace

std::string time_unit(const h5::Source& dataset) {
  using Names = std::pair<const char*, std::array<const char*, 3>>;
  static constexpr std::array<Names, 3> kUnits{{{"ms", {"milliseconds", "millisecond", "msec"}},
                                                {"s", {"seconds", "second", "sec"}},
                                                {"us", {"microseconds", "microsecond", "usec"}}}};
  auto unit = dataset.text("units");
  for (const auto& [short_name, names] : kUnits)
    if (std::find(names.begin(), names.end(), unit) != names.end()) return short_name;
  return unit;
}

SonataSpikes::SonataSpikes(const h5::Source& group, std::string population)
    : population_(std::move(population)), times_(group.open("timestamps")), ids_(group.open(name_of_ids(group))) {
  for (const auto* dataset : {&times_, &ids_}) {
    dataset->expect_rank(1);
    dataset->expect_numbers();
  }
  if (times_.rows() != ids_.rows())
    times_.fail(ErrorCode::wrong_shape,
                fmt::format("it has {} rows, but {} has {}", times_.rows(), ids_.path(), ids_.rows()));
}

void SonataSpikes::for_each(const std::function<bool(const Spike&)>& use) const {
  std::vector<double> times(static_cast<std::size_t>(std::min(kReadAtOnce, times_.rows())));
  std::vector<std::uint64_t> neurons(times.size());
  const bool may_be_negative = is_signed(ids_.expect_numbers());
  for (std::uint64_t first = 0; first < times_.rows(); first += kReadAtOnce) {
    const auto rows = std::min(kReadAtOnce, times_.rows() - first);
    times_.read(first, rows, times.data());
    // HDF5 would make zeros of negative ones.
    if (may_be_negative)
      ids_.read(first, rows, reinterpret_cast<std::int64_t*>(neurons.data()));
    else
      ids_.read(first, rows, neurons.data());
    for (std::size_t i = 0; i < rows; ++i) {
      if (may_be_negative && neurons[i] > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        ids_.fail(ErrorCode::damaged, fmt::format("row {}: a negative id", first + i));
      if (!use({times[i], neurons[i]})) return;
    }
  }
}

SonataSpikes::Survey SonataSpikes::survey(double dt) const {
  Survey found;
  std::uint64_t row = 0;
  double last = -std::numeric_limits<double>::infinity();
  for_each([&](const Spike& spike) {
    if (!is_in_range(spike.time, dt))
      times_.fail(ErrorCode::damaged, fmt::format("row {}: {} is no time of a spike", row, spike.time));
    const auto timestep = timestep_of(spike.time, dt);
    found.by_time = found.by_time && spike.time >= last;
    found.on_steps = found.on_steps && static_cast<double>(timestep) * dt == spike.time;
    found.largest = std::max(found.largest, spike.neuron);
    found.first = row == 0 ? timestep : std::min(found.first, timestep);
    found.last = row == 0 ? timestep : std::max(found.last, timestep);
    last = spike.time;
    ++row;
    return true;
  });
  return found;
}

void SonataSpikes::record(double dt, Episode& episode, NewRun& run) const {
  const auto found = survey(dt);
  SpikeWriter writer(episode, population_,
                     {.ids = found.largest > kLargest32 ? Dtype::u64 : Dtype::u32, .timed = !found.on_steps});
  if (found.by_time) {
    for_each([&](const Spike& spike) {
      writer.record(timestep_of(spike.time, dt), spike.neuron, spike.time);
      return true;
    });
  } else {
    record_sorted(found.first, found.last + 1, dt, writer);
  }
  writer.flush();
  run.count("spikes/" + population_, times_.rows());
}

/// The spikes of some timesteps; where they are too many to be sorted at once, of the first half and of the second.
void SonataSpikes::record_sorted(std::int64_t from, std::int64_t to, double dt, SpikeWriter& writer) const {
  bool too_many = false;
  {
    std::vector<Spike> spikes;
    for_each([&](const Spike& spike) {
      const auto timestep = timestep_of(spike.time, dt);
      if (timestep < from || timestep >= to) return true;
      too_many = spikes.size() == kSortedAtOnce && to - from > 1;
      if (!too_many) spikes.push_back(spike);
      return !too_many;
    });
    if (!too_many) {
      std::stable_sort(spikes.begin(), spikes.end(), [](const Spike& a, const Spike& b) { return a.time < b.time; });
      for (const auto& spike : spikes) writer.record(timestep_of(spike.time, dt), spike.neuron, spike.time);
    }
  }
  if (!too_many) return;
  const auto middle = from + (to - from) / 2;
  record_sorted(from, middle, dt, writer);
  record_sorted(middle, to, dt, writer);
}

}  // namespace neurotape::exchange
