#include "loader/spikes_by_neuron.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <numeric>
#include <utility>

#include "loader/neuron_index.hpp"

namespace neurotape::loader {
namespace {

using detail::SparseBatch;
using detail::SparseQuery;

/// Where more of the rows are wanted than one in so many, one walk over all of them is faster than the index.
constexpr std::uint64_t kRowsForOneIndexed = 8;
constexpr std::uint64_t kAlwaysIndexed = 1 << 16;

/// Spikes that were found, and the neuron of each.
struct Found {
  NeuronIndex::Spikes spikes;
  std::vector<std::uint64_t> ids;
};

std::vector<std::size_t> in_order_of_time(const NeuronIndex::Spikes& spikes, std::uint64_t first_row) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < spikes.rows.size(); ++i)
    if (spikes.rows[i] >= first_row) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(spikes.timesteps[a], spikes.rows[a]) < std::pair(spikes.timesteps[b], spikes.rows[b]);
  });
  return order;
}

template <class To, class From>
detail::Storage picked(const std::vector<From>& values, const std::vector<std::size_t>& order) {
  detail::Storage out(order.size() * sizeof(To));
  for (std::size_t i = 0; i < order.size(); ++i) {
    const To value = static_cast<To>(values[order[i]]);
    std::memcpy(out.data() + i * sizeof(To), &value, sizeof value);
  }
  return out;
}

detail::Storage ids_as(Dtype type, const Found& found, const std::vector<std::size_t>& order, const Place& place) {
  if (type == Dtype::u64) return picked<std::uint64_t>(found.ids, order);
  for (const auto i : order)
    if (!std::in_range<std::uint32_t>(found.ids[i]))
      throw Error(ErrorCode::out_of_range, fmt::format("{} in 'neuron_ids' does not fit into uint32", found.ids[i]),
                  context_of(place));
  return picked<std::uint32_t>(found.ids, order);
}

}  // namespace

std::optional<SparseBatch> read_by_neuron(const OpenStream& stream, const SparseQuery& query, std::uint64_t first_row,
                                          const std::optional<detail::TimeRange>& wanted) {
  if (!query.only || stream.neuron_index.empty()) return std::nullopt;
  const bool has_times = stream.columns.size() > 2;
  const NeuronIndex index(stream.file, stream.neuron_index, stream.place, stream.info.rows, has_times);
  std::vector<RowRange> ranges;
  std::uint64_t spikes = 0;
  for (const auto id : *query.only) {
    const auto all = index.find(id);
    ranges.push_back(wanted ? index.find(all, wanted->from, wanted->to) : all);
    spikes += ranges.back().count;
    if (spikes > stream.info.rows / kRowsForOneIndexed + kAlwaysIndexed) return std::nullopt;
  }
  Found found;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    index.read(ranges[i], found.spikes);
    found.ids.resize(found.spikes.rows.size(), (*query.only)[i]);
  }
  const auto order = in_order_of_time(found.spikes, first_row);
  SparseBatch batch;
  batch.timesteps.resize(order.size());
  std::transform(order.begin(), order.end(), batch.timesteps.begin(),
                 [&](std::size_t i) { return found.spikes.timesteps[i]; });
  batch.columns.push_back(ids_as(query.types[0], found, order, stream.place));
  if (has_times) batch.columns.push_back(picked<double>(found.spikes.times, order));
  return batch;
}

}  // namespace neurotape::loader
