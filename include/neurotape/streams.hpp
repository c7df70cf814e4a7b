#pragma once
/// \file
/// The handles through which an episode is recorded.
///
/// Threads: a handle is a lane, to be used by one thread at a time. Another thread gets its own from
/// `lane()` (sparse streams) or `columns()` (its columns of a dense row). Getting one is thread-safe.
///
/// Errors: recording never throws. What is wrong with a row (its shape, its timestep, an id) is reported to
/// `on_error` at once, counted, and thrown by `Episode::finish()`; the row is not recorded. After
/// `finish()` a handle may still be used: it reports, counts and does nothing else.
///
/// Cost: one bounds check, one copy, one release store; no lock, no allocation, no system call. Where a block is full: one
/// hand-over to the workers and one free block from the pool, lock-free while there are any.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "neurotape/array.hpp"

namespace neurotape {

namespace detail {
class Lane;
using LaneHandle = std::shared_ptr<Lane>;

/// One column of rows handed over: as many elements as there are rows.
using ColumnInput = ArrayView;

void record_row(Lane& lane, std::int64_t timestep, const void* row, std::size_t values) noexcept;
void* reserve_row(Lane& lane, std::int64_t timestep) noexcept;
void commit_row(Lane& lane) noexcept;
void record_rows(Lane& lane, std::int64_t timestep, std::span<const ColumnInput> columns) noexcept;
LaneHandle column_lane(const LaneHandle& lane, std::uint64_t first, std::uint64_t count);
LaneHandle sparse_lane(const LaneHandle& lane);
std::int64_t committed_timestep(const Lane& lane) noexcept;
std::size_t row_values(const Lane& lane) noexcept;

inline constexpr std::size_t kWholeRow = static_cast<std::size_t>(-1);
}  // namespace detail

/// What all handles can do.
class Stream {
 public:
  /// The last timestep of this stream whose rows are safe on disk; the smallest number when there is none. Of a sparse
  /// stream: those that had been recorded by then, for more may follow of the same timestep, and a lane that recorded nothing
  /// for a commit interval is not waited for.
  std::int64_t committed_timestep() const noexcept { return detail::committed_timestep(*lane_); }

 protected:
  explicit Stream(detail::LaneHandle lane) noexcept : lane_(std::move(lane)) {}
  Stream(Stream&&) noexcept = default;
  Stream& operator=(Stream&&) noexcept = default;
  ~Stream() = default;

  detail::LaneHandle lane_;
};

/// Records rows of a fixed shape: neural state, behaviour. One row a timestep at most; timesteps increase.
template <Arithmetic T>
class DenseStream : public Stream {
 public:
  explicit DenseStream(detail::LaneHandle lane) noexcept : Stream(std::move(lane)) {}

  /// Records the row of timestep `t`, if `every` keeps it. `row` holds as many values as the stream's
  /// shape (with `columns` in the options: as the whole row from which these are taken).
  template <ArrayLike V>
  requires std::same_as<detail::element_t<V>, T>
  void record(std::int64_t t, const V& row) noexcept {
    detail::record_row(*lane_, t, row.data(), static_cast<std::size_t>(row.size()));
  }
  /// The same from a pointer to a whole row.
  void record(std::int64_t t, const T* row) noexcept { detail::record_row(*lane_, t, row, detail::kWholeRow); }
  /// The same for a row of one value.
  template <std::same_as<T> U>
  void record(std::int64_t t, U value) noexcept {
    detail::record_row(*lane_, t, &value, 1);
  }
  template <Arithmetic U>
  requires(!std::same_as<U, T>) void record(std::int64_t t,
                                            U value) noexcept = delete;  // a literal 0 would be a null pointer

