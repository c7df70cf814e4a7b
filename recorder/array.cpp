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
  for (auto dimension : dimensions_) product *= dimension;
  return product;
}

std::string Shape::to_string() const {
  return fmt::format("({}{})", fmt::join(dimensions_, ", "), rank() == 1 ? "," : "");
}

}  // namespace neurotape
