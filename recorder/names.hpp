#pragma once
/// \file
/// Which names become links and file names.

#include <string_view>

namespace neurotape {

/// \param what what is named: "stream", "population", "experiment", ...
/// \throws Error invalid_name for what is empty, longer than 200 bytes, "." or "..", not UTF-8, begins with a dot,
///   or has a slash, a backslash or a control character
void require_name(std::string_view what, std::string_view name);

/// The same for an attribute of an episode; those that the format itself writes are refused too.
void require_attribute_name(std::string_view name);

}  // namespace neurotape
