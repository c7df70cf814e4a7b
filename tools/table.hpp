#pragma once
/// \file
/// Aligned text for people: tables, and numbers with their units.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/output.hpp"

namespace neurotape::tools {

/// Rows of cells, aligned when printed. An empty cell shows as "-".
class Table {
 public:
  /// \param header one title a column, empty for a table without titles; those that begin with '>' align to the right
  explicit Table(std::vector<std::string> header) : right_(header.size()), widths_(header.size()) {
    for (std::size_t i = 0; i < header.size(); ++i)
      if ((right_[i] = header[i].starts_with('>'))) header[i].erase(0, 1);
    if (std::any_of(header.begin(), header.end(), [](const auto& title) { return !title.empty(); })) titled_ = true;
    if (titled_) add(std::move(header));
  }
  /// \param cells one a column
  void add(std::vector<std::string> cells) {
    for (auto& cell : cells) {
      if (cell.empty()) cell = "-";
      // What comes from a file must not steer the terminal.
      std::replace_if(
          cell.begin(), cell.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, '?');
    }
    rows_.push_back(std::move(cells));
  }
  std::string to_string() {
    for (const auto& row : rows_)
      for (std::size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], width(row[i]));
    std::string text;
    for (std::size_t n = 0; n < rows_.size(); ++n) {
      const auto line = line_of(rows_[n]);
      text += (n == 0 && titled_ ? colored(Color::title, line) : line) + '\n';
    }
    return text;
  }

  /// What follows is aligned with what was there, without titles.
  void clear() {
    rows_.clear();
    titled_ = false;
  }

 private:
  std::string line_of(const std::vector<std::string>& row) const {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths_[i] - width(row[i]), ' ');
      line += "  " + (right_[i] ? padding + row[i] : row[i] + padding);
    }
    line.resize(line.find_last_not_of(' ') + 1);
    return line;
  }
  /// Characters of UTF-8, so that "µV" is as wide as it looks.
  static std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  }

  bool titled_ = false;
  std::vector<bool> right_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
};

/// As printf does it, for one number.
inline std::string number_text(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

/// "1 episode", "2 episodes"
inline std::string count_text(std::uint64_t count, std::string_view one) {
  return std::to_string(count) + ' ' + std::string(one) + (count == 1 ? "" : "s");
}

/// "512 B", "12.3 MB": decimal units, as the recorder's `500_MB`.
inline std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 6> kUnits{"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; value >= 999.95; value /= 1000) ++unit;
  return number_text("%.1f ", value) + kUnits[unit];
}

}  // namespace neurotape::tools
