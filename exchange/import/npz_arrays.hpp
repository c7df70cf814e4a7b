#pragma once
/// \file
/// The arrays of an NPZ file as columns of streams.

#include <algorithm>
#include <fmt/format.h>
#include <neurotape/error.hpp>
#include <neurotape/loaded.hpp>
#include <neurotape/npz.hpp>
#include <string>
#include <type_traits>

namespace neurotape::exchange {

/// The arrays of a file, as those of a stream; what is wrong is told with the file.
class Arrays {
 public:
  explicit Arrays(const std::filesystem::path& path) : file_(path) {}

  const NpzFile& file() const noexcept { return file_; }
  [[noreturn]] void fail(ErrorCode code, const std::string& what) const {
    throw Error(code, what, {.path = file_.path().string()});
  }

  /// An array of numbers, whatever their type, of one dimension.
  template <Arithmetic T>
  Array<T> column(const std::string& name) const {
    const auto array = numbers(name);
    if (array.shape().rank() != 1)
      fail(ErrorCode::wrong_shape,
           fmt::format("array '{}': expected one dimension, got the shape {}", name, array.shape().to_string()));
    Array<T> values(array.size());
    visit_dtype(array.dtype(), [&]<class U>(U) {
      if constexpr (std::is_integral_v<T> && std::is_floating_point_v<U>)
        fail(ErrorCode::wrong_type, fmt::format("array '{}': expected integers, got {}", name, array.type_name()));
      else
        std::transform(array.values<U>().begin(), array.values<U>().end(), values.begin(),
                       [](U value) { return static_cast<T>(value); });
    });
    return values;
  }

  NpyArray numbers(const std::string& name) const {
    auto array = file_.read(name);
    if (array.is_text())
      fail(ErrorCode::wrong_type, fmt::format("array '{}': expected numbers, got {}", name, array.type_name()));
    return array;
  }
  std::string text(const std::string& name) const { return file_.contains(name) ? file_.read(name).text() : ""; }

  /// \param strictly each comes after the one before; else not before it
  Array<std::int64_t> timesteps(bool strictly) const {
    auto timesteps = column<std::int64_t>("timesteps");
    for (std::size_t i = 1; i < timesteps.size(); ++i)
      if (strictly ? timesteps[i] <= timesteps[i - 1] : timesteps[i] < timesteps[i - 1])
        fail(ErrorCode::damaged, fmt::format("row {}: timestep {} comes after {}", i, timesteps[i], timesteps[i - 1]));
    return timesteps;
  }
  void expect_rows(const std::string& name, std::uint64_t got, std::uint64_t expected) const {
    if (got != expected)
      fail(ErrorCode::wrong_shape,
           fmt::format("array '{}': expected {} rows, one for each timestep, got {}", name, expected, got));
  }
  /// A column with a row for each timestep.
  template <Arithmetic T>
  Array<T> column(const std::string& name, std::uint64_t rows) const {
    auto values = column<T>(name);
    expect_rows(name, values.size(), rows);
    return values;
  }

 private:
  NpzFile file_;
};

/// Rows of an array along its first axis.
inline std::uint64_t rows_of(const NpyArray& array) { return array.shape().dimensions().at(0); }

inline Shape shape_of_row(const NpyArray& array) {
  return Shape(std::span<const std::uint64_t>(array.shape().dimensions()).subspan(1));
}

}  // namespace neurotape::exchange
