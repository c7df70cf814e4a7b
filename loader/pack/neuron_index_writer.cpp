#include "loader/pack/neuron_index_writer.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>

#include "loader/neuron_index.hpp"
#include "loader/pack/column_copy.hpp"

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kSpikesAtOnce = 4'000'000;

struct Spike {
  std::int64_t timestep;
  std::uint64_t row;
  double time;
};

struct Neuron {
  std::uint64_t id;
  std::uint64_t spikes;
};

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

/// The stream, read in pieces of one chunk.
class Pieces {
 public:
  explicit Pieces(const OpenStream& stream)
      : stream_(stream), rows_at_once_(std::max<std::uint64_t>(1, stream.columns[1]->chunk_rows())) {}

  /// Calls `take(first_row)` for each piece, whose columns are then in `ids`, and `timesteps` and `times` if they are wanted.
  template <class Take>
  void each(bool only_ids, Take take) {
    for (std::uint64_t row = 0; row < stream_.info.rows; row += ids.size()) {
      const RowRange rows{row, std::min(rows_at_once_, stream_.info.rows - row)};
      read_ids(rows);
      if (!only_ids) {
        read(*stream_.columns[0], rows, timesteps);
        if (has_times()) read(*stream_.columns[2], rows, times);
      }
      take(row);
    }
  }
  bool has_times() const { return stream_.columns.size() > 2; }

  std::vector<std::uint64_t> ids;
  std::vector<std::int64_t> timesteps;
  std::vector<double> times;

 private:
  template <class T>
  static void read(const Dataset& column, RowRange rows, std::vector<T>& out) {
    out.resize(static_cast<std::size_t>(rows.count));
    read_here(column, rows, std::as_writable_bytes(std::span(out)).data());
  }
  void read_ids(RowRange rows) {
    if (stream_.columns[1]->layout().dtype == Dtype::u64) return read(*stream_.columns[1], rows, ids);
    read(*stream_.columns[1], rows, narrow_);
    ids.assign(narrow_.begin(), narrow_.end());
  }

  const OpenStream& stream_;
  std::uint64_t rows_at_once_;
  std::vector<std::uint32_t> narrow_;
};

/// How many spikes each neuron has that has any, by id.
std::vector<Neuron> count_spikes(Pieces& pieces) {
  std::vector<Neuron> neurons, merged;
  pieces.each(true, [&](std::uint64_t) {
    auto ids = pieces.ids;
    std::sort(ids.begin(), ids.end());
    merged.clear();
    auto known = neurons.begin();
    for (auto id = ids.begin(); id != ids.end();) {
      const auto end = std::upper_bound(id, ids.end(), *id);
      while (known != neurons.end() && known->id < *id) merged.push_back(*known++);
      Neuron neuron{*id, static_cast<std::uint64_t>(end - id)};
      if (known != neurons.end() && known->id == *id) neuron.spikes += (known++)->spikes;
      merged.push_back(neuron);
      id = end;
    }
    merged.insert(merged.end(), known, neurons.end());
    neurons.swap(merged);
  });
  return neurons;
}

/// The spikes of these neurons, one neuron after the other, each by time.
std::vector<Spike> spikes_of(Pieces& pieces, std::span<const Neuron> neurons) {
  std::vector<std::uint64_t> ends(neurons.size());
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < neurons.size(); ++i) {
    ends[i] = total;
    total += neurons[i].spikes;
  }
  std::vector<Spike> spikes(static_cast<std::size_t>(total));
  pieces.each(false, [&](std::uint64_t first_row) {
    for (std::size_t i = 0; i < pieces.ids.size(); ++i) {
      const auto id = pieces.ids[i];
      if (id < neurons.front().id || id > neurons.back().id) continue;
      const auto neuron = std::lower_bound(neurons.begin(), neurons.end(), id,
                                           [](const Neuron& n, std::uint64_t x) { return n.id < x; });
      const auto place = ends[static_cast<std::size_t>(neuron - neurons.begin())]++;
      spikes[static_cast<std::size_t>(place)] = {pieces.timesteps[i], first_row + i,
                                                 pieces.has_times() ? pieces.times[i] : 0.0};
    }
  });
  auto first = spikes.begin();
  for (const auto& neuron : neurons) {
    const auto end = first + static_cast<std::ptrdiff_t>(neuron.spikes);
    std::stable_sort(first, end, [](const Spike& a, const Spike& b) { return a.timestep < b.timestep; });
    first = end;
  }
  return spikes;
}

/// The first of these neurons that a reading of the stream has room for, at least one.
std::span<const Neuron> batch_of(std::span<const Neuron> neurons) {
  std::uint64_t spikes = neurons.front().spikes;
  std::size_t count = 1;
  while (count < neurons.size() && spikes + neurons[count].spikes <= kSpikesAtOnce) spikes += neurons[count++].spikes;
  return neurons.first(count);
}

}  // namespace

void write_neuron_index(hdf5::Library& library, const OpenStream& spikes, hid_t group, const Codec& codec) {
  const auto rows = spikes.info.rows;
  const auto id_type = spikes.columns[1]->layout().dtype.value_or(Dtype::u64);
  Pieces pieces(spikes);
  const auto neurons = count_spikes(pieces);
  const auto to = hdf5::create_group(group, kNeuronIndex, library.link_creation(), library.group_creation());
  RowsWriter ids(library, to.get(), "neuron_ids", id_type, neurons.size(), codec);
  RowsWriter ends(library, to.get(), "ends", Dtype::u64, neurons.size(), codec);
  RowsWriter timesteps(library, to.get(), "timesteps", Dtype::i64, rows, codec);
  RowsWriter row_numbers(library, to.get(), "rows", Dtype::u64, rows, codec);
  std::optional<RowsWriter> times;
  if (pieces.has_times()) times.emplace(library, to.get(), "times", Dtype::f64, rows, codec);

  std::uint64_t end = 0;
  for (const auto& neuron : neurons) {
    end += neuron.spikes;
    const auto narrow = static_cast<std::uint32_t>(neuron.id);
    ids.append(id_type == Dtype::u64 ? bytes_of(neuron.id) : bytes_of(narrow));
    ends.append(bytes_of(end));
  }
  for (std::span<const Neuron> left(neurons); !left.empty();) {
    const auto batch = batch_of(left);
    for (const auto& spike : spikes_of(pieces, batch)) {
      timesteps.append(bytes_of(spike.timestep));
      row_numbers.append(bytes_of(spike.row));
      if (times) times->append(bytes_of(spike.time));
    }
    left = left.subspan(batch.size());
  }
  for (auto* column : {&ids, &ends, &timesteps, &row_numbers, times ? &*times : nullptr})
    if (column != nullptr) column->finish();
}

}  // namespace neurotape::loader
