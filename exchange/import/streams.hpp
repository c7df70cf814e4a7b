#pragma once
/// \file
/// Streams of an episode by their paths, declared as what is imported needs them.

#include <algorithm>
#include <neurotape/episode.hpp>
#include <neurotape/stream_readers.hpp>
#include <span>
#include <string>
#include <vector>

namespace neurotape::exchange {

/// "neural_states/v": its kind and its name; "rewards" has no name.
struct StreamPath {
  StreamKind kind = StreamKind::behavior;
  std::string name = {};

  /// \throws Error invalid_argument: it is no such path
  static StreamPath parse(const std::string& text);
  std::string text() const;
  bool is_dense() const noexcept { return kind == StreamKind::behavior || kind == StreamKind::neural_state; }
};

/// What the rows of a dense stream are.
struct DenseLayout {
  Shape shape = {};
  std::vector<std::uint64_t> columns = {};  ///< which of the simulator's they are; empty: 0, 1, 2, ...
  std::string unit = {};
  std::int64_t every = 1;
};

/// Whether the ids are 0, 1, 2, ..., so that nobody has to write them down.
bool are_counted(std::span<const std::uint64_t> ids) noexcept;

/// Records rows of a dense stream.
template <Arithmetic T>
class DenseWriter {
 public:
  DenseWriter(Episode& episode, const StreamPath& path, const DenseLayout& layout)
      : stream_(declare(episode, path, layout)), selects_(!layout.columns.empty()) {}

  /// \param row as many values as the layout has
  void record(std::int64_t timestep, std::span<const T> row) {
    if (!selects_) {
      stream_.record(timestep, row);
    } else if (const auto room = stream_.reserve(timestep)) {  // the row of the simulator is not there to choose from
      std::copy(row.begin(), row.end(), room->begin());
      stream_.commit();
    }
  }

 private:
  static DenseStream<T> declare(Episode& episode, const StreamPath& path, const DenseLayout& layout) {
    StreamOptions options{.unit = layout.unit, .every = layout.every, .columns = Indices(layout.columns)};
    auto shape = layout.shape;
    if (!layout.columns.empty()) shape = Shape(*std::max_element(layout.columns.begin(), layout.columns.end()) + 1);
    return path.kind == StreamKind::neural_state ? episode.neural_state<T>(path.name, shape, options)
                                                 : episode.behavior<T>(path.name, shape, options);
  }

  DenseStream<T> stream_;
  bool selects_;
};

/// Records spikes that come one after the other, a timestep at a time.
class SpikeWriter {
 public:
  struct Layout {
    Dtype ids = Dtype::u32;
    bool timed = false;
    std::uint64_t population_size = 0;
  };

  SpikeWriter(Episode& episode, const std::string& population, const Layout& layout);
  /// \param time of streams that are timed
  void record(std::int64_t timestep, std::uint64_t neuron, double time = 0);
  /// Hands over what is left of the last timestep.
  void flush();

 private:
  SpikeStream stream_;
  bool timed_;
  std::int64_t timestep_ = 0;
  std::vector<std::uint64_t> neurons_;
  std::vector<double> times_;
};

}  // namespace neurotape::exchange
