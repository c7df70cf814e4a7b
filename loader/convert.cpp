#include "loader/convert.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <type_traits>
#include <utility>
#include <vector>

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kRowsAtOnce = 1 << 14;

/// Calls `use` with a value of the C++ type.
template <class Use>
void with_type(Dtype dtype, Use use) {
  switch (dtype) {
    case Dtype::i8:
      return use(std::int8_t{});
    case Dtype::i16:
      return use(std::int16_t{});
    case Dtype::i32:
      return use(std::int32_t{});
    case Dtype::i64:
      return use(std::int64_t{});
    case Dtype::u8:
      return use(std::uint8_t{});
    case Dtype::u16:
      return use(std::uint16_t{});
    case Dtype::u32:
      return use(std::uint32_t{});
    case Dtype::u64:
      return use(std::uint64_t{});
    case Dtype::f32:
      return use(float{});
    case Dtype::f64:
      return use(double{});
    case Dtype::boolean:
      return;
  }
}

template <class From, class To>
void convert(const Dataset& dataset, const From* in, std::size_t count, To* out) {
  for (std::size_t i = 0; i < count; ++i) {
    if constexpr (std::is_integral_v<From> && std::is_integral_v<To>) {
      if (!std::in_range<To>(in[i]))
        throw Error(ErrorCode::out_of_range,
                    fmt::format("{} in '{}' does not fit into {}", in[i], dataset.path(), dtype_name(dtype_of<To>())),
                    context_of(dataset.place()));
      out[i] = static_cast<To>(in[i] + std::intmax_t{0});
    } else if constexpr (std::is_same_v<From, float> && std::is_same_v<To, double>) {
      out[i] = in[i];
    }
  }
}

}  // namespace

bool is_integer(Dtype dtype) noexcept { return dtype != Dtype::f32 && dtype != Dtype::f64 && dtype != Dtype::boolean; }

bool can_convert(Dtype from, Dtype to) noexcept {
  return from == to || (is_integer(from) && is_integer(to)) || (from == Dtype::f32 && to == Dtype::f64);
}

void read_as(const Dataset& dataset, RowRange rows, Dtype as, std::span<std::byte> out) {
  const Dtype stored = *dataset.layout().dtype;
  if (stored == as) return dataset.read(rows, out);
  std::vector<std::byte> piece(static_cast<std::size_t>(std::min(rows.count, kRowsAtOnce)) * dtype_bytes(stored));
  while (rows.count > 0) {
    const std::uint64_t count = std::min(rows.count, kRowsAtOnce - rows.first % kRowsAtOnce);
    const auto bytes = std::span(piece).first(static_cast<std::size_t>(count) * dtype_bytes(stored));
    dataset.read({rows.first, count}, bytes);
    with_type(stored, [&](auto from) {
      with_type(as, [&](auto to) {
        convert(dataset, reinterpret_cast<const decltype(from)*>(bytes.data()), static_cast<std::size_t>(count),
                reinterpret_cast<decltype(to)*>(out.data()));
      });
    });
    out = out.subspan(static_cast<std::size_t>(count) * dtype_bytes(as));
    rows = {rows.first + count, rows.count - count};
  }
}

}  // namespace neurotape::loader
