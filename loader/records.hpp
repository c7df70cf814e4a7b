#pragma once
/// \file
/// Tables of records, as the file format has them: compound datasets of one dimension.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "loader/file.hpp"

namespace neurotape::loader {

/// One member of a record: where it goes in the structure that is read.
struct Field {
  enum class Kind { i64, u64, f64, text };
  const char* name;
  Kind kind;
  std::size_t offset;
  std::size_t text_bytes = 0;  ///< of a `char[]`, which is null-padded
};

/// Reads the records of a dataset from `first` on in pieces, each converted to `record_bytes` with these fields.
/// Numbers are read from whatever size they are stored in.
/// \throws Error damaged (a field is missing, it is no table, or it has fewer records than `first`), io
void read_records(const File& file, const std::string& path, const Place& place, std::span<const Field> fields,
                  std::size_t record_bytes,
                  const std::function<void(const std::byte* records, std::size_t count)>& take,
                  std::uint64_t first = 0);

/// The same for a plain structure.
template <class Record>
void read_records(const File& file, const std::string& path, const Place& place, std::span<const Field> fields,
                  const std::function<void(const Record&)>& take, std::uint64_t first = 0) {
  const auto take_all = [&](const std::byte* records, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) take(reinterpret_cast<const Record*>(records)[i]);
  };
  read_records(file, path, place, fields, sizeof(Record), take_all, first);
}

std::string text_in(std::span<const char> padded);

}  // namespace neurotape::loader
