#pragma once
/// \file
/// The network of a run as files beside those of its episodes: `network/neurons.csv`, `network/connections.csv`.

#include <neurotape/npz.hpp>
#include <neurotape/run.hpp>
#include <string>
#include <utility>
#include <vector>

#include "exchange/rows.hpp"

namespace neurotape::exchange {

inline constexpr const char* kNetwork = "network";
inline constexpr const char* kNeurons = "neurons";
inline constexpr const char* kConnections = "connections";

/// Columns of equal length, by name.
using NetworkColumns = std::vector<std::pair<std::string, NpyArray>>;

/// Calls `use(name, table)` for the tables that a run has.
template <class Use>
void for_each_table(const Run& run, Use use) {
  if (const auto neurons = run.neurons(); !neurons.empty()) use(kNeurons, neurons);
  if (const auto connections = run.connections(); !connections.empty()) use(kConnections, connections);
}

/// All of a table, in memory.
NetworkColumns read_columns(const NetworkTable& table);
/// The same, row by row.
void read_rows(const NetworkTable& table, RowSink& sink);

}  // namespace neurotape::exchange
