#pragma once
/// \file
/// Some rows of a sparse stream, in the order in which they are wanted.

#include <compare>
#include <cstdint>
#include <vector>

#include "loader/dataset.hpp"

namespace neurotape::loader {

/// A row by its place in time: timesteps first, then as stored. The one made by default is before all others.
struct Moment {
  std::int64_t timestep = 0;
  std::uint64_t row = 0;
  bool is_row = false;

  friend bool operator<(const Moment& a, const Moment& b) {
    if (a.is_row != b.is_row) return b.is_row;
    return a.timestep != b.timestep ? a.timestep < b.timestep : a.row < b.row;
  }
};

using detail::TimeRange;

/// Thread safety: one thread.
class RowSelection {
 public:
  bool empty() const noexcept { return moments_.empty(); }
  void add(Moment moment) { moments_.push_back(moment); }
  /// Adds it if it is among the `most` earliest of all that were offered.
  void add_if_early(Moment moment, std::uint64_t most);
  void sort();  ///< by time; until then rows are in the order in which they were added, which is that of the file
  const Moment& last() const noexcept { return moments_.back(); }

  Array<std::int64_t> timesteps() const;
  /// The values of a column of one value a row, read in pieces.
  detail::Storage gather(const Dataset& column, Dtype as) const;

 private:
  std::vector<Moment> moments_;
};

}  // namespace neurotape::loader
