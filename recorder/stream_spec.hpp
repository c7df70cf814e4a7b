#pragma once
/// \file
/// What a stream is made of: columns of equal length.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "neurotape/array.hpp"
#include "neurotape/codec.hpp"
#include "recorder/encoder.hpp"

namespace neurotape {

/// Number of a stream within its episode; `stream_id` in the file.
using StreamId = std::uint32_t;

struct ColumnSpec {
  std::string name;  ///< of the dataset: "timesteps", "values", "neuron_ids"
  Dtype dtype = Dtype::i64;
  std::vector<std::uint64_t> shape = {};  ///< of one row
  std::uint32_t text_bytes = 0;           ///< not 0: fixed-length text of so many bytes, and dtype is not used

  std::size_t element_bytes() const noexcept { return text_bytes != 0 ? text_bytes : dtype_bytes(dtype); }
  std::uint64_t row_values() const noexcept {
    std::uint64_t product = 1;
    for (auto dimension : shape) product *= dimension;
    return product;
  }
  std::uint64_t row_bytes() const noexcept { return row_values() * element_bytes(); }
};

struct StreamSpec {
  std::string path;  ///< of the group: "neural_states/membrane_potential"
  std::vector<ColumnSpec> columns;
  bool has_timesteps = true;  ///< the first column is `timesteps`; not so for the bytes of events
  nlohmann::json attributes = nlohmann::json::object();  ///< of the group
  std::vector<std::uint64_t> selected_columns;           ///< the dataset `columns`; empty: none
};

/// How one column lies in the file; decided when the rate is known.
struct ColumnLayout {
  std::uint64_t chunk_rows = 0;
  /// Dimensions of a chunk, rows first. A row of more than 1 MiB is cut into tiles: then chunk_rows is 1, and
  /// each tile is a contiguous piece of the row (1, ..., 1, k, all, ..., all); tiles count in row-major order.
  std::vector<std::uint64_t> chunk_dims;
  std::uint32_t tiles = 1;  ///< of a row
  std::vector<Filter> filters;
};

struct StreamLayout {
  std::vector<ColumnLayout> columns;  ///< as StreamSpec::columns
  std::uint32_t index_column = 0;     ///< the column whose chunks `chunk_index` describes
  /// The episode is finishing and the stream will hold exactly these rows; unknown: -1.
  std::int64_t final_rows = -1;
};

}  // namespace neurotape
