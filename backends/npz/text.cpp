#include "backends/npz/text.hpp"

#include <array>
#include <cstdint>

namespace neurotape::npz {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
// The smallest code point that needs so many bytes: shorter ones are not UTF-8 in a longer form.
constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};

bool is_scalar(char32_t c) { return c < 0xD800 || (c > 0xDFFF && c <= 0x10FFFF); }

std::size_t length_of(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC0) return 0;
  return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
}

}  // namespace

std::optional<std::u32string> utf32(std::string_view text) {
  std::u32string all;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = length_of(lead);
    if (length == 0 || text.size() - i < length) return std::nullopt;
    char32_t c = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0U) != 0x80) return std::nullopt;
      c = (c << 6U) | (next & 0x3FU);
    }
    if (!is_scalar(c) || c < kSmallest.at(length)) return std::nullopt;
    all.push_back(c);
    i += length;
  }
  return all;
}

std::string utf8(std::u32string_view text) {
  std::string all;
  const auto put = [&](char32_t bits, char32_t mark) { all.push_back(static_cast<char>(bits | mark)); };
  for (char32_t c : text) {
    if (!is_scalar(c)) c = kReplacement;
    if (c < 0x80) {
      put(c, 0);
      continue;
    }
    const unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    put(c >> (6 * more), more == 1 ? 0xC0 : more == 2 ? 0xE0 : 0xF0);
    for (unsigned k = more; k-- > 0;) put((c >> (6 * k)) & 0x3FU, 0x80);
  }
  return all;
}

}  // namespace neurotape::npz
