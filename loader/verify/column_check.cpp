#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <numeric>

#include "backends/codec/filters.hpp"
#include "loader/attributes.hpp"
#include "loader/convert.hpp"
#include "loader/verify/stream_check.hpp"

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kPieceBytes = 4 << 20;
constexpr std::uint64_t kMostMissingChunks = 4096;  // that are told one by one
constexpr std::uint32_t kTypeBytes = 64;            // of the text that names an event's type

struct TypeRule {
  StreamKind kind;
  const char* column;
  std::vector<Dtype> dtypes;
};

const std::vector<TypeRule>& type_rules() {
  static const std::vector<TypeRule> rules = {
      {StreamKind::spikes, "neuron_ids", {Dtype::u32, Dtype::u64}},
      {StreamKind::spikes, "times", {Dtype::f64}},
      {StreamKind::rewards, "values", {Dtype::f64}},
      {StreamKind::weight_changes, "synapse_ids", {Dtype::u64}},
      {StreamKind::weight_changes, "old_weights", {Dtype::f32, Dtype::f64}},
      {StreamKind::weight_changes, "new_weights", {Dtype::f32, Dtype::f64}},
      {StreamKind::events, "data_end", {Dtype::u64}},
      {StreamKind::events, "data", {Dtype::u8}},
  };
  return rules;
}

std::string names_of(const std::vector<Dtype>& dtypes) {
  std::vector<std::string_view> names;
  names.reserve(dtypes.size());
  for (const auto dtype : dtypes) names.push_back(dtype_name(dtype));
  return fmt::format("{}", fmt::join(names, " or "));
}

/// What is wrong with the type of a column; empty: nothing.
std::string wrong_type(StreamKind kind, std::string_view column, const DatasetLayout& layout) {
  const bool one_value = layout.dimensions.size() == 1;
  if (column == "timesteps" && (layout.dtype != Dtype::i64 || !one_value))
    return fmt::format("it is {}, not one column of int64", layout.type);
  if (column == "types" && (layout.text_bytes != kTypeBytes || !one_value))
    return fmt::format("it is {}, not text of {} bytes", layout.type, kTypeBytes);
  for (const auto& rule : type_rules()) {
    if (rule.kind != kind || rule.column != column) continue;
    const bool fits = layout.dtype && std::count(rule.dtypes.begin(), rule.dtypes.end(), *layout.dtype) != 0;
    if (!fits || !one_value) return fmt::format("it is {}, not one column of {}", layout.type, names_of(rule.dtypes));
  }
  const bool dense = kind == StreamKind::neural_state || kind == StreamKind::behavior;
  if (dense && column == "values" && !layout.dtype) return fmt::format("its values are {}", layout.type);
  return {};
}

bool is_checksum(const Filter& filter) { return filter.id == codec::kDeflate || filter.id == codec::kFletcher32; }

/// Whether some filter that a chunk went through would tell a flipped bit.
bool is_protected(const std::vector<Filter>& filters, std::uint32_t mask) {
  for (std::size_t i = 0; i < filters.size(); ++i)
    if (is_checksum(filters[i]) && (mask >> i & 1U) == 0) return true;
  return false;
}

}  // namespace

void StreamCheck::check_types() {
  for (auto& column : columns_) {
    if (!column.dataset) continue;
    const auto wrong = wrong_type(group_.kind, column.rule.name, column.dataset->layout());
    if (wrong.empty()) continue;
    fault(column.rule.name, wrong);
    column.dataset = nullptr;  // nothing more can be said of it
    facts_.known = false;
  }
}

/// Rows that a file only claims to have could keep one busy for years: no chunk takes less than a byte of it.
void StreamCheck::check_storage() {
  for (auto& column : columns_) {
    if (!column.dataset || column.rows == 0 || column.dataset->row_bytes() == 0) continue;
    const auto& dataset = *column.dataset;
    const bool in_chunks = !dataset.layout().chunk.empty();
    const std::uint64_t rows_of_one =
        in_chunks ? dataset.grid().rows_of_chunk() : std::max<std::uint64_t>(1, kPieceBytes / dataset.row_bytes());
    const std::uint64_t groups = (column.rows - 1) / rows_of_one + 1;
    if (groups <= dataset.stored_bytes() + kMostMissingChunks) continue;
    fault(column.rule.name, fmt::format("most of its {} rows were never written", column.rows));
    column.dataset = nullptr;
    facts_.known = false;
  }
}

