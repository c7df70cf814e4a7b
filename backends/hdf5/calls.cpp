#include "backends/hdf5/calls.hpp"

#include <fmt/format.h>

namespace neurotape::hdf5 {
namespace {

// HDF5 calls these with its lock held, and knows no exceptions.
herr_t collect_link(hid_t, const char* name, const H5L_info_t* link, void* names) noexcept try {
  if (link->type == H5L_TYPE_HARD) static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
} catch (...) {
  return -1;
}

herr_t collect_attribute(hid_t, const char* name, const H5A_info_t*, void* names) noexcept try {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
} catch (...) {
  return -1;
}

}  // namespace

Handle create_group(hid_t parent, const std::string& name, hid_t link_creation, hid_t group_creation) {
  return {checked(fmt::format("creating the group '{}'", name), parent,
                  [&] { return H5Gcreate2(parent, name.c_str(), link_creation, group_creation, H5P_DEFAULT); }),
          H5Gclose};
}

Handle open_group(hid_t parent, const std::string& name) {
  return {checked(fmt::format("opening the group '{}'", name), parent,
                  [&] { return H5Gopen2(parent, name.c_str(), H5P_DEFAULT); }),
          H5Gclose};
}

bool link_exists(hid_t group, const std::string& name) {
  if (checked("H5Lexists", group, [&] { return H5Lexists(group, name.c_str(), H5P_DEFAULT); }) == 0) return false;
  H5L_info_t link{};
  checked("H5Lget_info", group, [&] { return H5Lget_info(group, name.c_str(), &link, H5P_DEFAULT); });
  return link.type == H5L_TYPE_HARD;
}

std::vector<std::string> link_names(hid_t group) {
  std::vector<std::string> names;
  checked("listing a group", group,
          [&] { return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_link, &names); });
  return names;
}

bool is_group(hid_t parent, const std::string& name) {
  H5O_info_t info{};
  checked(fmt::format("looking at '{}'", name), parent,
          [&] { return H5Oget_info_by_name2(parent, name.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT); });
  return info.type == H5O_TYPE_GROUP;
}

void link_external(hid_t group, const std::string& name, const std::string& file, const std::string& object) {
  checked("H5Lcreate_external", group, [&] {
    return H5Lcreate_external(file.c_str(), object.c_str(), group, name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
  });
}

void copy_object(hid_t from, const std::string& name, hid_t to, hid_t link_creation) {
  checked(fmt::format("copying '{}'", name), to,
          [&] { return H5Ocopy(from, name.c_str(), to, name.c_str(), H5P_DEFAULT, link_creation); });
}

Handle create_space(const Dimensions& extent, const Dimensions& limit) {
  return {checked("H5Screate_simple", H5I_INVALID_HID,
                  [&] { return H5Screate_simple(static_cast<int>(extent.size()), extent.data(), limit.data()); }),
          H5Sclose};
}

Handle create_scalar_space() {
  return {checked("H5Screate", H5I_INVALID_HID, [] { return H5Screate(H5S_SCALAR); }), H5Sclose};
}

Handle copy_type(hid_t type) {
  return {checked("H5Tcopy", H5I_INVALID_HID, [&] { return H5Tcopy(type); }), H5Tclose};
}

Handle create_text_type(std::size_t bytes, H5T_cset_t characters) {
  auto type = copy_type(H5T_C_S1);
  checked("H5Tset_size", H5I_INVALID_HID, [&] { return H5Tset_size(type.get(), bytes); });
  checked("H5Tset_strpad", H5I_INVALID_HID, [&] { return H5Tset_strpad(type.get(), H5T_STR_NULLPAD); });
  checked("H5Tset_cset", H5I_INVALID_HID, [&] { return H5Tset_cset(type.get(), characters); });
  return type;
}

std::vector<std::byte> encode_type(hid_t type) {
  constexpr std::ptrdiff_t kBeforeMessage = 2;  // the number of the message's type, and a version
  std::size_t bytes = 0;
  checked("H5Tencode", H5I_INVALID_HID, [&] { return H5Tencode(type, nullptr, &bytes); });
  std::vector<std::byte> encoded(bytes);
  checked("H5Tencode", H5I_INVALID_HID, [&] { return H5Tencode(type, encoded.data(), &bytes); });
  encoded.erase(encoded.begin(), encoded.begin() + kBeforeMessage);
  return encoded;
}

Handle create_compound(std::size_t bytes) {
  return {checked("H5Tcreate", H5I_INVALID_HID, [&] { return H5Tcreate(H5T_COMPOUND, bytes); }), H5Tclose};
}

void add_field(hid_t compound, const char* name, std::size_t offset, hid_t type) {
  checked("H5Tinsert", H5I_INVALID_HID, [&] { return H5Tinsert(compound, name, offset, type); });
}

Handle create_properties(hid_t kind) {
  return {checked("H5Pcreate", H5I_INVALID_HID, [&] { return H5Pcreate(kind); }), H5Pclose};
}

void set_chunk(hid_t creation, const Dimensions& chunk) {
  checked("H5Pset_chunk", H5I_INVALID_HID,
          [&] { return H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data()); });
}

void add_filter(hid_t creation, std::uint32_t id, bool optional, std::span<const unsigned> parameters) {
  checked(fmt::format("H5Pset_filter({})", id), H5I_INVALID_HID, [&] {
    return H5Pset_filter(creation, static_cast<H5Z_filter_t>(id), optional ? H5Z_FLAG_OPTIONAL : H5Z_FLAG_MANDATORY,
                         parameters.size(), parameters.data());
  });
}

bool attribute_exists(hid_t object, const std::string& name) {
  return checked("H5Aexists", object, [&] { return H5Aexists(object, name.c_str()); }) > 0;
}

Handle create_attribute(hid_t object, const std::string& name, hid_t type, hid_t space, hid_t creation) {
  return {checked(fmt::format("creating the attribute '{}'", name), object,
                  [&] { return H5Acreate2(object, name.c_str(), type, space, creation, H5P_DEFAULT); }),
          H5Aclose};
}

Handle open_attribute(hid_t object, const std::string& name) {
  return {checked(fmt::format("opening the attribute '{}'", name), object,
                  [&] { return H5Aopen(object, name.c_str(), H5P_DEFAULT); }),
          H5Aclose};
}

void write_attribute(hid_t attribute, hid_t memory_type, const void* value) {
  checked("H5Awrite", attribute, [&] { return H5Awrite(attribute, memory_type, value); });
}

void read_attribute(hid_t attribute, hid_t memory_type, void* value) {
  checked("H5Aread", attribute, [&] { return H5Aread(attribute, memory_type, value); });
}

void delete_attribute(hid_t object, const std::string& name) {
  checked(fmt::format("deleting the attribute '{}'", name), object, [&] { return H5Adelete(object, name.c_str()); });
}

Handle attribute_type(hid_t attribute) {
  return {checked("H5Aget_type", attribute, [&] { return H5Aget_type(attribute); }), H5Tclose};
}

std::vector<std::string> attribute_names(hid_t object) {
  std::vector<std::string> names;
  checked("listing attributes", object,
          [&] { return H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_attribute, &names); });
  return names;
}

}  // namespace neurotape::hdf5
