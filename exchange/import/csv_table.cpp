#include "exchange/import/csv_table.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <neurotape/error.hpp>

namespace neurotape::exchange {
namespace {

using csv::FieldKind;

bool is_text(std::string_view name) {
  return std::none_of(name.begin(), name.end(), [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; });
}

/// What a message shows of a field, which may be anything.
std::string shown(std::string_view field) {
  constexpr std::size_t kMost = 40;
  std::string text(field.substr(0, kMost));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c == '\x7f'; }, '?');
  return field.size() > kMost ? text + "..." : text;
}

/// "-0" is no integer that has the sign.
FieldKind kind_of(std::string_view field) {
  const auto kind = csv::kind_of(field, false);
  return kind == FieldKind::integer && field == "-0" ? FieldKind::real : kind;
}

FieldKind wider(FieldKind a, FieldKind b) {
  if (a == FieldKind::missing || a == b) return b;
  if (b == FieldKind::missing) return a;
  return FieldKind::real;
}

}  // namespace

CsvTable::CsvTable(const std::filesystem::path& path) : path_(path), reader_(path) {
  if (!reader_.next(row_)) throw Error(ErrorCode::damaged, "it is empty: expected a header", {.path = path.string()});
  for (std::size_t i = 0; i < row_.size(); ++i) {
    names_.emplace_back(field(i));
    if (!is_text(names_.back())) fail("it is no CSV: its header has bytes that are no text");
  }
  if (std::all_of(names_.begin(), names_.end(), [](const auto& name) {
        const auto kind = kind_of(name);
        return kind == FieldKind::integer || kind == FieldKind::real;
      }))
    fail("it has numbers: expected the names of the columns in the first line");
}

bool CsvTable::next() {
  do {
    if (!reader_.next(row_)) return false;
  } while (row_.size() == 1 && row_.front().text.empty() && columns() > 1);  // an empty line
  if (row_.size() != columns())
    fail(fmt::format("expected {} fields as in the header, got {}", columns(), row_.size()));
  return true;
}

std::string_view CsvTable::field(std::size_t column) const noexcept {
  std::string_view text = row_[column].text;
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

void CsvTable::fail(const std::string& what) const {
  throw Error(ErrorCode::damaged, fmt::format("line {}: {}", reader_.line(), what), {.path = path_.string()});
}

void CsvTable::refuse(std::size_t column, std::string_view expected) const {
  fail(fmt::format("'{}' in column '{}' is no number of type {}", shown(field(column)), names_[column], expected));
}

Dtype ColumnSurvey::dtype() const noexcept {
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (missing != 0 || kind == FieldKind::real || kind == FieldKind::missing) return Dtype::f64;
  if (kind == FieldKind::boolean) return Dtype::boolean;
  return largest > kLargest ? Dtype::u64 : Dtype::i64;
}

std::vector<ColumnSurvey> survey(const std::filesystem::path& path) {
  CsvTable table(path);
  std::vector<ColumnSurvey> columns(table.columns());
  while (table.next())
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto field = table.field(i);
      const auto kind = kind_of(field);
      if (kind == FieldKind::text) table.number<double>(i);  // throws, with the line
      if (kind == FieldKind::missing) ++columns[i].missing;
      columns[i].kind = wider(columns[i].kind, kind);
      std::uint64_t number = 0;
      const auto error = std::from_chars(field.data(), field.data() + field.size(), number).ec;
      if (kind == FieldKind::integer && error == std::errc()) columns[i].largest = std::max(columns[i].largest, number);
    }
  return columns;
}

}  // namespace neurotape::exchange
