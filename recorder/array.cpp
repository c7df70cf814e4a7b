#include "neurotape/array.hpp"

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace neurotape {

std::size_t dtype_bytes(Dtype dtype) noexcept {
  constexpr std::array<std::size_t, 11> kBytes{1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 1};
  return kBytes[static_cast<std::size_t>(dtype)];
}

std::string_view dtype_name(Dtype dtype) noexcept {
  constexpr std::array<std::string_view, 11> kNames{"int8",   "int16",  "int32",   "int64",   "uint8", "uint16",
                                                    "uint32", "uint64", "float32", "float64", "bool"};
  return kNames[static_cast<std::size_t>(dtype)];
}

std::uint64_t Shape::values() const noexcept {
  std::uint64_t product = 1;
  bool too_many = false;
  for (const auto dimension : dimensions_) {
    if (dimension == 0) return 0;
    too_many = __builtin_mul_overflow(product, dimension, &product) || too_many;
  }
  return too_many ? UINT64_MAX : product;
}

std::string Shape::to_string() const {
  return fmt::format("({}{})", fmt::join(dimensions_, ", "), rank() == 1 ? "," : "");
}

}  // namespace neurotape
