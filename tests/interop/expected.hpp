#pragma once
/// \file
/// What has to be in the files, handed to the judge as .npy files and a list of them.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <neurotape/neurotape.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace neurotape::outside {

/// The type as numpy writes it: "<f4".
inline std::string numpy_type(Dtype dtype) {
  if (dtype == Dtype::boolean) return "|b1";
  const std::size_t bytes = dtype_bytes(dtype);
  const char kind = dtype == Dtype::f32 || dtype == Dtype::f64 ? 'f' : dtype_name(dtype).front() == 'u' ? 'u' : 'i';
  return (bytes == 1 ? "|" : "<") + std::string(1, kind) + std::to_string(bytes);
}

/// One column of a stream: the bytes of its rows.
struct ExpectedColumn {
  std::string name;
  std::string type;
  std::vector<std::uint64_t> row_shape = {};
  std::vector<std::byte> bytes = {};

  template <class T>
  void add(std::span<const T> values) {
    const auto added = std::as_bytes(values);
    bytes.insert(bytes.end(), added.begin(), added.end());
  }
  template <class T>
  void add(T value) {
    add(std::span<const T>(&value, 1));
  }
};

template <class T>
ExpectedColumn column_of(std::string name, std::vector<std::uint64_t> row_shape = {}) {
  return {std::move(name), numpy_type(dtype_of<T>()), std::move(row_shape)};
}

struct ExpectedStream {
  std::string path;
  std::uint64_t rows = 0;
  bool ordered = true;  ///< false: rows of one timestep come in any order
  std::vector<ExpectedColumn> columns;
};

inline void write_npy(const std::filesystem::path& path, const ExpectedColumn& column, std::uint64_t rows) {
  std::string shape = std::to_string(rows) + ",";
  for (const auto dimension : column.row_shape) shape += " " + std::to_string(dimension) + ",";
  std::string header = "{'descr': '" + column.type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.resize((header.size() + 10 + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  file << "\x93NUMPY" << '\x01' << '\0' << static_cast<char>(header.size() & 0xFF)
       << static_cast<char>(header.size() >> 8) << header;
  file.write(reinterpret_cast<const char*>(column.bytes.data()), static_cast<std::streamsize>(column.bytes.size()));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

/// A directory of .npy files and `expected.json`, which names them.
class Expectations {
 public:
  explicit Expectations(std::filesystem::path directory) : directory_(std::move(directory)) {
    std::filesystem::create_directories(directory_);
  }
  void add(const std::string& episode, const ExpectedStream& stream) {
    nlohmann::json columns = nlohmann::json::object();
    for (const auto& column : stream.columns) {
      const std::string file = std::to_string(files_++) + ".npy";
      // A column of text or of bytes has its own number of rows.
      const bool bytes_only = stream.path == "events" && column.name == "data";
      write_npy(directory_ / file, column, bytes_only ? column.bytes.size() : stream.rows);
      columns[column.name] = file;
    }
    list_.push_back({{"episode", episode}, {"path", stream.path}, {"ordered", stream.ordered}, {"columns", columns}});
  }
  void write() const { std::ofstream(directory_ / "expected.json") << list_.dump(1); }
  const std::filesystem::path& directory() const noexcept { return directory_; }

 private:
  std::filesystem::path directory_;
  nlohmann::json list_ = nlohmann::json::array();
  int files_ = 0;
};

}  // namespace neurotape::outside
