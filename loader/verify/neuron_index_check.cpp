#include <algorithm>
#include <array>
#include <bit>
#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "loader/convert.hpp"
#include "loader/neuron_index.hpp"
#include "loader/verify/stream_check.hpp"

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kRowsAtOnce = 1 << 16;

/// A number for some spikes, in whatever order they come.
class Fingerprint {
 public:
  void add(std::uint64_t row, std::uint64_t id, std::int64_t timestep, double time) {
    const std::array<std::uint64_t, 4> spike{row, id, std::bit_cast<std::uint64_t>(timestep),
                                             std::bit_cast<std::uint64_t>(time)};
    sum_ += XXH3_64bits(spike.data(), sizeof spike);
  }
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;

 private:
  std::uint64_t sum_ = 0;
};

template <class T>
void read(const Dataset& column, RowRange rows, std::vector<T>& out) {
  out.resize(static_cast<std::size_t>(rows.count));
  read_as(column, rows, dtype_of<T>(), std::as_writable_bytes(std::span(out)));
}

/// All spikes of an index, neuron by neuron.
class IndexWalk {
 public:
  IndexWalk(const NeuronIndex& index, std::uint64_t rows) : index_(index), rows_(rows) {}

  /// \returns what is wrong with their order; empty: nothing
  std::string run() {
    std::vector<std::uint64_t> ids, ends;
    for (RowRange neurons{0, 0}; neurons.first < index_.ids().rows(); neurons.first += neurons.count) {
      neurons.count = std::min(kRowsAtOnce, index_.ids().rows() - neurons.first);
      read(index_.ids(), neurons, ids);
      read(index_.ends(), neurons, ends);
      for (std::size_t i = 0; i < ids.size(); ++i) {
        if (neurons.first + i != 0 && ids[i] <= id_)
          return fmt::format("neuron {} comes behind neuron {}", ids[i], id_);
        if (ends[i] < spike_ || ends[i] > rows_)
          return fmt::format("the spikes of neuron {} end at {}, and begin at {} of {}", ids[i], ends[i], spike_,
                             rows_);
        id_ = ids[i];
        if (!take_neuron(ends[i])) return fmt::format("the spikes of neuron {} are not in the order of time", id_);
      }
    }
    return spike_ == rows_ ? "" : fmt::format("its neurons have {} spikes of {}", spike_, rows_);
  }
  const Fingerprint& fingerprint() const noexcept { return fingerprint_; }

 private:
  bool take_neuron(std::uint64_t end) {
    std::optional<std::pair<std::int64_t, std::uint64_t>> last;
    for (; spike_ < end; ++spike_) {
      if (spike_ == piece_.first + piece_.count) load_next();
      const auto i = static_cast<std::size_t>(spike_ - piece_.first);
      const std::pair now(spikes_.timesteps[i], spikes_.rows[i]);
      if (last && now <= *last) return false;
      last = now;
      fingerprint_.add(now.second, id_, now.first, spikes_.times.empty() ? 0.0 : spikes_.times[i]);
    }
    return true;
  }
  void load_next() {
    piece_ = {spike_, std::min(kRowsAtOnce, rows_ - spike_)};
    spikes_ = {};
    index_.read(piece_, spikes_);
  }

  const NeuronIndex& index_;
  std::uint64_t rows_;
  std::uint64_t id_ = 0;
  std::uint64_t spike_ = 0;
  RowRange piece_;
  NeuronIndex::Spikes spikes_;
  Fingerprint fingerprint_;
};

/// Of the stream itself.
Fingerprint fingerprint_of(const Dataset& timesteps, const Dataset& ids, const Dataset* times, std::uint64_t count) {
  Fingerprint fingerprint;
  std::vector<std::uint64_t> id;
  std::vector<std::int64_t> timestep;
  std::vector<double> time;
  for (RowRange rows{0, 0}; rows.first < count; rows.first += rows.count) {
    rows.count = std::min(kRowsAtOnce, count - rows.first);
    read(timesteps, rows, timestep);
    read(ids, rows, id);
    if (times != nullptr) read(*times, rows, time);
    for (std::size_t i = 0; i < id.size(); ++i)
      fingerprint.add(rows.first + i, id[i], timestep[i], times != nullptr ? time[i] : 0.0);
  }
  return fingerprint;
}

}  // namespace

/// It has to have each spike of the stream once, at its neuron, in the order of time.
void StreamCheck::check_neuron_index() try {
  const auto group = group_.path + "/" + kNeuronIndex;
  if (!checks_.episode.has_dataset(group + "/neuron_ids") || !facts_.known) return;
  const auto* times = columns_.size() > 2 ? columns_[2].dataset.get() : nullptr;
  const NeuronIndex index(checks_.episode.file, checks_.episode.path_of(group), place_, facts_.rows, times != nullptr);
  IndexWalk walk(index, facts_.rows);
  if (const auto wrong = walk.run(); !wrong.empty()) return fault(kNeuronIndex, wrong);
  const auto fingerprint = fingerprint_of(*columns_[0].dataset, *columns_[1].dataset, times, facts_.rows);
  if (walk.fingerprint() != fingerprint) fault(kNeuronIndex, "its spikes are not those of the stream");
} catch (const Error& error) {
  fault(kNeuronIndex, cause_of(error));
}

}  // namespace neurotape::loader
