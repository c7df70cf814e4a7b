#pragma once
/// \file
/// Text between UTF-8 and the UTF-32 of numpy's `U` arrays.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace neurotape::npz {

/// Nothing where it is not UTF-8.
std::optional<std::u32string> utf32(std::string_view text);
/// Code points that are none (surrogates, beyond 0x10FFFF) become U+FFFD.
std::string utf8(std::u32string_view text);

}  // namespace neurotape::npz
