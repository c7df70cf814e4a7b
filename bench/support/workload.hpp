#pragma once
/// \file
/// What is recorded in a benchmark: the same steps for the recorder and for all of its peers, simulated before any
/// clock runs and kept in memory. Longer recordings go through them again: no codec looks back so far.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "neurotape/array.hpp"

namespace neurotape::bench {

enum class Kind : std::uint8_t { neural_state, behavior, spikes, rewards, weight_changes };

/// A column of a stream: so many values of a type in each row.
struct Field {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::size_t width = 1;
  std::vector<std::byte> bytes;

  std::size_t row_bytes() const noexcept { return width * dtype_bytes(dtype); }
};

/// The rows of one stream in all steps. Timesteps are not kept: who records the rows knows them.
class Series {
 public:
  Series(Kind what, std::string path, std::vector<Field> columns)
      : kind(what), name(std::move(path)), fields(std::move(columns)) {}

  /// Adds to a field of the step that is being made.
  template <class T>
  void add(std::size_t field, std::span<const T> values) {
    const auto bytes = std::as_bytes(values);
    fields[field].bytes.insert(fields[field].bytes.end(), bytes.begin(), bytes.end());
  }
  void end_step() { ends_.push_back(fields[0].bytes.size() / fields[0].row_bytes()); }

  std::size_t rows(std::size_t step) const noexcept { return ends_[step + 1] - ends_[step]; }
  std::size_t rows() const noexcept { return ends_.back(); }
  std::span<const std::byte> bytes(std::size_t field, std::size_t step) const noexcept {
    const std::size_t row_bytes = fields[field].row_bytes();
    return std::span(fields[field].bytes).subspan(ends_[step] * row_bytes, rows(step) * row_bytes);
  }
  template <class T>
  std::span<const T> values(std::size_t field, std::size_t step) const noexcept {
    const auto found = bytes(field, step);
    return {reinterpret_cast<const T*>(found.data()), found.size() / sizeof(T)};
  }
  std::span<const std::size_t> ends() const noexcept { return ends_; }
  std::size_t row_bytes() const noexcept;  ///< timestep included

  Kind kind;
  std::string name;  ///< path in the file: "spikes/all"
  std::vector<Field> fields;

 private:
  std::vector<std::size_t> ends_{0};
};

struct Workload {
  std::vector<Series> series;

  std::size_t steps() const noexcept { return series.front().ends().size() - 1; }
  double step_bytes() const noexcept;  ///< mean, an 8-byte timestep a row included
  /// Writes workload.json and a raw file a column, for peers in other processes.
  void save(const std::filesystem::path& directory) const;
};

/// 10,000 neurons in a recurrent network with plastic synapses that moves a body: potentials and conductances of every
/// step, about 165 spikes, 12 behavior values, a reward, 100 changes of weights; about 84 kB a step.
Workload make_cortex(std::size_t steps);
/// About 1,000 spikes a step from a million neurons.
Workload make_spikes(std::size_t steps);
/// Steps of a body of six joints under a noisy controller, anew every 200: 17 observations, 6 actions, a reward.
Workload make_rl(std::size_t episodes);
/// Firing rates of so many groups of neurons, a stream each.
Workload make_scalars(std::size_t steps, std::size_t streams);

inline constexpr std::size_t kRlSteps = 200;

}  // namespace neurotape::bench