  /// Zero copy: the row of timestep `t` to be filled in place, or nothing when this timestep is not kept.
  /// It holds the recorded columns and becomes part of the recording with `commit()`; a second `reserve`
  /// without `commit` gives the first one up.
  std::optional<std::span<T>> reserve(std::int64_t t) noexcept {
    if (void* row = detail::reserve_row(*lane_, t)) return std::span(static_cast<T*>(row), detail::row_values(*lane_));
    return std::nullopt;
  }
  void commit() noexcept { detail::commit_row(*lane_); }

  /// A handle for `count` columns from `first` on, for one thread of a parallel simulator; only for streams
  /// of one dimension. Every column must have exactly one handle, each handle records every timestep, and
  /// the handle of the whole row is no longer used. A row is recorded once all its columns are.
  /// \throws Error out_of_range, already_exists (columns that another handle has), invalid_argument (rows of more than one
  /// dimension, a stream declared with `columns`, or one that was recorded into)
  DenseStream columns(std::uint64_t first, std::uint64_t count) const {
    return DenseStream(detail::column_lane(lane_, first, count));
  }
};

/// Records which neurons of a population fired.
class SpikeStream : public Stream {
 public:
  explicit SpikeStream(detail::LaneHandle lane) noexcept : Stream(std::move(lane)) {}

  /// The neurons that fired in timestep `t`: any integers, none to all of them.
  template <ArrayLike V>
  requires std::integral<detail::element_t<V>>
  void record(std::int64_t t, const V& neuron_ids) noexcept {
    const detail::ColumnInput columns[] = {neuron_ids};
    detail::record_rows(*lane_, t, columns);
  }
  /// One neuron.
  template <std::integral I>
  void record(std::int64_t t, I neuron_id) noexcept {
    record(t, std::span<const I>(&neuron_id, 1));
  }
  /// With the exact time of each spike, in the episode's `dt_unit`; for streams declared with `times`.
  template <ArrayLike V, ArrayLike W>
  requires std::integral<detail::element_t<V>> && std::same_as < detail::element_t<W>,
  double > void record(std::int64_t t, const V& neuron_ids, const W& times) noexcept {
    const detail::ColumnInput columns[] = {neuron_ids, times};
    detail::record_rows(*lane_, t, columns);
  }

  /// A further lane, for another thread. Lanes are merged by timestep.
  SpikeStream lane() const { return SpikeStream(detail::sparse_lane(lane_)); }
};

/// Records rewards.
class RewardStream : public Stream {
 public:
  explicit RewardStream(detail::LaneHandle lane) noexcept : Stream(std::move(lane)) {}

  void record(std::int64_t t, double reward) noexcept {
    const detail::ColumnInput columns[] = {{&reward, 1}};
    detail::record_rows(*lane_, t, columns);
  }
  RewardStream lane() const { return RewardStream(detail::sparse_lane(lane_)); }
};

/// Records changes of synaptic weights, stored as `T` (float unless asked for double).
template <std::floating_point T>
class WeightChangeStream : public Stream {
 public:
  explicit WeightChangeStream(detail::LaneHandle lane) noexcept : Stream(std::move(lane)) {}

  template <std::integral S>
  void record(std::int64_t t, S synapse, T old_weight, T new_weight) noexcept {
    const detail::ColumnInput columns[] = {{&synapse, 1}, {&old_weight, 1}, {&new_weight, 1}};
    detail::record_rows(*lane_, t, columns);
  }
  /// Many at once: three arrays of equal length.
  template <ArrayLike S, ArrayLike V, ArrayLike W>
  requires std::integral<detail::element_t<S>> && std::same_as<detail::element_t<V>, T> &&
      std::same_as<detail::element_t<W>, T>
  void record(std::int64_t t, const S& synapses, const V& old_weights, const W& new_weights) noexcept {
    const detail::ColumnInput columns[] = {synapses, old_weights, new_weights};
    detail::record_rows(*lane_, t, columns);
  }
  WeightChangeStream lane() const { return WeightChangeStream(detail::sparse_lane(lane_)); }
};

}  // namespace neurotape
