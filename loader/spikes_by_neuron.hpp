#pragma once
/// \file
/// Spikes of some neurons, through the index by neuron.

#include <optional>

#include "loader/episode_file.hpp"

namespace neurotape::loader {

/// What the query wants, in the order of the timesteps, rows of one timestep as they were stored.
/// \param first_row of the stream: those before it are left out
/// \param wanted nothing: all times
/// \returns nothing where there is no index, or to read the whole stream is the shorter way
/// \throws Error damaged, io; out_of_range for an id that the wanted type cannot hold
std::optional<detail::SparseBatch> read_by_neuron(const OpenStream& stream, const detail::SparseQuery& query,
                                                  std::uint64_t first_row,
                                                  const std::optional<detail::TimeRange>& wanted);

}  // namespace neurotape::loader
