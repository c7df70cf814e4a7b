// The rows of a table of metrics: columns, types, fields.

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "artifacts/metrics_file.hpp"
#include "backends/csv/format.hpp"
#include "recorder/names.hpp"

namespace neurotape::detail {
namespace {

constexpr std::uint64_t kLargestExact = std::uint64_t{1} << 53U;

constexpr std::array<std::string_view, 4> kTypeNames{"an integer", "a number", "true or false", "text"};
std::string_view name_of(CellType type) { return kTypeNames[static_cast<std::size_t>(type)]; }

CellType type_of(Cell::Kind kind) {
  switch (kind) {
    case Cell::Kind::integer:
    case Cell::Kind::natural:
      return CellType::integer;
    case Cell::Kind::boolean:
      return CellType::boolean;
    case Cell::Kind::missing:
    case Cell::Kind::text:
      return CellType::text;
    case Cell::Kind::real:
    case Cell::Kind::real32:
      break;
  }
  return CellType::real;
}

void put_value(std::string& to, const Cell& cell) {
  switch (cell.kind()) {
    case Cell::Kind::missing:
      return;
    case Cell::Kind::integer:
      return csv::put(to, cell.integer());
    case Cell::Kind::natural:
      return csv::put(to, cell.natural());
    case Cell::Kind::real:
      return csv::put(to, cell.real());
    case Cell::Kind::real32:
      return csv::put(to, static_cast<float>(cell.real()));
    case Cell::Kind::boolean:
      return csv::put(to, cell.integer() != 0);
    case Cell::Kind::text:
      return csv::put(to, cell.text());
  }
}

/// An integer for a column of reals, if a real holds it.
std::optional<double> exact_real(const Cell& cell) {
  const bool negative = cell.kind() == Cell::Kind::integer && cell.integer() < 0;
  const std::uint64_t size = negative ? 0 - cell.natural() : cell.natural();
  if (size > kLargestExact) return std::nullopt;
  return negative ? -static_cast<double>(size) : static_cast<double>(size);
}

}  // namespace

void MetricsFile::declare(std::span<const NamedCell> row) {
  if (row.empty()) fail(ErrorCode::wrong_shape, "a row of no columns");
  for (const auto& cell : row) columns_.push_back({std::string(cell.name), std::nullopt});
}

void MetricsFile::put_header() {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto& name = columns_[i].name;
    const auto same = [&](const OpenColumn& other) { return other.name == name; };
    if (name.empty() || std::count_if(columns_.begin(), columns_.end(), same) != 1)
      fail(ErrorCode::invalid_name, fmt::format("column {}: '{}' is empty, or the name of another one", i + 1, name));
    require_readable(fmt::format("the name of column {}", i + 1), name);
    if (i != 0) waiting_ += ',';
    csv::put_name(waiting_, name);
  }
  waiting_ += line_end_;
}

const Cell& MetricsFile::cell_of(std::size_t column, std::span<const NamedCell> row) const {
  const auto& name = columns_[column].name;
  if (row[column].name == name) return row[column].value;  // as a rule, for rows have one order
  const auto found = std::find_if(row.begin(), row.end(), [&](const NamedCell& cell) { return cell.name == name; });
  if (found == row.end()) fail(ErrorCode::wrong_shape, fmt::format("the row lacks the column '{}'", name));
  return found->value;
}

/// One byte that is no text makes the whole file unreadable for many.
void MetricsFile::require_readable(const std::string& what, std::string_view text) const {
  if (const auto fault = fault_of_text(text); !fault.empty())
    fail(ErrorCode::invalid_argument, fmt::format("{}: {}", what, fault));
}

void MetricsFile::put_cell(std::size_t at, const Cell& cell) {
  if (cell.kind() == Cell::Kind::missing) return;
  OpenColumn& column = columns_[at];
  if (cell.kind() == Cell::Kind::text) require_readable(fmt::format("column '{}'", column.name), cell.text());
  const CellType type = type_of(cell.kind());
  if (!column.type) {
    column.type = type;
    typed_now_.push_back(at);
  }
  if (*column.type == type) return put_value(waiting_, cell);
  if (*column.type == CellType::real && type == CellType::integer)
    if (const auto real = exact_real(cell)) return csv::put(waiting_, *real);
  std::string got;
  put_value(got, cell);
  fail(ErrorCode::wrong_type, fmt::format("column '{}': expected {}, got {}", column.name, name_of(*column.type), got));
}

void MetricsFile::put_row(std::span<const NamedCell> row) {
  if (row.size() != columns_.size()) {
    for (const auto& cell : row)
      if (std::none_of(columns_.begin(), columns_.end(), [&](const auto& column) { return column.name == cell.name; }))
        fail(ErrorCode::wrong_shape, fmt::format("the table has no column '{}'", cell.name));
    for (const auto& column : columns_)
      if (std::none_of(row.begin(), row.end(), [&](const auto& cell) { return column.name == cell.name; }))
        fail(ErrorCode::wrong_shape, fmt::format("the row lacks the column '{}'", column.name));
    fail(ErrorCode::wrong_shape, fmt::format("expected {} values, got {}", columns_.size(), row.size()));
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i != 0) waiting_ += ',';
    put_cell(i, cell_of(i, row));
  }
  // A line of nothing is no row for many readers.
  if (columns_.size() == 1 && waiting_.ends_with('\n')) waiting_ += "\"\"";
  waiting_ += line_end_;
}

}  // namespace neurotape::detail
