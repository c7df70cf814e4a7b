#pragma once
/// \file
/// Attributes: numbers, text, and values of JSON as docs/format.md says.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "backends/hdf5/library.hpp"

namespace neurotape::hdf5 {

// Each replaces an attribute of that name. (One of the same type and size is overwritten in place.)
void set_attribute(Library& library, hid_t object, const std::string& name, std::int64_t value);
void set_attribute(Library& library, hid_t object, const std::string& name, std::uint64_t value);
void set_attribute(Library& library, hid_t object, const std::string& name, double value);
/// \param bytes length of the field; 0: as long as the text
void set_text(Library& library, hid_t object, const std::string& name, std::string_view value, std::size_t bytes = 0);
/// Any value of JSON.
void set_json(Library& library, hid_t object, const std::string& name, const nlohmann::json& value);
/// Each member of a JSON object.
void set_members(Library& library, hid_t object, const nlohmann::json& members);

/// The text in an attribute; empty when there is none, or one of another type.
std::string text_attribute(hid_t object, const std::string& name);
/// What `set_json` was given. Arrays and types of other writers are null.
nlohmann::json json_attribute(Library& library, hid_t object, const std::string& name);
/// All attributes, as a JSON object.
nlohmann::json members(Library& library, hid_t object);

}  // namespace neurotape::hdf5
