#pragma once
/// \file
/// Which names become links and file names, and which text can be stored as it is.

#include <string_view>

#include "neurotape/error.hpp"

namespace neurotape {

/// \param what what is named: "stream", "population", "experiment", ...
/// \throws Error invalid_name for what is empty, longer than 200 bytes, "." or "..", not UTF-8, begins with a dot,
///   or has a slash, a backslash or a control character
void require_name(std::string_view what, std::string_view name, const ErrorContext& where = {});

/// The same for an attribute of an episode; those that the format itself writes are refused too.
void require_attribute_name(std::string_view name, const ErrorContext& where = {});

/// Why text of fixed length would not be read back as it is: a zero, or not UTF-8. Empty: it would.
std::string_view fault_of_text(std::string_view text);
/// \throws Error invalid_argument
void require_text(std::string_view what, std::string_view text, const ErrorContext& where = {});

}  // namespace neurotape
