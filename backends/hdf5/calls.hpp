#pragma once
/// \file
/// One checked function for each HDF5 call that the backend makes (those on files are in file_access.hpp).
/// All throw `Error` (io), with HDF5's error stack and the path of the file.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "backends/hdf5/errors.hpp"
#include "backends/hdf5/handles.hpp"

namespace neurotape::hdf5 {

using Dimensions = std::vector<hsize_t>;

// Groups and links.
Handle create_group(hid_t parent, const std::string& name, hid_t link_creation, hid_t group_creation);
Handle open_group(hid_t parent, const std::string& name);
// Hard links only: others can lead out of the file.
bool link_exists(hid_t group, const std::string& name);
std::vector<std::string> link_names(hid_t group);  ///< in the order of names
bool is_group(hid_t parent, const std::string& name);
void link_external(hid_t group, const std::string& name, const std::string& file, const std::string& object);
/// Copies a group or dataset with all that is in it; chunks as they are, without decoding.
void copy_object(hid_t from, const std::string& name, hid_t to, hid_t link_creation);

// Spaces, types, property lists.
Handle create_space(const Dimensions& extent, const Dimensions& limit);
Handle create_scalar_space();
Handle copy_type(hid_t type);
Handle create_text_type(std::size_t bytes, H5T_cset_t characters);
/// The message of a type in the header of an object.
std::vector<std::byte> encode_type(hid_t type);
Handle create_compound(std::size_t bytes);
void add_field(hid_t compound, const char* name, std::size_t offset, hid_t type);
Handle create_properties(hid_t kind);
void set_chunk(hid_t creation, const Dimensions& chunk);
void add_filter(hid_t creation, std::uint32_t id, bool optional, std::span<const unsigned> parameters);

// Datasets.
Handle create_dataset(hid_t group, const std::string& name, hid_t type, hid_t space, hid_t link_creation,
                      hid_t creation, hid_t access);
Handle open_dataset(hid_t group, const std::string& name, hid_t access);
void set_extent(hid_t dataset, const Dimensions& extent);
Dimensions dataset_extent(hid_t dataset);
void write_chunk(hid_t dataset, const Dimensions& offset, std::uint32_t filter_mask, std::span<const std::byte> bytes);
std::size_t chunk_bytes_stored(hid_t dataset, const Dimensions& offset);
/// \returns the filter mask. `bytes` has the size that `chunk_bytes_stored` says.
std::uint32_t read_chunk(hid_t dataset, const Dimensions& offset, std::span<std::byte> bytes);
void write_all(hid_t dataset, hid_t memory_type, const void* values);
void write_rows(hid_t dataset, hid_t memory_type, std::uint64_t first, std::uint64_t count, const void* values);
/// Rows of a one-dimensional dataset.
void read_rows(hid_t dataset, hid_t memory_type, std::uint64_t first, std::uint64_t count, void* values);

// Attributes.
bool attribute_exists(hid_t object, const std::string& name);
Handle create_attribute(hid_t object, const std::string& name, hid_t type, hid_t space, hid_t creation);
Handle open_attribute(hid_t object, const std::string& name);
void write_attribute(hid_t attribute, hid_t memory_type, const void* value);
void read_attribute(hid_t attribute, hid_t memory_type, void* value);
void delete_attribute(hid_t object, const std::string& name);
Handle attribute_type(hid_t attribute);
std::vector<std::string> attribute_names(hid_t object);  ///< in the order of names

}  // namespace neurotape::hdf5
