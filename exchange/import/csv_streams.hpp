#pragma once
/// \file
/// Tables as streams.

#include "exchange/import/csv_table.hpp"
#include "exchange/import/exported.hpp"

namespace neurotape::exchange {

/// A table whose first column has timesteps, as `export` writes it for this kind of stream.
void import_table(const StreamFile& file, Episode& episode, NewRun& run);
/// A table of the network. \param types of its columns; those that are not among them are as their fields look
NetworkColumns read_network_table(const std::filesystem::path& file, const std::map<std::string, Dtype>& types);
/// A table of numbers. \param dt of times in its first column; 0: it has timesteps \param columns what they are; empty: the
/// file is described
void import_dense(const StreamFile& file, Episode& episode, NewRun& run, double dt,
                  const std::vector<ColumnSurvey>& columns);

}  // namespace neurotape::exchange
