#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <unordered_map>

#include "loader/convert.hpp"
#include "loader/episode_file.hpp"

namespace neurotape::detail {
namespace {

using loader::Dataset;
using loader::OpenStream;

class DenseFile final : public DenseSource {
 public:
  explicit DenseFile(OpenStream stream)
      : stream_(std::move(stream)),
        values_(stream_.columns[1]),
        time_(stream_.columns[0], stream_.info.rows, stream_.file, stream_.chunk_index),
        shape_(stream_.info.columns[1].shape) {
    if (!stream_.selected_columns.empty()) read_column_ids();
  }

  const StreamInfo& info() const noexcept override { return stream_.info; }
  const Shape& row_shape() const noexcept override { return shape_; }

  std::vector<std::uint64_t> column_ids() const override {
    if (!column_ids_.empty()) return column_ids_;
    std::vector<std::uint64_t> ids(static_cast<std::size_t>(shape_.values()));
    std::iota(ids.begin(), ids.end(), std::uint64_t{0});
    return ids;
  }

  std::vector<std::uint64_t> positions(std::span<const std::uint64_t> ids) const override {
    std::vector<std::uint64_t> positions;
    std::unordered_map<std::uint64_t, std::uint64_t> position_of;
    for (std::size_t i = 0; i < column_ids_.size(); ++i) position_of.emplace(column_ids_[i], i);
    for (const auto id : ids) {
      const auto found = position_of.find(id);
      if (column_ids_.empty() ? id >= shape_.values() : found == position_of.end())
        throw Error(ErrorCode::out_of_range,
                    fmt::format("there is no column {}, only {}", id,
                                column_ids_.empty() ? shape_.values() : column_ids_.size()),
                    loader::context_of(stream_.place));
      positions.push_back(column_ids_.empty() ? id : found->second);
    }
    return positions;
  }

  RowRange find(std::int64_t from, std::int64_t to) const override { return time_.find(from, to); }

  void read_timesteps(RowRange rows, std::span<std::int64_t> out) const override { time_.read(rows, out); }

  void read_values(RowRange rows, std::span<const std::uint64_t> positions, std::span<std::byte> out) const override {
    values_->read(rows, positions, out);
    // C++ knows two booleans, a file may hold more.
    if (values_->layout().dtype == Dtype::boolean)
      for (auto& byte : out) byte = byte == std::byte{0} ? std::byte{0} : std::byte{1};
  }

  std::uint64_t rows_of_part(std::uint64_t max_bytes, std::uint64_t row_bytes) const override {
    const std::uint64_t rows = std::max<std::uint64_t>(1, max_bytes / row_bytes);
    const std::uint64_t chunk_rows = values_->chunk_rows();
    return chunk_rows > 1 && rows > chunk_rows ? rows - rows % chunk_rows : rows;
  }

  std::size_t result_values(RowRange rows, std::uint64_t values_per_row) const override {
    if (rows.first > info().rows || rows.count > info().rows - rows.first)
      throw Error(ErrorCode::out_of_range,
                  fmt::format("rows {} to {} were asked for, but there are {}", rows.first, rows.first + rows.count,
                              info().rows),
                  loader::context_of(stream_.place));
    std::uint64_t values = 0, bytes = 0;
    if (__builtin_mul_overflow(rows.count, values_per_row, &values) ||
        __builtin_mul_overflow(values, sizeof(std::int64_t), &bytes))
      loader::damaged(fmt::format("it claims {} rows of {} values", rows.count, values_per_row), stream_.place);
    values_->check_claim(bytes);
    return static_cast<std::size_t>(values);
  }

  void check_spans(RowRange rows, std::size_t timesteps, std::size_t needed, std::size_t values) const override {
    const bool timesteps_fit = timesteps == 0 || timesteps >= rows.count;
    if (timesteps_fit && values >= needed) return;
    throw Error(ErrorCode::wrong_shape,
                timesteps_fit ? fmt::format("{} values do not fit into {}", needed, values)
                              : fmt::format("{} timesteps do not fit into {}", rows.count, timesteps),
                loader::context_of(stream_.place));
  }

 private:
  void read_column_ids() {
    const auto columns = Dataset::open(stream_.file, stream_.selected_columns, stream_.place);
    const auto& layout = columns->layout();
    if (!layout.dtype || !loader::is_integer(*layout.dtype) || columns->row_values() != 1 ||
        columns->rows() != shape_.values())
      loader::damaged(fmt::format("its dataset 'columns' does not name its {} columns", shape_.values()),
                      stream_.place);
    column_ids_.resize(static_cast<std::size_t>(columns->rows()));
    loader::read_as(*columns, {0, columns->rows()}, Dtype::u64, std::as_writable_bytes(std::span(column_ids_)));
  }

  OpenStream stream_;
  std::shared_ptr<const Dataset> values_;
  loader::TimeIndex time_;
  Shape shape_;
  std::vector<std::uint64_t> column_ids_;
};

const char* method_of(StreamKind kind) { return kind == StreamKind::behavior ? "behavior" : "neural_state"; }

std::string cpp_name(Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return "float";
    case Dtype::f64:
      return "double";
    case Dtype::boolean:
      return "bool";
    default:
      return fmt::format("std::{}_t", dtype_name(dtype));
  }
}

}  // namespace

DenseSourceHandle open_dense(const EpisodeFile& episode, StreamKind kind, std::string_view name, Dtype dtype) {
  auto stream = episode.with_retries([&](const EpisodeFile& e) { return e.find_stream(kind, name); });
  const auto& layout = stream.columns[1]->layout();
  if (!layout.dtype)
    throw Error(ErrorCode::unsupported, fmt::format("its values are {}", layout.type),
                loader::context_of(stream.place));
  if (*layout.dtype != dtype)
    throw Error(ErrorCode::wrong_type,
                fmt::format("its values are {}, not {}: read it as {}<{}>", dtype_name(*layout.dtype),
                            dtype_name(dtype), method_of(kind), cpp_name(*layout.dtype)),
                loader::context_of(stream.place));
  return std::make_shared<DenseFile>(std::move(stream));
}

}  // namespace neurotape::detail