void StreamCheck::check_filters(const Column& column) {
  const auto& layout = column.dataset->layout();
  if (layout.chunk.empty()) return fault(column.rule.name, "it is not stored in chunks, so it has no checksum");
  if (!std::any_of(layout.filters.begin(), layout.filters.end(), is_checksum))
    return fault(column.rule.name, "none of its filters has a checksum");
  const auto codec = text_of(attributes_, "codec");
  auto family = codec.substr(0, codec.find(':'));
  if (family == "adaptive") family = codec.ends_with(":portable") ? "gzip" : "blosc";
  const auto has = [&](std::uint32_t id) {
    return std::any_of(layout.filters.begin(), layout.filters.end(),
                       [&](const auto& filter) { return filter.id == id; });
  };
  const bool fits =
      family.empty() || (has(codec::kDeflate) == (family == "gzip") && has(codec::kLzf) == (family == "lzf") &&
                         has(codec::kBlosc) == (family == "blosc"));
  if (!fits) fault(column.rule.name, fmt::format("its filters are not those of its codec, {}", codec));
}

void StreamCheck::check_column(const Column& column) {
  if (column.rows == 0 || column.dataset->row_bytes() == 0) return;
  check_filters(column);
  if (std::string_view(column.rule.name) == "timesteps") return;  // read in order, by themselves
  if (column.dataset->layout().decodable) {
    check_chunks(column);
  } else {
    check_pieces(column);
  }
}

void StreamCheck::check_chunks(const Column& column) {
  const auto& grid = column.dataset->grid();
  const std::uint64_t groups = (column.rows - 1) / grid.rows_of_chunk() + 1;
  checks_.crew.each(groups * grid.tiles(), [&](auto next) {
    detail::Storage chunk;
    while (const auto piece = next()) check_chunk(column, *piece / grid.tiles(), *piece % grid.tiles(), chunk);
  });
}

void StreamCheck::check_chunk(const Column& column, std::uint64_t group, std::uint64_t tile, detail::Storage& chunk) {
  const auto& dataset = *column.dataset;
  const std::uint64_t chunk_rows = dataset.chunk_rows();
  const RowRange rows{group * chunk_rows, std::min(chunk_rows, column.rows - group * chunk_rows)};
  const std::string which = dataset.grid().tiles() > 1 ? fmt::format("tile {}: ", tile) : "";
  try {
    const auto mask = dataset.read_one_chunk(group, tile, chunk);
    if (const auto wrong = wrong_mask(column, rows, mask); !wrong.empty())
      fault(column.rule.name, which + wrong, group, rows);
    if (group_.kind == StreamKind::rewards)
      sum_values(column, chunk.bytes().first(static_cast<std::size_t>(rows.count * dataset.row_bytes())));
    checks_.findings.count({.chunks = 1, .bytes = dataset.grid().chunk_bytes()});
  } catch (const Error& error) {
    fault(column.rule.name, which + cause_of(error), group, rows);
    facts_.known = false;
  }
}

/// What is wrong with the filters that a chunk did not go through; empty: nothing.
std::string StreamCheck::wrong_mask(const Column& column, RowRange rows, std::uint32_t mask) const {
  const bool open = checks_.episode.is_cut_off() && rows.count < column.dataset->chunk_rows();
  const auto& filters = column.dataset->layout().filters;
  if (open || !is_protected(filters, 0) || is_protected(filters, mask)) return {};
  return "the chunk is finished, but stored without its checksum";
}

void StreamCheck::sum_values(const Column& column, std::span<const std::byte> bytes) {
  if (std::string_view(column.rule.name) != "values") return;
  std::vector<double> values(bytes.size() / sizeof(double));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  const std::lock_guard lock(sum_mutex_);
  facts_.sum_of_values = std::accumulate(values.begin(), values.end(), facts_.sum_of_values);
  for (const double value : values) facts_.sum_of_sizes += std::abs(value);
}

/// What is not ours to decode is read by HDF5.
void StreamCheck::check_pieces(const Column& column) {
  const auto& dataset = *column.dataset;
  const std::uint64_t most = std::max<std::uint64_t>(1, kPieceBytes / dataset.row_bytes());
  detail::Storage piece;
  for (RowRange rows{0, 0}; rows.first < column.rows; rows.first += rows.count) {
    rows.count = std::min(most, column.rows - rows.first);
    piece.resize(static_cast<std::size_t>(rows.count * dataset.row_bytes()));
    try {
      dataset.read_unchecked(rows, {}, piece.bytes());
      if (group_.kind == StreamKind::rewards) sum_values(column, piece.bytes());
      checks_.findings.count({.bytes = piece.size()});
    } catch (const Error& error) {
      fault(column.rule.name, cause_of(error), {}, rows);
      facts_.known = false;
    }
  }
}

}  // namespace neurotape::loader
