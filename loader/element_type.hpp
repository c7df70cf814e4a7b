#pragma once
/// \file
/// HDF5 types and element types.

#include <hdf5.h>
#include <optional>
#include <string>

#include "loader/hdf5_call.hpp"
#include "neurotape/array.hpp"

namespace neurotape::loader {

/// The element type of an HDF5 type, whatever its byte order; nothing for what has none.
std::optional<Dtype> dtype_of_type(hid_t type);
/// In words, for errors: "float32", "text of 64 bytes", "a compound".
std::string type_name(hid_t type);
/// The type to read such elements as: in this machine's byte order.
Handle native_type(Dtype dtype, hid_t stored_type);
/// The bytes in the file are those in memory.
bool stored_as_native(Dtype dtype, hid_t stored_type);

}  // namespace neurotape::loader
