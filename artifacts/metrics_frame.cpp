#include <algorithm>
#include <fmt/format.h>
#include <limits>

#include "backends/csv/format.hpp"
#include "backends/csv/reader.hpp"
#include "neurotape/metrics.hpp"

namespace neurotape {
namespace {

/// The narrowest type that holds values of both kinds. Missing ones hold back nothing.
csv::FieldKind wider(csv::FieldKind a, csv::FieldKind b) {
  using Kind = csv::FieldKind;
  if (a == Kind::missing || a == b) return b;
  if (b == Kind::missing) return a;
  const bool numbers = (a == Kind::integer || a == Kind::real) && (b == Kind::integer || b == Kind::real);
  return numbers ? Kind::real : Kind::text;
}

CellType type_of(csv::FieldKind kind) {
  switch (kind) {
    case csv::FieldKind::integer:
      return CellType::integer;
    case csv::FieldKind::boolean:
      return CellType::boolean;
    case csv::FieldKind::text:
      return CellType::text;
    case csv::FieldKind::missing:
    case csv::FieldKind::real:
      break;
  }
  return CellType::real;
}

}  // namespace

MetricsFrame::MetricsFrame(std::vector<Column> columns, std::vector<std::vector<std::string>> fields,
                           std::filesystem::path path, bool cut_off)
    : columns_(std::move(columns)),
      fields_(std::move(fields)),
      rows_(fields_.empty() ? 0 : fields_.front().size()),
      path_(std::move(path)),
      cut_off_(cut_off) {}

std::size_t MetricsFrame::place_of(std::string_view column) const {
  const auto found =
      std::find_if(columns_.begin(), columns_.end(), [&](const Column& each) { return each.name == column; });
  if (found == columns_.end())
    throw Error(ErrorCode::not_found, fmt::format("there is no column '{}'", column), {.path = path_.string()});
  return static_cast<std::size_t>(found - columns_.begin());
}

bool MetricsFrame::contains(std::string_view column) const noexcept {
  return std::any_of(columns_.begin(), columns_.end(), [&](const Column& each) { return each.name == column; });
}

std::vector<double> MetricsFrame::numbers(std::string_view column) const {
  const auto place = place_of(column);
  if (columns_[place].type == CellType::text)
    throw Error(ErrorCode::wrong_type, fmt::format("column '{}': expected numbers, got text", column),
                {.path = path_.string()});
  std::vector<double> values;
  values.reserve(rows_);
  for (const auto& field : fields_[place])
    values.push_back(field.empty() ? std::numeric_limits<double>::quiet_NaN() : csv::number_of(field));
  return values;
}

const std::vector<std::string>& MetricsFrame::texts(std::string_view column) const { return fields_[place_of(column)]; }

MetricsFrame read_metrics(const std::filesystem::path& path, LastLine last_line) {
  csv::Reader reader(path);
  std::vector<csv::Field> record;
  std::vector<Column> columns;
  if (!reader.next(record)) throw Error(ErrorCode::damaged, "it has no header", {.path = path.string()});
  for (auto& field : record) columns.push_back({std::move(field.text), CellType::real});
  std::vector<std::vector<std::string>> fields(columns.size());
  std::vector<csv::FieldKind> kinds(columns.size(), csv::FieldKind::missing);
  bool cut_off = false;
  while (reader.next(record)) {
    if ((cut_off = reader.cut_off() && last_line == LastLine::cut_off)) break;
    if (record.size() != columns.size()) {
      if (record.size() == 1 && record.front().text.empty()) continue;  // an empty line
      throw Error(ErrorCode::damaged,
                  fmt::format("line {}: expected {} fields as in the header, got {}", reader.line(), columns.size(),
                              record.size()),
                  {.path = path.string()});
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      kinds[i] = wider(kinds[i], csv::kind_of(record[i].text, record[i].quoted));
      fields[i].push_back(std::move(record[i].text));
    }
  }
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i].type = type_of(kinds[i]);
  return {std::move(columns), std::move(fields), path, cut_off};
}

}  // namespace neurotape
