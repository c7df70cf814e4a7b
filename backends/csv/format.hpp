#pragma once
/// \file
/// Values as fields of CSV, and what kind of value a field is.

#include <cstdint>
#include <string>
#include <string_view>

namespace neurotape::csv {

enum class FieldKind : std::uint8_t { missing, integer, real, boolean, text };

void put(std::string& to, std::int64_t value);
void put(std::string& to, std::uint64_t value);
/// Never like an integer: 1 is "1.0".
void put(std::string& to, double value);
void put(std::string& to, float value);
void put(std::string& to, bool value);
/// In quotes where it would be read as something else.
void put(std::string& to, std::string_view text);
/// In quotes where it has to be: of a header, which has no types.
void put_name(std::string& to, std::string_view name);

/// \param quoted the field was in quotes: text, whatever it looks like
FieldKind kind_of(std::string_view field, bool quoted) noexcept;
/// Of an integer, real or boolean field; NaN of any other.
double number_of(std::string_view field) noexcept;

}  // namespace neurotape::csv
