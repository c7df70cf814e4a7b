#pragma once
/// \file
/// Text that fits a terminal: spark lines, and lines that are cut where it ends. Pure functions.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace neurotape::tools {

/// What the terminal can show.
enum class Charset : std::uint8_t { ascii, utf8 };

/// A character for each of these values, from the smallest of them (the lowest) to the largest; all the same: half way
/// up. What is not finite is a gap.
inline std::string spark_line(std::span<const double> values, Charset charset) {
  constexpr std::string_view kAscii = "_.-=+*%#";
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  std::string line;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      line += ' ';
      continue;
    }
    // Halves, for the difference of two finite numbers may not be one.
    const double height = low < high ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5;
    const auto level = static_cast<std::size_t>(std::clamp(height * 8, 0.0, 7.0));
    if (charset == Charset::utf8) {
      line += "\xe2\x96";  // U+2581 to U+2588: blocks from one eighth to full height
      line += static_cast<char>(0x81 + level);
    } else {
      line += kAscii[level];
    }
  }
  return line;
}

namespace detail {

/// A code point of UTF-8 at the beginning of the text, and how many bytes it takes; of what is none, one byte.
struct CodePoint {
  char32_t value = 0xFFFD;
  std::size_t bytes = 1;
};
inline CodePoint code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t bytes = byte(0) < 0x80 ? 1 : byte(0) >> 5U == 0x6 ? 2 : byte(0) >> 4U == 0xE ? 3 : 4;
  if (bytes == 1) return {byte(0), 1};
  if (text.size() < bytes || byte(0) < 0xC0 || byte(0) >= 0xF8) return {};
  char32_t value = byte(0) & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (byte(i) >> 6U != 0x2) return {};
    value = value << 6U | (byte(i) & 0x3FU);
  }
  return {value, bytes};
}

/// Cells of a terminal that it takes. Not what the C library says, which depends on locales that may not be there.
inline std::size_t cells(char32_t c) {
  struct Range {
    char32_t first, last;
  };
  constexpr Range kNone[] = {{0x300, 0x36F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}};
  constexpr Range kTwo[] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                            {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};
  const auto has = [c](Range range) { return range.first <= c && c <= range.last; };
  if (std::any_of(std::begin(kNone), std::end(kNone), has)) return 0;
  return std::any_of(std::begin(kTwo), std::end(kTwo), has) ? 2 : 1;
}

/// Whether a terminal would take it for something else than a character to be shown.
inline bool steers(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

}  // namespace detail

/// How many cells of a terminal a line of UTF-8 takes.
inline std::size_t cells_of(std::string_view line) {
  std::size_t cells = 0;
  while (!line.empty()) {
    const auto next = detail::code_point(line);
    cells += detail::cells(next.value);
    line.remove_prefix(next.bytes);
  }
  return cells;
}

/// The beginning of a line of UTF-8, as much as there is room for: in so many cells of the terminal, of characters that it
/// can show; others, and those that would steer it, become '?'.
inline std::string cut(std::string_view line, std::size_t most_cells, Charset charset) {
  std::string shown;
  std::size_t used = 0;
  while (!line.empty()) {
    const auto next = detail::code_point(line);
    const bool is_shown =
        !detail::steers(next.value) && next.value != 0xFFFD && (charset == Charset::utf8 || next.value < 0x80);
    used += is_shown ? detail::cells(next.value) : 1;
    if (used > most_cells) break;
    shown += is_shown ? line.substr(0, next.bytes) : "?";
    line.remove_prefix(next.bytes);
  }
  return shown;
}

}  // namespace neurotape::tools
