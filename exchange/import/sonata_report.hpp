#pragma once
/// \file
/// A report of a population in a SONATA file: a row for each time, a column for each element of its nodes.

#include <string>
#include <vector>

#include "exchange/hdf5_in.hpp"
#include "exchange/import/new_run.hpp"

namespace neurotape::exchange {

class SonataReport {
 public:
  /// \param group has `data` and `mapping` \param name of the stream \throws Error not_found, wrong_shape, wrong_type
  SonataReport(const h5::Source& group, std::string name);

  const std::string& name() const noexcept { return name_; }
  double dt() const noexcept { return dt_; }  ///< between rows
  const std::string& unit() const noexcept { return time_unit_; }
  /// Of each column.
  const std::vector<std::uint64_t>& node_ids() const noexcept { return node_ids_; }
  const std::vector<std::uint64_t>& element_ids() const noexcept { return element_ids_; }
  /// Every node has one column, so that the ids of the nodes name the columns.
  bool is_of_nodes() const;

  /// \param dt of the episode \throws Error invalid_argument: rows lie between its timesteps
  void record(double dt, Episode& episode, NewRun& run) const;

 private:
  h5::Source data_;
  std::string name_, time_unit_;
  double start_ = 0, stop_ = 0, dt_ = 0;
  std::vector<std::uint64_t> node_ids_, element_ids_;
};

}  // namespace neurotape::exchange
