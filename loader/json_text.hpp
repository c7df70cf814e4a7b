#pragma once
/// \file
/// JSON as it stands in a file, which anyone may have written.

#include <nlohmann/json.hpp>
#include <string_view>

namespace neurotape::loader {

/// \returns what the text says; discarded where it is not JSON, or nested more than 500 deep: a value is copied, printed and
/// destroyed by functions that call themselves.
nlohmann::json parse_json(std::string_view text);

}  // namespace neurotape::loader
