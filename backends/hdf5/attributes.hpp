#pragma once
/// \file
/// Attributes: numbers, text, and values of JSON as docs/format.md says.

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/hdf5/library.hpp"

namespace neurotape::hdf5 {

/// What an attribute holds: one number, truth value or text.
struct AttributeValue {
  std::optional<Dtype> dtype;  ///< nothing: text
  H5T_cset_t characters = H5T_CSET_UTF8;
  std::vector<std::byte> bytes;
};
AttributeValue number_value(std::int64_t value);
AttributeValue number_value(std::uint64_t value);
AttributeValue number_value(double value);
/// \param bytes length of the field; 0: as long as the text
AttributeValue text_value(std::string_view value, std::size_t bytes = 0, H5T_cset_t characters = H5T_CSET_UTF8);
/// Any value of JSON.
AttributeValue json_value(const nlohmann::json& value);

/// Attributes that an object is to have, in their order.
class Attributes {
 public:
  /// Replaces one of that name.
  void set(const std::string& name, AttributeValue value);
  /// Each member of a JSON object.
  void set_members(const nlohmann::json& members);

  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }
  bool empty() const noexcept { return all_.empty(); }

 private:
  std::vector<std::pair<std::string, AttributeValue>> all_;
};

void set_attributes(Library& library, hid_t object, const Attributes& attributes);

// Each replaces an attribute of that name. (One of the same type and size is overwritten in place.)
void set_attribute(Library& library, hid_t object, const std::string& name, std::int64_t value);
void set_attribute(Library& library, hid_t object, const std::string& name, double value);
/// \param bytes length of the field; 0: as long as the text
void set_text(Library& library, hid_t object, const std::string& name, std::string_view value, std::size_t bytes = 0);
/// Each member of a JSON object.
void set_members(Library& library, hid_t object, const nlohmann::json& members);

/// The text in an attribute; empty when there is none, or one of another type.
std::string text_attribute(hid_t object, const std::string& name);
/// What `json_value` was given. Arrays and types of other writers are null.
nlohmann::json json_attribute(Library& library, hid_t object, const std::string& name);
/// All attributes, as a JSON object.
nlohmann::json members(Library& library, hid_t object);

}  // namespace neurotape::hdf5
