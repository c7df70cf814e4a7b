#include "backends/csv/format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace neurotape::csv {
namespace {

constexpr std::size_t kLongestNumber = 32;

template <class T>
void put_digits(std::string& to, T value) {
  std::array<char, kLongestNumber> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  to.append(digits.data(), end);
}

template <class T>
void put_real(std::string& to, T value) {
  if (std::isnan(value)) {
    to += "nan";  // its sign and bits are nothing that a text has
    return;
  }
  const std::size_t start = to.size();
  put_digits(to, value);
  const bool is_like_integer = std::all_of(to.begin() + static_cast<std::ptrdiff_t>(start), to.end(),
                                           [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
  if (is_like_integer) to += ".0";
}

template <class T>
bool is_whole(std::string_view field) noexcept {
  T value{};
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  return error == std::errc{} && end == field.data() + field.size();
}

/// Also what is too large or too small for a double: it is a number all the same.
bool is_real(std::string_view field) noexcept {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  return error != std::errc::invalid_argument && end == field.data() + field.size();
}

}  // namespace

void put(std::string& to, std::int64_t value) { put_digits(to, value); }
void put(std::string& to, std::uint64_t value) { put_digits(to, value); }
void put(std::string& to, double value) { put_real(to, value); }
void put(std::string& to, float value) { put_real(to, value); }
void put(std::string& to, bool value) { to += value ? "true" : "false"; }

void put(std::string& to, std::string_view text) {
  if (kind_of(text, false) == FieldKind::text) {
    put_name(to, text);
  } else {
    to.append("\"").append(text).append("\"");
  }
}

void put_name(std::string& to, std::string_view name) {
  if (name.find_first_of("\",\r\n") == name.npos) {
    to += name;
    return;
  }
  to += '"';
  for (const char c : name) {
    if (c == '"') to += '"';
    to += c;
  }
  to += '"';
}

FieldKind kind_of(std::string_view field, bool quoted) noexcept {
  if (quoted) return FieldKind::text;  // also the empty one
  if (field.empty()) return FieldKind::missing;
  if (field == "true" || field == "false" || field == "True" || field == "False") return FieldKind::boolean;
  if (is_whole<std::int64_t>(field) || is_whole<std::uint64_t>(field)) return FieldKind::integer;
  return is_real(field) ? FieldKind::real : FieldKind::text;
}

double number_of(std::string_view field) noexcept {
  if (field == "true" || field == "True") return 1;
  if (field == "false" || field == "False") return 0;
  double value = std::numeric_limits<double>::quiet_NaN();
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error == std::errc{} || error != std::errc::result_out_of_range) return value;
  // As strtod does it: what is too large is infinite, what is too small is zero.
  const bool negative = field.starts_with('-');
  const auto exponent = field.find_first_of("eE");
  const bool tiny = exponent != field.npos && field.substr(exponent + 1).starts_with('-');
  const double size = tiny ? 0.0 : std::numeric_limits<double>::infinity();
  return negative ? -size : size;
}

}  // namespace neurotape::csv
