#pragma once
/// \file
/// The header of an NPY file: what its array is, as a Python dictionary.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neurotape/array.hpp"

namespace neurotape::npz {

/// The first bytes, from which the length of the header is known.
inline constexpr std::size_t kPreambleBytes = 12;

struct NpyHeader {
  char kind = 'f';             ///< of numpy: b, i, u, f, U (UTF-32), S (bytes)
  std::size_t item_bytes = 0;  ///< of one element; of U four for each character
  bool big_endian = false;
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;
  std::size_t header_bytes = 0;  ///< the values begin behind them
  std::uint64_t values = 0;      ///< product of the shape
};

/// Version 1, padded to a multiple of 64 bytes. \param descr numpy's name of the type: "<f4"
/// \throws Error invalid_argument where the shape is too long for it
std::string npy_header(std::string_view descr, const Shape& shape);
std::string_view npy_type(Dtype dtype) noexcept;  ///< "<f4"

/// \param file its beginning, or all of it
/// \throws Error damaged; unsupported, with the name of a type that cannot be read
NpyHeader parse_npy_header(std::span<const std::byte> file);

}  // namespace neurotape::npz
