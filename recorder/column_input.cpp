#include "recorder/column_input.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace neurotape::detail {
namespace {

// The columns that the caller hands over: all but the timesteps.
std::span<const ColumnSpec> given_columns(const StreamSpec& spec) {
  return std::span(spec.columns).subspan(spec.has_timesteps ? 1 : 0);
}

// Elements of an input array for each row: the bytes of a text, otherwise 1.
std::uint64_t elements_in_row(const ColumnSpec& column) { return column.text_bytes != 0 ? column.text_bytes : 1; }

bool is_integer(Dtype dtype) { return dtype < Dtype::f32; }

template <class F>
void with_integer_type(Dtype dtype, F&& f) {
  visit_dtype(dtype, [&]<class T>(T zero) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) f(zero);
  });
}

// A negative id becomes a huge one as unsigned, so that one comparison finds both faults.
std::uint64_t largest_as_unsigned(const ColumnInput& input) {
  std::uint64_t largest = 0;
  with_integer_type(input.dtype(), [&]<class T>(T) {
    const T* const ids = static_cast<const T*>(input.data());
    std::make_unsigned_t<T> most = 0;
    for (std::size_t i = 0; i < input.size(); ++i) most = std::max(most, static_cast<std::make_unsigned_t<T>>(ids[i]));
    const bool negative = std::is_signed_v<T> && static_cast<T>(most) < T{0};
    largest = negative ? UINT64_MAX : most;
  });
  return largest;
}

std::string offending_id(const ColumnInput& input, std::uint64_t limit) {
  std::string text;
  with_integer_type(input.dtype(), [&]<class T>(T) {
    for (const T id : std::span(static_cast<const T*>(input.data()), input.size())) {
      if (id < T{0} || static_cast<std::uint64_t>(id) > limit) {
        text = fmt::format("{}", +id);
        return;
      }
    }
  });
  return text;
}

// The largest value that the column can store and the stream allows.
std::uint64_t id_limit(const ColumnSpec& column, const StreamRules& rules, bool first) {
  const std::uint64_t storable = column.dtype == Dtype::u32 ? UINT32_MAX : UINT64_MAX - 1;
  return first && rules.id_limit != 0 ? std::min(storable, rules.id_limit - 1) : storable;
}

bool needs_id_check(const ColumnInput& input, const ColumnSpec& column, const StreamRules& rules, bool first) {
  return is_integer(column.dtype) && column.text_bytes == 0 &&
         (input.dtype() != column.dtype || (first && rules.id_limit != 0));
}

void copy_one_column(std::byte* to, const ColumnSpec& column, const ColumnInput& input, std::uint64_t from,
                     std::uint32_t rows) noexcept {
  if (column.text_bytes != 0 || input.dtype() == column.dtype) {
    const std::size_t row_bytes = column.element_bytes();
    const auto* const source = static_cast<const std::byte*>(input.data()) + from * row_bytes;
    if (rows == 1 && row_bytes == 8) {
      std::memcpy(to, source, 8);
    } else {
      std::memcpy(to, source, rows * row_bytes);
    }
    return;
  }
  with_integer_type(column.dtype, [&]<class To>(To) {
    with_integer_type(input.dtype(), [&]<class From>(From) {
      const From* const source = static_cast<const From*>(input.data()) + from;
      std::transform(source, source + rows, reinterpret_cast<To*>(to),
                     [](From value) { return static_cast<To>(value); });
    });
  });
}

template <class T>
void gather(std::byte* to, const std::byte* row, std::span<const std::uint64_t> which) noexcept {
  auto* const out = reinterpret_cast<T*>(to);
  for (std::size_t i = 0; i < which.size(); ++i) std::memcpy(out + i, row + which[i] * sizeof(T), sizeof(T));
}

}  // namespace

std::uint64_t rows_handed_over(const StreamSpec& spec, std::span<const ColumnInput> columns) noexcept {
  return columns.empty() ? 0 : columns[0].size() / elements_in_row(given_columns(spec)[0]);
}

std::string fault_of_columns(const StreamSpec& spec, const StreamRules& rules, std::span<const ColumnInput> columns,
                             ErrorCode& code) noexcept try {
  const auto expected = given_columns(spec);
  code = ErrorCode::wrong_shape;
  if (columns.size() != expected.size())
    return fmt::format("expected {} arrays (the last one is {}), got {}", expected.size(), expected.back().name,
                       columns.size());
  const std::uint64_t rows = rows_handed_over(spec, columns);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].size() != rows * elements_in_row(expected[i]))
      return fmt::format("expected {} {}, as many as {}, got {}", rows, expected[i].name, expected[0].name,
                         columns[i].size());
    const bool same = columns[i].dtype() == expected[i].dtype || expected[i].text_bytes != 0;
    if (!same && !(is_integer(columns[i].dtype()) && is_integer(expected[i].dtype))) {
      code = ErrorCode::wrong_type;
      return fmt::format("expected {} as {}, got {}", expected[i].name, dtype_name(expected[i].dtype),
                         dtype_name(columns[i].dtype()));
    }
    if (!rules.validate.caller || !needs_id_check(columns[i], expected[i], rules, i == 0)) continue;
    if (const auto limit = id_limit(expected[i], rules, i == 0); largest_as_unsigned(columns[i]) > limit) {
      code = ErrorCode::out_of_range;
      return fmt::format("expected {} from 0 to {}, got {}", expected[i].name, limit, offending_id(columns[i], limit));
    }
  }
  return {};
} catch (...) {
  return "wrong columns";  // short enough to need no memory
}

void copy_columns(Block& block, std::uint32_t row, const StreamSpec& spec, std::span<const ColumnInput> columns,
                  std::int64_t timestep, std::uint64_t from, std::uint32_t rows) noexcept {
  std::size_t at = 0;
  if (spec.has_timesteps) {
    std::fill_n(block.timesteps() + row, rows, timestep);
    ++at;
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const ColumnSpec& column = spec.columns[at + i];
    copy_one_column(block.column(at + i) + row * column.element_bytes(), column, columns[i], from, rows);
  }
}

void gather_values(std::byte* to, const std::byte* row, std::span<const std::uint64_t> which,
                   std::size_t element_bytes) noexcept {
  switch (element_bytes) {
    case 1:
      return gather<std::uint8_t>(to, row, which);
    case 2:
      return gather<std::uint16_t>(to, row, which);
    case 4:
      return gather<std::uint32_t>(to, row, which);
    default:
      return gather<std::uint64_t>(to, row, which);
  }
}

}  // namespace neurotape::detail
