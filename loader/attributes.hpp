#pragma once
/// \file
/// HDF5 attributes as JSON.

#include <hdf5.h>
#include <nlohmann/json.hpp>
#include <string>

#include "loader/hdf5_call.hpp"

namespace neurotape::loader {

/// All attributes of an object. Scalars have their own type; text with the ASCII character set that is a JSON
/// object, array or null is parsed, other text stays text; arrays become JSON arrays; what cannot be said in JSON is null.
/// \throws Error io, damaged (an attribute that claims an absurd size)
nlohmann::json read_attributes(hid_t object, const Place& place);

/// One attribute; null where there is none.
nlohmann::json read_attribute(hid_t object, const std::string& name, const Place& place);

/// Text with whatever is not UTF-8 replaced, as JSON must be UTF-8.
std::string valid_utf8(std::string text);

/// Members of an attribute object, or what to take where they are missing or of another type.
std::string text_of(const nlohmann::json& attributes, const char* name, std::string otherwise = "");
double number_of(const nlohmann::json& attributes, const char* name, double otherwise);
std::int64_t integer_of(const nlohmann::json& attributes, const char* name, std::int64_t otherwise);
std::optional<std::uint64_t> count_of(const nlohmann::json& attributes, const char* name);

}  // namespace neurotape::loader
