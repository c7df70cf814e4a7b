#pragma once
/// \file
/// Reads HDF5 files in other people's formats: groups, rows of datasets, attributes.
/// Everything here throws `Error`, which names the file and the object: io what HDF5 refused, not_found, wrong_shape, wrong_type.

#include <cstdint>
#include <filesystem>
#include <neurotape/array.hpp>
#include <neurotape/error.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/hdf5_out.hpp"

namespace neurotape::exchange::h5 {

/// An object of a file that is read, with its path for messages.
class Source {
 public:
  /// Opens a file. \throws Error not_found, io: it is no HDF5 file
  explicit Source(const std::filesystem::path& path);

  bool has(const std::string& member) const;
  bool is_group(const std::string& member) const;
  /// Names of the members, sorted.
  std::vector<std::string> members() const;
  /// \throws Error not_found: there is no such member
  Source open(const std::string& member) const;

  const std::filesystem::path& file() const noexcept { return file_; }
  const std::string& path() const noexcept { return path_; }  ///< "/report/cortex"
  [[noreturn]] void fail(ErrorCode code, const std::string& what) const;

  // Of datasets.

  /// \throws Error wrong_type: it is no dataset
  const Dimensions& shape() const;
  std::uint64_t rows() const { return shape().empty() ? 1 : shape()[0]; }
  Shape shape_of_row() const;
  void expect_rank(std::size_t rank) const;
  /// The type in memory that holds its values; enums of FALSE and TRUE are boolean, float16 becomes f32.
  /// \returns nothing: they are no numbers
  std::optional<Dtype> dtype() const;
  Dtype expect_numbers() const;
  /// Values of rows, converted to T. \param to has room for them
  template <Arithmetic T>
  void read(std::uint64_t first, std::uint64_t rows, T* to) const {
    read_rows(first, rows, type_of(dtype_of<T>()), to);
  }
  template <Arithmetic T>
  std::vector<T> read_all() const {
    std::size_t values = 1;
    for (const auto length : shape()) values *= static_cast<std::size_t>(length);
    std::vector<T> all(values);
    if (values != 0) read_rows(0, rows(), type_of(dtype_of<T>()), all.data());
    return all;
  }

  // Attributes.

  /// A number or a text; null where there is none, or something else.
  nlohmann::json attribute(const std::string& name) const;
  std::vector<std::string> attributes() const;
  /// Empty where there is none.
  std::string text(const std::string& attribute) const;

 private:
  Source(std::filesystem::path file, std::string path, Id id)
      : file_(std::move(file)), path_(std::move(path)), id_(std::move(id)) {}
  void read_rows(std::uint64_t first, std::uint64_t rows, hid_t type, void* to) const;
  std::string member_path(const std::string& member) const { return (path_ == "/" ? "" : path_) + "/" + member; }

  std::filesystem::path file_;
  std::string path_ = "/";
  Id id_;
  mutable std::optional<Dimensions> shape_;
};

}  // namespace neurotape::exchange::h5
