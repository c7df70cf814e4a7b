#pragma once
/// \file
/// Arrays as streams.

#include "exchange/import/exported.hpp"
#include "exchange/import/npz_arrays.hpp"

namespace neurotape::exchange {

/// The file of a stream, as `export` writes it.
void import_arrays(const StreamFile& file, Episode& episode, NewRun& run);
/// A table of the network. Its columns have the types of the arrays.
NetworkColumns read_network_arrays(const std::filesystem::path& file, const std::map<std::string, Dtype>& types);
/// \param array has a row for each timestep, along its first axis
void record_dense(const NpyArray& array, const Array<std::int64_t>& timesteps, const StreamPath& path,
                  const DenseLayout& layout, Episode& episode);
void record_rewards(const Array<std::int64_t>& timesteps, const Array<double>& values, const std::string& unit,
                    Episode& episode, NewRun& run);

}  // namespace neurotape::exchange
