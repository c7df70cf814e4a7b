#include "backends/hdf5/attributes.hpp"

#include <algorithm>
#include <limits>
#include <span>

namespace neurotape::hdf5 {
namespace {

/// The attribute, of this type: the one that is there if it can take the value, else a new one.
Handle attribute_of(Library& library, hid_t object, const std::string& name, hid_t type) {
  if (attribute_exists(object, name)) {
    auto there = open_attribute(object, name);
    if (H5Tequal(attribute_type(there.get()).get(), type) > 0) return there;
    there.reset();
    delete_attribute(object, name);
  }
  return create_attribute(object, name, type, library.scalar(), library.attribute_creation());
}

void set_value(Library& library, hid_t object, const std::string& name, const AttributeValue& value) {
  const hid_t type = value.dtype ? library.type(*value.dtype) : library.text(value.bytes.size(), value.characters);
  write_attribute(attribute_of(library, object, name, type).get(), type, value.bytes.data());
}

AttributeValue number(Dtype dtype, std::span<const std::byte> bytes) {
  return {dtype, H5T_CSET_UTF8, {bytes.begin(), bytes.end()}};
}

std::string read_characters(hid_t attribute, hid_t type) {
  std::string text(H5Tget_size(type), '\0');
  read_attribute(attribute, type, text.data());
  text.resize(text.find_last_not_of('\0') + 1);
  return text;
}

template <class T>
T read_number(hid_t attribute, hid_t type) {
  T value{};
  read_attribute(attribute, type, &value);
  return value;
}

bool is_scalar(hid_t attribute) {
  const Handle space(H5Aget_space(attribute), H5Sclose);
  return space && H5Sget_simple_extent_npoints(space.get()) == 1;
}

nlohmann::json read_text(hid_t attribute, hid_t type) {
  if (H5Tis_variable_str(type) > 0) return nullptr;
  auto text = read_characters(attribute, type);
  if (H5Tget_cset(type) == H5T_CSET_UTF8) return text;
  return nlohmann::json::parse(text, nullptr, false);
}

nlohmann::json read_integer(hid_t attribute, hid_t type) {
  if (H5Tget_sign(type) == H5T_SGN_NONE) return read_number<std::uint64_t>(attribute, H5T_NATIVE_UINT64);
  return read_number<std::int64_t>(attribute, H5T_NATIVE_INT64);
}

}  // namespace

AttributeValue number_value(std::int64_t value) { return number(Dtype::i64, std::as_bytes(std::span(&value, 1))); }
AttributeValue number_value(std::uint64_t value) { return number(Dtype::u64, std::as_bytes(std::span(&value, 1))); }
AttributeValue number_value(double value) { return number(Dtype::f64, std::as_bytes(std::span(&value, 1))); }

AttributeValue text_value(std::string_view value, std::size_t bytes, H5T_cset_t characters) {
  const auto all = std::as_bytes(std::span(value));
  AttributeValue text{std::nullopt, characters, {all.begin(), all.end()}};
  text.bytes.resize(bytes == 0 ? std::max<std::size_t>(value.size(), 1) : bytes);
  return text;
}

AttributeValue json_value(const nlohmann::json& value) {
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > kLargest)
    return number_value(value.get<std::uint64_t>());
  if (value.is_number_integer()) return number_value(value.get<std::int64_t>());
  if (value.is_number_float()) return number_value(value.get<double>());
  if (value.is_boolean()) return {Dtype::boolean, H5T_CSET_UTF8, {std::byte{value.get<bool>()}}};
  if (value.is_string() && !value.get_ref<const std::string&>().ends_with('\0'))
    return text_value(value.get_ref<const std::string&>());
  // Nested, or a text whose end HDF5 would take for padding.
  return text_value(value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace), 0, H5T_CSET_ASCII);
}

void Attributes::set(const std::string& name, AttributeValue value) {
  const auto there = std::find_if(all_.begin(), all_.end(), [&](const auto& one) { return one.first == name; });
  if (there != all_.end()) {
    there->second = std::move(value);
  } else {
    all_.emplace_back(name, std::move(value));
  }
}

void Attributes::set_members(const nlohmann::json& members) {
  for (const auto& [name, value] : members.items()) set(name, json_value(value));
}

void set_attributes(Library& library, hid_t object, const Attributes& attributes) {
  for (const auto& [name, value] : attributes) set_value(library, object, name, value);
}

void set_attribute(Library& library, hid_t object, const std::string& name, std::int64_t value) {
  set_value(library, object, name, number_value(value));
}

void set_attribute(Library& library, hid_t object, const std::string& name, double value) {
  set_value(library, object, name, number_value(value));
}

void set_text(Library& library, hid_t object, const std::string& name, std::string_view value, std::size_t bytes) {
  set_value(library, object, name, text_value(value, bytes));
}

void set_members(Library& library, hid_t object, const nlohmann::json& members) {
  Attributes all;
  all.set_members(members);
  set_attributes(library, object, all);
}

std::string text_attribute(hid_t object, const std::string& name) {
  if (!attribute_exists(object, name)) return {};
  const auto attribute = open_attribute(object, name);
  const auto type = attribute_type(attribute.get());
  if (H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) > 0 || !is_scalar(attribute.get())) {
    return {};
  }
  return read_characters(attribute.get(), type.get());
}

nlohmann::json json_attribute(Library& library, hid_t object, const std::string& name) {
  const QuietErrors quiet;
  const auto attribute = open_attribute(object, name);
  const auto type = attribute_type(attribute.get());
  if (!is_scalar(attribute.get())) return nullptr;
  switch (H5Tget_class(type.get())) {
    case H5T_STRING:
      return read_text(attribute.get(), type.get());
    case H5T_INTEGER:
      return read_integer(attribute.get(), type.get());
    case H5T_FLOAT:
      return read_number<double>(attribute.get(), H5T_NATIVE_DOUBLE);
    case H5T_ENUM:
      if (H5Tequal(type.get(), library.type(Dtype::boolean)) <= 0) return nullptr;
      return read_number<std::int8_t>(attribute.get(), type.get()) != 0;
    default:
      return nullptr;
  }
}

nlohmann::json members(Library& library, hid_t object) {
  auto all = nlohmann::json::object();
  for (const auto& name : attribute_names(object)) all[name] = json_attribute(library, object, name);
  return all;
}

}  // namespace neurotape::hdf5
