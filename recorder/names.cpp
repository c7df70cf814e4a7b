#include "recorder/names.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace neurotape {
namespace {

constexpr std::size_t kMaxNameBytes = 200;  // leaves room for a date and a suffix in a file name of 255 bytes

// Length of the UTF-8 sequence at the front of `text`; 0 when it is malformed (overlong and surrogates included).
std::size_t utf8_sequence(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xC0) != 0x80) return 0;
  if (lead == 0xE0 && at(1) < 0xA0) return 0;
  if (lead == 0xED && at(1) > 0x9F) return 0;
  if (lead == 0xF0 && at(1) < 0x90) return 0;
  if (lead == 0xF4 && at(1) > 0x8F) return 0;
  return length;
}

std::string_view fault(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kMaxNameBytes) return "it is longer than 200 bytes";
  if (name.front() == '.') return "it begins with a dot";
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return "it has a control character";
    if (c == '/' || c == '\\') return "it has a slash";
  }
  return fault_of_text(name);
}

std::string printable(std::string_view name) {
  std::string text;
  for (const char c : name.substr(0, 60)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += c;
    }
  }
  return name.size() > 60 ? text + "..." : text;
}

std::string_view article(std::string_view noun) {
  return !noun.empty() && std::string_view("aeiou").find(noun.front()) != std::string_view::npos ? "an" : "a";
}

}  // namespace

std::string_view fault_of_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_sequence(text.substr(i));
    if (length == 0) return "it is not UTF-8";
    if (text[i] == '\0') return "it has a character of value 0, which ends a text";
    i += length;
  }
  return {};
}

void require_text(std::string_view what, std::string_view text, const ErrorContext& where) {
  if (const auto why = fault_of_text(text); !why.empty())
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' cannot be stored as {}: {}", printable(text), what, why),
                where);
}

void require_name(std::string_view what, std::string_view name, const ErrorContext& where) {
  if (const auto why = fault(name); !why.empty())
    throw Error(ErrorCode::invalid_name,
                fmt::format("'{}' cannot be the name of {} {}: {}", printable(name), article(what), what, why), where);
}

void require_attribute_name(std::string_view name, const ErrorContext& where) {
  require_name("attribute", name, where);
  static constexpr std::array<std::string_view, 12> kReserved{
      "config",         "dt",   "dt_unit", "ended",   "episode_id", "experiment_name", "format",
      "format_version", "name", "seed",    "started", "status"};
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end())
    throw Error(ErrorCode::invalid_name,
                fmt::format("'{}' cannot be the name of an attribute: the file has one of its own", name), where);
}

}  // namespace neurotape
