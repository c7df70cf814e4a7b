#pragma once
/// \file
/// Element types, shapes, and views of the arrays a caller hands over.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace neurotape {

/// Element type of a stored array. Little-endian on disk; `boolean` is h5py's enum of FALSE and TRUE.
enum class Dtype : std::uint8_t { i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, boolean };

std::size_t dtype_bytes(Dtype dtype) noexcept;
std::string_view dtype_name(Dtype dtype) noexcept;  ///< numpy's name: "float32"

template <class T>
concept Arithmetic = std::is_arithmetic_v<T> && sizeof(T) <= 8 && !std::is_const_v<T>;

/// The `Dtype` of a C++ arithmetic type (by size and sign: `long` and `long long` are both i64).
template <Arithmetic T>
constexpr Dtype dtype_of() {
  if constexpr (std::is_same_v<T, bool>) return Dtype::boolean;
  if constexpr (std::is_floating_point_v<T>) return sizeof(T) == 4 ? Dtype::f32 : Dtype::f64;
  constexpr int kLog2 = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
  return static_cast<Dtype>(kLog2 + (std::is_signed_v<T> ? 0 : 4));
}

/// Calls `use` with a value (zero) of the C++ type that `dtype` names: how code for every type is reached at run time.
/// \returns what `use` returns, which is of one type for all of them.
template <class Use>
constexpr decltype(auto) visit_dtype(Dtype dtype, Use&& use) {
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
      break;
  }
  return use(bool{});
}

namespace detail {
// Eigen's types say at compile time how they lie in memory; a strided or column-major view would be
// recorded in the wrong order, so it does not compile.
template <class V>
constexpr bool lies_in_row_order() {
  if constexpr (requires { V::InnerStrideAtCompileTime; }) {
    constexpr bool plain = std::is_same_v<V, typename V::PlainObject>;
    return V::InnerStrideAtCompileTime == 1 &&
           (V::IsVectorAtCompileTime || (plain && static_cast<bool>(V::IsRowMajor)));
  } else {
    return true;
  }
}
template <class V>
using element_t = std::remove_cv_t<std::remove_pointer_t<decltype(std::declval<const V&>().data())>>;
}  // namespace detail

/// `std::vector`, `std::array`, `std::span`, an Eigen vector or row-major matrix, ...: whatever has
/// `data()` and `size()` and lies in memory in row order.
template <class V>
concept ArrayLike = requires(const V& v) {
  v.data();
  { v.size() } -> std::convertible_to<std::size_t>;
}
&&Arithmetic<detail::element_t<V>>&& detail::lies_in_row_order<V>();

/// Shape of one row of a dense stream, row-major. `{}` is a scalar.
class Shape {
 public:
  Shape() = default;
  template <std::integral... N>
  Shape(N... dimensions) : dimensions_{static_cast<std::uint64_t>(dimensions)...} {}
  explicit Shape(std::span<const std::uint64_t> dimensions) : dimensions_(dimensions.begin(), dimensions.end()) {}

  const std::vector<std::uint64_t>& dimensions() const noexcept { return dimensions_; }
  std::size_t rank() const noexcept { return dimensions_.size(); }
  /// Values in a row: the product of the dimensions, or the largest number there is.
  std::uint64_t values() const noexcept;
  std::string to_string() const;  ///< "(84, 84, 3)"
  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::vector<std::uint64_t> dimensions_;
};

/// A view of somebody else's array, of any arithmetic type. Lives as long as the array does.
class ArrayView {
 public:
  ArrayView() = default;
  template <ArrayLike V>
  ArrayView(const V& values)
      : data_(values.data()),
        size_(static_cast<std::size_t>(values.size())),
        dtype_(dtype_of<detail::element_t<V>>()) {}
  template <Arithmetic T>
  ArrayView(const T* data, std::size_t size) : data_(data), size_(size), dtype_(dtype_of<T>()) {}

  const void* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  Dtype dtype() const noexcept { return dtype_; }
  std::size_t bytes() const noexcept { return size_ * dtype_bytes(dtype_); }

 private:
  const void* data_ = nullptr;
  std::size_t size_ = 0;
  Dtype dtype_ = Dtype::f64;
};

struct NamedArray {
  std::string_view name;
  ArrayView values;
};

/// A set of columns or rows by number: neuron ids, for example. Owns them.
class Indices {
 public:
  Indices() = default;
  template <std::integral I>
  Indices(std::initializer_list<I> ids) : ids_(ids.begin(), ids.end()) {}
  template <ArrayLike V>
  requires std::integral<detail::element_t<V>> Indices(const V& ids) : ids_(ids.data(), ids.data() + ids.size()) {}

  const std::vector<std::uint64_t>& ids() const noexcept { return ids_; }
  bool empty() const noexcept { return ids_.empty(); }
  std::size_t size() const noexcept { return ids_.size(); }

 private:
  std::vector<std::uint64_t> ids_;
};

}  // namespace neurotape
