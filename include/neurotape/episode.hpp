#pragma once
/// \file
/// One trial or simulation of an experiment.

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neurotape/array.hpp"
#include "neurotape/options.hpp"
#include "neurotape/stats.hpp"
#include "neurotape/streams.hpp"

namespace neurotape {

namespace detail {
class EpisodeState;
using EpisodeHandle = std::shared_ptr<EpisodeState>;
LaneHandle declare_dense(EpisodeState& episode, std::string_view group, std::string_view name, Dtype dtype,
                         const Shape& shape, const StreamOptions& options);
LaneHandle declare_spikes(EpisodeState& episode, std::string_view population, Dtype id_type,
                          const StreamOptions& options);
LaneHandle declare_rewards(EpisodeState& episode, const StreamOptions& options);
LaneHandle declare_weight_changes(EpisodeState& episode, Dtype weight_type, const StreamOptions& options);
}  // namespace detail

/// What happened in one timestep, for `Episode::log_timestep`.
struct Timestep {
  std::vector<NamedArray> neural_state = {};
  ArrayView spikes = {};  ///< neuron ids, of the population "default"
  std::vector<NamedArray> behavior = {};
  std::optional<double> reward = {};
};

/// One trial or simulation. Finishes itself when it goes out of scope; as `aborted` during stack unwinding.
///
/// Threads: declaring streams, `log_*`, `set_attribute`, `stats` from any thread; `finish` and `abort` once,
/// when no other thread records into this episode any more.
class Episode {
 public:
  explicit Episode(detail::EpisodeHandle state);
  Episode(Episode&&) noexcept;
  Episode& operator=(Episode&&) noexcept;
  ~Episode();

  const std::string& id() const noexcept;  ///< "episode_0003"
  std::uint64_t number() const noexcept;

  /// Declares a dense stream under `neural_states/` (or `behavior/`): rows of `shape`, elements of type T.
  /// \throws Error invalid_name, already_exists, invalid_argument, wrong_shape, out_of_range (columns), unsupported,
  /// memory_cap, closed
  template <Arithmetic T>
  DenseStream<T> neural_state(std::string_view name, const Shape& shape, const StreamOptions& options = {}) {
    return DenseStream<T>(detail::declare_dense(*state_, "neural_states", name, dtype_of<T>(), shape, options));
  }
  template <Arithmetic T>
  DenseStream<T> behavior(std::string_view name, const Shape& shape, const StreamOptions& options = {}) {
    return DenseStream<T>(detail::declare_dense(*state_, "behavior", name, dtype_of<T>(), shape, options));
  }
  /// Declares the spikes of a population. Ids are stored as `Id`: uint32 unless 64 bits are asked for.
  template <std::unsigned_integral Id = std::uint32_t>
  requires(sizeof(Id) >= 4) SpikeStream spikes(std::string_view population, const StreamOptions& options = {}) {
    return SpikeStream(detail::declare_spikes(*state_, population, dtype_of<Id>(), options));
  }
  RewardStream rewards(const StreamOptions& options = {}) {
    return RewardStream(detail::declare_rewards(*state_, options));
  }
  template <std::floating_point T = float>
  WeightChangeStream<T> weight_changes(const StreamOptions& options = {}) {
    return WeightChangeStream<T>(detail::declare_weight_changes(*state_, dtype_of<T>(), options));
  }

  /// Everything of one timestep in one call. Streams that were not declared are declared by their first
  /// use, with the type and length it has. Thread-safe; slower than a handle by a look-up of each name.
  /// Do not use it for a dense stream together with a handle of that stream.
  void log_timestep(std::int64_t t, const Timestep& timestep) noexcept;
  void log_weight_change(std::int64_t t, std::uint64_t synapse, double old_weight, double new_weight) noexcept;
  /// `type` holds at most 64 bytes.
  void log_event(std::string_view type, std::int64_t t, const nlohmann::json& data = nlohmann::json::object()) noexcept;

  /// Stores an attribute of the episode: a number, a bool, a string, or anything nested as JSON text.
  void set_attribute(std::string_view name, const nlohmann::json& value);

  /// Seals the episode and returns; does not wait for the disk.
  /// \throws Error the first error of one of its streams
  void finish();
  /// Marks the episode `aborted` and seals it, or with `discard` leaves nothing of it behind.
  void abort(bool discard = false);
  /// A text is no reason to leave nothing: give it to set_attribute().
  template <class T>
  void abort(T) = delete;

  /// The last timestep whose rows are safe on disk in every dense stream (in any stream, when there is no dense one);
  /// the smallest number when there is none.
  std::int64_t committed_timestep() const noexcept;
  Stats stats() const;

 private:
  detail::EpisodeHandle state_;
  int exceptions_at_start_;
};

}  // namespace neurotape
