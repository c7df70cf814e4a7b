#include "loader/convert.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <type_traits>
#include <utility>
#include <vector>

namespace neurotape::loader {
namespace {

constexpr std::uint64_t kRowsAtOnce = 1 << 14;

template <class T>
constexpr bool kIsInteger = std::is_integral_v<T> && !std::is_same_v<T, bool>;

template <class From, class To>
void convert(const Dataset& dataset, const From* in, std::size_t count, To* out) {
  for (std::size_t i = 0; i < count; ++i) {
    if constexpr (kIsInteger<From> && kIsInteger<To>) {
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
    visit_dtype(stored, [&](auto from) {
      visit_dtype(as, [&](auto to) {
        convert(dataset, reinterpret_cast<const decltype(from)*>(bytes.data()), static_cast<std::size_t>(count),
                reinterpret_cast<decltype(to)*>(out.data()));
      });
    });
    out = out.subspan(static_cast<std::size_t>(count) * dtype_bytes(as));
    rows = {rows.first + count, rows.count - count};
  }
}

}  // namespace neurotape::loader
