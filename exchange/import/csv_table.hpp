#pragma once
/// \file
/// A CSV file of numbers, row by row; what is wrong is told with the file and the line.

#include <charconv>
#include <filesystem>
#include <limits>
#include <neurotape/array.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "backends/csv/format.hpp"
#include "backends/csv/reader.hpp"

namespace neurotape::exchange {

/// One thread; needs memory for a row.
class CsvTable {
 public:
  /// \throws Error not_found, io, damaged: it is empty, or no CSV
  explicit CsvTable(const std::filesystem::path& path);

  const std::vector<std::string>& names() const noexcept { return names_; }
  std::size_t columns() const noexcept { return names_.size(); }
  /// Goes to the next row. \returns false: there is none. \throws Error damaged: it has not as many fields as the header
  bool next();
  /// Of the last row, as one who writes files that way leaves it, or one who died.
  bool ends_without_newline() const noexcept { return reader_.cut_off(); }

  std::string_view text(std::size_t column) const noexcept { return row_[column].text; }
  /// A field without the blanks around it.
  std::string_view field(std::size_t column) const noexcept;
  /// \throws Error damaged: the field is no number of this type. Empty ones are NaN.
  template <Arithmetic T>
  T number(std::size_t column) const;
  [[noreturn]] void fail(const std::string& what) const;

 private:
  [[noreturn]] void refuse(std::size_t column, std::string_view expected) const;

  std::filesystem::path path_;
  csv::Reader reader_;
  std::vector<std::string> names_;
  std::vector<csv::Field> row_;
};

template <Arithmetic T>
T CsvTable::number(std::size_t column) const {
  const auto text = field(column);
  if constexpr (std::is_same_v<T, bool>) {
    if (text == "0" || text == "1" || csv::kind_of(text, false) == csv::FieldKind::boolean)
      return csv::number_of(text) != 0;
  } else {
    if (std::is_floating_point_v<T> && text.empty()) return std::numeric_limits<T>::quiet_NaN();
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = end == text.data() + text.size();
    if (whole && error == std::errc()) return value;
    if (std::is_floating_point_v<T> && whole && error == std::errc::result_out_of_range)
      return static_cast<T>(csv::number_of(text));
  }
  refuse(column, dtype_name(dtype_of<T>()));
}

/// What the fields of a column are, all in all.
struct ColumnSurvey {
  csv::FieldKind kind = csv::FieldKind::missing;  ///< integer, real, boolean; missing: there are none
  std::uint64_t missing = 0;
  std::uint64_t largest = 0;  ///< of those that are not negative integers

  /// The type that holds them all.
  Dtype dtype() const noexcept;
};

/// Reads a file once for what its columns are. \throws Error damaged: a field is no number
std::vector<ColumnSurvey> survey(const std::filesystem::path& path);

}  // namespace neurotape::exchange
