#pragma once
/// \file
/// Eigen out: what was read as matrices, one row a timestep. (Eigen in needs nothing: the recording calls take
/// Eigen's vectors and row-major matrices as they are.) Link `neurotape::eigen`.

#include <Eigen/Core>
#include <cstdint>

#include "neurotape/attention_maps.hpp"
#include "neurotape/error.hpp"
#include "neurotape/stream_readers.hpp"

namespace neurotape {

/// Rows are timesteps, columns the values of a row; so it lies in memory as in the file.
template <Arithmetic T>
using RowMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A view of the values, `[rows, values per row]`. Lives as long as `rows` does.
template <Arithmetic T>
Eigen::Map<const RowMatrix<T>> as_matrix(const DenseRows<T>& rows) {
  return {rows.values.data(), static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.shape.values())};
}
template <Arithmetic T>
Eigen::Map<RowMatrix<T>> as_matrix(DenseRows<T>& rows) {
  return {rows.values.data(), static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.shape.values())};
}
template <Arithmetic T>
void as_matrix(DenseRows<T>&&) = delete;  // the view would outlive the values

/// A view of one array, such as the timesteps. Lives as long as `values` does.
template <Arithmetic T>
Eigen::Map<const Eigen::Vector<T, Eigen::Dynamic>> as_vector(const Array<T>& values) {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}
template <Arithmetic T>
void as_vector(Array<T>&&) = delete;

/// Reads these rows straight into `matrix`, which is resized to `[rows, values per row]`.
/// \throws Error as `DenseReader::read_into`
template <Arithmetic T>
void read_into(const DenseReader<T>& stream, RowRange rows, RowMatrix<T>& matrix) {
  matrix.resize(static_cast<Eigen::Index>(rows.count), static_cast<Eigen::Index>(stream.shape().values()));
  stream.read_into(rows, {}, std::span<T>(matrix.data(), static_cast<std::size_t>(matrix.size())));
}

/// The values of the timesteps from `from` on and before `to`, read straight into a matrix.
template <Arithmetic T>
RowMatrix<T> read_matrix(const DenseReader<T>& stream, std::int64_t from, std::int64_t to) {
  RowMatrix<T> matrix;
  read_into(stream, stream.find(from, to), matrix);
  return matrix;
}

/// The values of all rows.
template <Arithmetic T>
RowMatrix<T> read_matrix(const DenseReader<T>& stream) {
  RowMatrix<T> matrix;
  read_into(stream, RowRange{0, stream.rows()}, matrix);
  return matrix;
}

/// A view of an array that was read from NPY or NPZ: `[first dimension, the rest]`. Lives as long as the array, or a copy of it.
/// \throws Error wrong_type
template <Arithmetic T>
Eigen::Map<const RowMatrix<T>> as_matrix(const NpyArray& array) {
  const auto values = array.values<T>();
  const auto size = static_cast<Eigen::Index>(values.size());
  const auto rows = array.shape().rank() < 2 ? 1 : static_cast<Eigen::Index>(array.shape().dimensions()[0]);
  return {values.data(), rows, rows == 0 ? 0 : size / rows};
}
template <Arithmetic T>
void as_matrix(NpyArray&&) = delete;

/// A view of an attention map: channels x samples. Lives as long as `map` does.
inline Eigen::Map<const RowMatrix<float>> as_matrix(const AttentionMap& map) { return as_matrix<float>(map.values); }
void as_matrix(AttentionMap&&) = delete;

}  // namespace neurotape
