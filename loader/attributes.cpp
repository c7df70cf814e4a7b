#include "loader/attributes.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "loader/element_type.hpp"
#include "loader/json_text.hpp"
#include "neurotape/loaded.hpp"

namespace neurotape::loader {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMostBytes = 64 << 20;

json number_at(Dtype dtype, const std::byte* bytes) {
  return visit_dtype(dtype, [bytes]<class T>(T value) -> json {
    if constexpr (std::is_same_v<T, bool>) return *bytes != std::byte{0};
    std::memcpy(&value, bytes, sizeof value);
    return value;
  });
}

json text_value(std::string text, H5T_cset_t character_set) {
  if (character_set == H5T_CSET_ASCII) {
    json parsed = parse_json(text);
    const bool padded = parsed.is_string() && parsed.get_ref<const std::string&>().ends_with('\0');
    if (!parsed.is_discarded() && (parsed.is_structured() || parsed.is_null() || padded)) return parsed;
  }
  return valid_utf8(std::move(text));
}

std::string fixed_text(const char* bytes, std::size_t size, H5T_str_t padding) {
  std::string text(bytes, padding == H5T_STR_NULLTERM ? strnlen(bytes, size) : size);
  const char pad = padding == H5T_STR_SPACEPAD ? ' ' : '\0';
  while (!text.empty() && text.back() == pad) text.pop_back();
  return text;
}

/// The values of an attribute, one after the other.
class Values {
 public:
  Values(hid_t attribute, std::string name, const Place& place)
      : name_(std::move(name)), place_(place), attribute_(attribute) {
    type_ = Handle(check(H5Aget_type(attribute), tried(), place_), H5Tclose);
    space_ = Handle(check(H5Aget_space(attribute), tried(), place_), H5Sclose);
    count_ = static_cast<std::uint64_t>(check(H5Sget_simple_extent_npoints(space_.get()), tried(), place_));
  }

  std::vector<json> read() const {
    if (H5Sget_simple_extent_type(space_.get()) == H5S_NULL) return {};
    if (H5Tget_class(type_.get()) == H5T_STRING) return texts();
    if (const auto dtype = dtype_of_type(type_.get())) return numbers(*dtype);
    return {};
  }
  std::vector<hsize_t> dimensions() const {
    const int rank = check(H5Sget_simple_extent_ndims(space_.get()), tried(), place_);
    std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
    if (rank > 0) check(H5Sget_simple_extent_dims(space_.get(), dims.data(), nullptr), tried(), place_);
    return dims;
  }

 private:
  std::string tried() const { return fmt::format("cannot read the attribute '{}'", name_); }

  detail::Storage bytes(std::size_t each) const {
    if (each != 0 && count_ > kMostBytes / each)
      damaged(fmt::format("the attribute '{}' claims {} values", name_, count_), place_);
    return detail::Storage(static_cast<std::size_t>(count_) * each);
  }

  std::vector<json> numbers(Dtype dtype) const {
    const detail::Storage storage = bytes(dtype_bytes(dtype));
    check(H5Aread(attribute_, native_type(dtype, type_.get()).get(), storage.data()), tried(), place_);
    std::vector<json> values;
    for (std::size_t i = 0; i < count_; ++i)
      values.push_back(number_at(dtype, storage.data() + i * dtype_bytes(dtype)));
    return values;
  }

  std::vector<json> texts() const { return H5Tis_variable_str(type_.get()) > 0 ? variable_texts() : fixed_texts(); }

  std::vector<json> fixed_texts() const {
    const std::size_t size = H5Tget_size(type_.get());
    const detail::Storage storage = bytes(size);
    check(H5Aread(attribute_, type_.get(), storage.data()), tried(), place_);
    std::vector<json> values;
    for (std::size_t i = 0; i < count_; ++i) {
      const auto* text = reinterpret_cast<const char*>(storage.data() + i * size);
      values.push_back(text_value(fixed_text(text, size, H5Tget_strpad(type_.get())), H5Tget_cset(type_.get())));
    }
    return values;
  }

  // h5py's: what a user added to a file with it.
  std::vector<json> variable_texts() const {
    const detail::Storage storage = bytes(sizeof(char*));
    check(H5Aread(attribute_, type_.get(), storage.data()), tried(), place_);
    auto** pointers = reinterpret_cast<char**>(storage.data());
    std::vector<json> values;
    for (std::size_t i = 0; i < count_; ++i)
      values.push_back(pointers[i] == nullptr ? json("") : json(valid_utf8(pointers[i])));
    H5Dvlen_reclaim(type_.get(), space_.get(), H5P_DEFAULT, storage.data());
    return values;
  }

  std::string name_;
  Place place_;
  hid_t attribute_ = H5I_INVALID_HID;
  Handle type_;
  Handle space_;
  std::uint64_t count_ = 0;
};

/// Nested arrays from values in row-major order.
json nested(const std::vector<hsize_t>& dims, std::size_t depth, std::vector<json>::iterator& next) {
  if (depth == dims.size()) return std::move(*next++);
  json array = json::array();
  for (hsize_t i = 0; i < dims[depth]; ++i) array.push_back(nested(dims, depth + 1, next));
  return array;
}

json read_open_attribute(hid_t attribute, const std::string& name, const Place& place) {
  const Values values(attribute, name, place);
  auto read = values.read();
  if (read.empty()) return values.dimensions().empty() ? json() : json::array();
  auto next = read.begin();
  return nested(values.dimensions(), 0, next);
}

herr_t collect_name(hid_t, const char* name, const H5A_info_t*, void* names) noexcept {
  try {
    static_cast<std::vector<std::string>*>(names)->emplace_back(name);
    return 0;
  } catch (...) {
    return -1;
  }
}

}  // namespace

json read_attributes(hid_t object, const Place& place) {
  const Hdf5Lock lock;
  std::vector<std::string> names;
  check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, collect_name, &names), "cannot list the attributes",
        place);
  json attributes = json::object();
  for (const auto& name : names) attributes[valid_utf8(name)] = read_attribute(object, name, place);
  return attributes;
}

json read_attribute(hid_t object, const std::string& name, const Place& place) {
  const Hdf5Lock lock;
  if (H5Aexists(object, name.c_str()) <= 0) return nullptr;
  const Handle attribute(
      check(H5Aopen(object, name.c_str(), H5P_DEFAULT), fmt::format("cannot open the attribute '{}'", name), place),
      H5Aclose);
  return read_open_attribute(attribute.get(), name, place);
}

std::string valid_utf8(std::string text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; })) return text;
  const std::string quoted = json(std::move(text)).dump(-1, ' ', false, json::error_handler_t::replace);
  return json::parse(quoted).get<std::string>();
}

std::string text_of(const json& attributes, const char* name, std::string otherwise) {
  const auto found = attributes.find(name);
  return found != attributes.end() && found->is_string() ? found->get<std::string>() : std::move(otherwise);
}

double number_of(const json& attributes, const char* name, double otherwise) {
  const auto found = attributes.find(name);
  return found != attributes.end() && found->is_number() ? found->get<double>() : otherwise;
}

std::int64_t integer_of(const json& attributes, const char* name, std::int64_t otherwise) {
  const auto found = attributes.find(name);
  return found != attributes.end() && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}

std::optional<std::uint64_t> count_of(const json& attributes, const char* name) {
  const auto found = attributes.find(name);
  if (found == attributes.end() || !found->is_number_integer()) return std::nullopt;
  if (found->is_number_unsigned()) return found->get<std::uint64_t>();
  const auto value = found->get<std::int64_t>();
  return value < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(value));
}

}  // namespace neurotape::loader
