#pragma once
/// \file
/// A dataset of HDF5 whose rows become those of a dense stream.

#include <algorithm>
#include <neurotape/loaded.hpp>

#include "exchange/hdf5_in.hpp"
#include "exchange/import/streams.hpp"

namespace neurotape::exchange {

inline constexpr std::uint64_t kReadAtOnceBytes = 4'000'000;

/// Reads it in parts. Its rows get the timesteps `first`, `first + every`, ...
/// \throws Error as reading does
template <class T>
void record_dataset(const h5::Source& dataset, DenseWriter<T>& writer, std::int64_t first = 0, std::int64_t every = 1) {
  const auto width = static_cast<std::size_t>(dataset.shape_of_row().values());
  const auto at_once = std::max<std::uint64_t>(1, kReadAtOnceBytes / std::max<std::size_t>(1, width * sizeof(T)));
  Array<T> values(static_cast<std::size_t>(std::min(at_once, dataset.rows())) * width);
  for (std::uint64_t row = 0; row < dataset.rows(); row += at_once) {
    const auto rows = std::min(at_once, dataset.rows() - row);
    dataset.read(row, rows, values.data());
    for (std::uint64_t i = 0; i < rows; ++i)
      writer.record(first + static_cast<std::int64_t>(row + i) * every,
                    std::span<const T>(values.data() + i * width, width));
  }
}

}  // namespace neurotape::exchange
