#include "loader/element_type.hpp"

#include <array>
#include <fmt/format.h>

namespace neurotape::loader {
namespace {

struct Native {
  Dtype dtype;
  hid_t type;
};

std::array<Native, 10> native_types() {
  return {{{Dtype::i8, H5T_NATIVE_INT8},
           {Dtype::i16, H5T_NATIVE_INT16},
           {Dtype::i32, H5T_NATIVE_INT32},
           {Dtype::i64, H5T_NATIVE_INT64},
           {Dtype::u8, H5T_NATIVE_UINT8},
           {Dtype::u16, H5T_NATIVE_UINT16},
           {Dtype::u32, H5T_NATIVE_UINT32},
           {Dtype::u64, H5T_NATIVE_UINT64},
           {Dtype::f32, H5T_NATIVE_FLOAT},
           {Dtype::f64, H5T_NATIVE_DOUBLE}}};
}

/// h5py's: an enum of one byte whose members are FALSE and TRUE.
bool is_boolean(hid_t type) {
  if (H5Tget_class(type) != H5T_ENUM || H5Tget_size(type) != 1 || H5Tget_nmembers(type) != 2) return false;
  std::array<char, 2> value = {};
  return H5Tenum_valueof(type, "FALSE", &value[0]) >= 0 && H5Tenum_valueof(type, "TRUE", &value[1]) >= 0 &&
         value[0] == 0 && value[1] == 1;
}

std::optional<Dtype> number_type(hid_t type) {
  const bool is_float = H5Tget_class(type) == H5T_FLOAT;
  if (!is_float && H5Tget_class(type) != H5T_INTEGER) return std::nullopt;
  const std::size_t bytes = H5Tget_size(type);
  // Half precision and integers of few bits have the size of others.
  if (H5Tget_precision(type) != 8 * bytes) return std::nullopt;
  for (const auto& native : native_types()) {
    const bool native_is_float = native.dtype == Dtype::f32 || native.dtype == Dtype::f64;
    if (native_is_float != is_float || dtype_bytes(native.dtype) != bytes) continue;
    if (is_float || H5Tget_sign(native.type) == H5Tget_sign(type)) return native.dtype;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Dtype> dtype_of_type(hid_t type) {
  const Hdf5Lock lock;
  return is_boolean(type) ? Dtype::boolean : number_type(type);
}

std::string type_name(hid_t type) {
  const Hdf5Lock lock;
  if (const auto dtype = dtype_of_type(type)) return std::string(dtype_name(*dtype));
  const std::size_t bits = 8 * H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return fmt::format("an integer of {} bits", bits);
    case H5T_FLOAT:
      return fmt::format("a float of {} bits", bits);
    case H5T_STRING:
      return H5Tis_variable_str(type) > 0 ? "text of variable length" : fmt::format("text of {} bytes", bits / 8);
    case H5T_COMPOUND:
      return "a compound";
    case H5T_ENUM:
      return "an enumeration";
    default:
      return "of an unusual type";
  }
}

Handle native_type(Dtype dtype, hid_t stored_type) {
  const Hdf5Lock lock;
  if (dtype == Dtype::boolean) return {H5Tcopy(stored_type), H5Tclose};
  for (const auto& native : native_types())
    if (native.dtype == dtype) return {H5Tcopy(native.type), H5Tclose};
  return {};
}

bool stored_as_native(Dtype dtype, hid_t stored_type) {
  const Hdf5Lock lock;
  return dtype == Dtype::boolean || H5Tequal(native_type(dtype, stored_type).get(), stored_type) > 0;
}

}  // namespace neurotape::loader
