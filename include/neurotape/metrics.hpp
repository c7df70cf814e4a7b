#pragma once
/// \file
/// Metrics as CSV: a table that is written row by row, reading it back, curves.

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neurotape/array.hpp"
#include "neurotape/attention_maps.hpp"

namespace neurotape {

namespace detail {
class MetricsFile;
}

/// What a column holds.
enum class CellType : std::uint8_t { integer, real, boolean, text };

/// One value of a row. A view of its text.
class Cell {
 public:
  enum class Kind : std::uint8_t { missing, integer, natural, real, real32, boolean, text };

  constexpr Cell() noexcept : integer_(0) {}  ///< missing: an empty field
  constexpr Cell(std::nullopt_t) noexcept : Cell() {}
  template <Arithmetic T>
  constexpr Cell(T value) noexcept : Cell() {
    if constexpr (std::is_same_v<T, bool>) {
      kind_ = Kind::boolean;
      integer_ = value ? 1 : 0;
    } else if constexpr (std::is_same_v<T, float>) {
      kind_ = Kind::real32;
      real_ = value;
    } else if constexpr (std::is_floating_point_v<T>) {
      kind_ = Kind::real;
      real_ = value;
    } else if constexpr (std::is_signed_v<T>) {
      kind_ = Kind::integer;
      integer_ = value;
    } else {
      kind_ = Kind::natural;
      natural_ = value;
    }
  }
  constexpr Cell(std::string_view text) noexcept : kind_(Kind::text), text_(text), integer_(0) {}
  Cell(const std::string& text) noexcept : Cell(std::string_view(text)) {}
  constexpr Cell(const char* text) noexcept : Cell(std::string_view(text)) {}

  constexpr Kind kind() const noexcept { return kind_; }
  constexpr std::int64_t integer() const noexcept { return integer_; }
  constexpr std::uint64_t natural() const noexcept { return natural_; }
  constexpr double real() const noexcept { return real_; }
  constexpr std::string_view text() const noexcept { return text_; }

 private:
  Kind kind_ = Kind::missing;
  std::string_view text_;
  union {
    std::int64_t integer_;
    std::uint64_t natural_;
    double real_;
  };
};

struct NamedCell {
  std::string_view name;
  Cell value;
};

struct Column {
  std::string name;
  CellType type = CellType::real;
  friend bool operator==(const Column&, const Column&) = default;
};

/// How lines end.
enum class LineEnd : std::uint8_t {
  crlf,  ///< as RFC 4180 has it
  lf,
};

struct MetricsOptions {
  /// The columns. None: those of the first row, each of the type that its first value has.
  std::vector<Column> columns = {};
  /// Rows that may wait before they are written, at most 1 MiB of them. 1: each is written before `append` returns.
  std::uint64_t flush_rows = 1;
  /// Of a new file; one that is there goes on as it is.
  LineEnd line_end = LineEnd::crlf;
};

/// A CSV file (RFC 4180, UTF-8) that grows by rows. A row is in the file when `append` returns, and survives the end of the
/// process; with `Durability::power` it is on the disk.
///
/// Numbers are the shortest that read back as the same value; NaN and infinity are `nan`, `inf`, `-inf`; reals always have a
/// point or an exponent, booleans are `true` and `false`, a missing value is an empty field, and text that looks like one of
/// these is in quotes: so types, too, are read back as they were.
///
/// A file that is there is gone on with: its header must have the same columns. A last line that was cut off is removed.
///
/// Threads: any, at once. One writer for a file, in all processes.
class MetricsTable {
 public:
  /// \throws Error wrong_shape (the file has other columns), wrong_type, damaged, already_exists (it is open elsewhere), io
  explicit MetricsTable(const std::filesystem::path& path, const MetricsOptions& options = {},
                        const StandAlone& how = {});
  explicit MetricsTable(std::shared_ptr<detail::MetricsFile> file);
  MetricsTable(MetricsTable&&) noexcept;
  MetricsTable& operator=(MetricsTable&&) noexcept;
  /// Writes what waits. What goes wrong then is told to `on_error`.
  ~MetricsTable();

  /// Adds a row: every column, in any order. A row that is refused leaves nothing behind.
  /// \throws Error wrong_shape (a column is missing, or not one of the table's), wrong_type, io (nothing of the row is in the
  /// file; rows that waited with it wait on)
  void append(std::initializer_list<NamedCell> row) { append(std::span<const NamedCell>(row.begin(), row.size())); }
  void append(std::span<const NamedCell> row);
  /// Writes the rows that wait.
  void flush();

  const std::filesystem::path& path() const noexcept;
  std::vector<Column> columns() const;
  std::uint64_t rows() const;  ///< in the file and waiting
  /// Of the last line, cut off, that was removed when the file was opened.
  std::uint64_t removed_bytes() const noexcept;

 private:
  std::shared_ptr<detail::MetricsFile> file_;
};

/// What a CSV file says, column by column.
class MetricsFrame {
 public:
  /// \param path of the file that they are from, for errors
  MetricsFrame(std::vector<Column> columns, std::vector<std::vector<std::string>> fields,
               std::filesystem::path path = {}, bool cut_off = false);

  const std::vector<Column>& columns() const noexcept { return columns_; }
  std::size_t rows() const noexcept { return rows_; }
  bool contains(std::string_view column) const noexcept;
  /// Whether a last line without an end was left out (`LastLine::cut_off`).
  bool cut_off() const noexcept { return cut_off_; }
  /// Numbers and booleans; missing ones are NaN.
  /// \throws Error not_found, wrong_type (text)
  std::vector<double> numbers(std::string_view column) const;
  /// As they are in the file, without quotes.
  /// \throws Error not_found
  const std::vector<std::string>& texts(std::string_view column) const;

 private:
  std::size_t place_of(std::string_view column) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> fields_;
  std::size_t rows_ = 0;
  std::filesystem::path path_;
  bool cut_off_ = false;
};

/// What a last line is that does not end.
enum class LastLine : std::uint8_t {
  cut_off,  ///< its writer died in it: left out, for half a number is a number too
  whole,    ///< of a writer that ends no last line
};

/// Reads a CSV file with a header, of any writer. The type of a column is the one that holds all of its values.
/// \throws Error not_found, io, damaged (with the line)
MetricsFrame read_metrics(const std::filesystem::path& path, LastLine last_line = LastLine::cut_off);

/// A line of text that shows the course of values: "▁▂▄▇█". NaN is a blank, and so is no value.
/// \param width characters at most; more values than that are averaged
std::string spark_line(std::span<const double> values, std::size_t width = 60);

/// Draws loss, accuracy and learning rate over the epochs: the columns of a table whose names have "loss", "acc", and "lr" or
/// "learning_rate" in them, over `epoch` or the number of the row. By the program gnuplot.
/// \param picture where to: `.png` or `.svg`
/// \throws Error unsupported: there is no gnuplot; not_found: no such columns; invalid_argument, io
void draw_training_curves(const std::filesystem::path& table, const std::filesystem::path& picture,
                          Durability durability = Durability::power);

}  // namespace neurotape
