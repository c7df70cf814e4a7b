#pragma once
/// \file
/// NPY and NPZ, the files of `numpy.save` and `numpy.savez`: writing and reading them, without pickle. Needs no HDF5.

#include <array>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neurotape/array.hpp"
#include "neurotape/error.hpp"
#include "neurotape/options.hpp"

namespace neurotape {

class NpyArray;

namespace detail {
template <class V>
Shape shape_of(const V& values) {
  if constexpr (requires { V::IsVectorAtCompileTime; }) {
    if constexpr (!V::IsVectorAtCompileTime) return {values.rows(), values.cols()};
  }
  return {static_cast<std::uint64_t>(values.size())};
}
}  // namespace detail

/// Something to be stored under a name: a view of somebody else's array or text, which lives as long as that does, or a
/// number of its own.
class NpzValue {
 public:
  /// An Eigen matrix brings its two dimensions; whatever else is taken to have one.
  template <ArrayLike V>
  NpzValue(const V& values) : values_(values), shape_(detail::shape_of(values)) {}
  /// \param values in row order. Storing it throws `wrong_shape` where the shape has another number of values.
  NpzValue(ArrayView values, Shape shape) : values_(values), shape_(std::move(shape)) {}
  template <Arithmetic T>
  NpzValue(T number) : values_(static_cast<const T*>(nullptr), 1), is_number_(true) {
    std::memcpy(number_.data(), &number, sizeof number);
  }
  NpzValue(std::string_view text) : text_(text), is_text_(true) {}
  NpzValue(const std::string& text) : NpzValue(std::string_view(text)) {}
  NpzValue(const char* text) : NpzValue(std::string_view(text)) {}
  /// Several texts, in row order.
  NpzValue(std::span<const std::string> texts, Shape shape)
      : shape_(std::move(shape)), texts_(texts), is_text_(true), is_text_array_(true) {}
  NpzValue(const NpyArray& array);

  bool is_text() const noexcept { return is_text_; }
  std::vector<std::string_view> texts() const;  ///< one, where it was given one
  Dtype dtype() const noexcept { return values_.dtype(); }
  const Shape& shape() const noexcept { return shape_; }
  std::size_t size() const noexcept { return values_.size(); }
  std::span<const std::byte> bytes() const noexcept {
    return {is_number_ ? number_.data() : static_cast<const std::byte*>(values_.data()), values_.bytes()};
  }

 private:
  ArrayView values_;
  Shape shape_;
  std::string_view text_;
  std::span<const std::string> texts_;
  std::array<std::byte, 8> number_{};
  bool is_number_ = false;
  bool is_text_ = false;
  bool is_text_array_ = false;
};

struct NamedValue {
  std::string_view name;
  NpzValue value;
};

/// An array that was read; owns its values. They lie in row order and in the byte order of this machine, however the file
/// had them. Copies share the values.
class NpyArray {
 public:
  NpyArray() = default;
  /// A copy of the values.
  explicit NpyArray(const NpzValue& value);

  bool is_text() const noexcept { return is_text_; }
  /// Of text: `u8`. float16 becomes f32, which holds all of its values.
  Dtype dtype() const noexcept { return dtype_; }
  std::string type_name() const;  ///< "float32", "text"
  const Shape& shape() const noexcept { return shape_; }
  std::size_t size() const noexcept { return is_text_ ? texts_.size() : bytes_ / dtype_bytes(dtype_); }
  std::span<const std::byte> bytes() const noexcept { return {data_.get(), bytes_}; }

  /// \throws Error wrong_type: it has values of another type
  template <Arithmetic T>
  std::span<const T> values() const {
    require(dtype_of<T>());
    return {reinterpret_cast<const T*>(data_.get()), bytes_ / sizeof(T)};
  }
  /// The one number that it holds, whatever its type.
  /// \throws Error wrong_type, wrong_shape
  double number() const;
  /// The one text that it holds, as UTF-8.
  /// \throws Error wrong_type, wrong_shape
  const std::string& text() const;
  /// All texts of an array of texts, in row order.
  const std::vector<std::string>& texts() const;

  friend bool operator==(const NpyArray& a, const NpyArray& b);

 private:
  friend class NpyDecoder;
  void require(Dtype wanted) const;

  std::shared_ptr<const std::byte[]> data_;
  std::size_t bytes_ = 0;
  Dtype dtype_ = Dtype::f64;
  Shape shape_{0};
  std::vector<std::string> texts_;
  bool is_text_ = false;
};

/// How the arrays of an NPZ file are deflated. Every NPZ reader takes all three.
enum class NpzCompression {
  none,  ///< stored; values begin at multiples of 64 bytes in the file
  fast,  ///< many times the speed of `numpy.savez_compressed`, some percent larger
  /// Faster than `numpy.savez_compressed`, at about its size. Arrays of more than 32 MiB are deflated as by `fast`
  small,
};

struct NpzOptions {
  NpzCompression compression = NpzCompression::fast;
  Durability durability = Durability::power;
};

/// Writes a file beside the one of this name and renames it, so that there is the old or the new one at any time, also when
/// the process is killed; with `Durability::power` also when the power fails.
/// \throws Error io, wrong_shape, invalid_name (an impossible name of an array, or one that comes twice)
void write_npz(const std::filesystem::path& path, const std::vector<NamedValue>& arrays,
               const NpzOptions& options = {});
void write_npy(const std::filesystem::path& path, const NpzValue& array, Durability durability = Durability::power);

/// An NPZ file to read from. Reads the list of its arrays when it is opened, and an array when it is asked for. Checks the
/// CRC-32 of each. Takes stored and deflated members, zip64, and NPY versions 1 to 3. Any thread, at once.
class NpzFile {
 public:
  /// \throws Error not_found, io, damaged
  explicit NpzFile(const std::filesystem::path& path);

  const std::filesystem::path& path() const noexcept;
  const std::vector<std::string>& names() const noexcept;  ///< in the order of the file, without ".npy"
  bool contains(std::string_view name) const noexcept;
  /// \throws Error not_found, damaged; unsupported: an array of Python objects, which only pickle reads, or of a type that
  /// C++ does not have
  NpyArray read(std::string_view name) const;
  std::map<std::string, NpyArray> read_all() const;

 private:
  class Contents;
  std::shared_ptr<const Contents> contents_;
};

/// \throws Error as `NpzFile::read`
NpyArray read_npy(const std::filesystem::path& path);

}  // namespace neurotape
