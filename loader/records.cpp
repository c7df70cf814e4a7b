#include "loader/records.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "loader/attributes.hpp"

namespace neurotape::loader {
namespace {

constexpr hsize_t kRecordsAtOnce = 4096;
// Below this, a table is read whatever it claims.
constexpr hsize_t kModestRecords = 1 << 20;
// No filter shrinks records by more.
constexpr hsize_t kMostRatio = 10'000;

Handle field_type(const Field& field) {
  switch (field.kind) {
    case Field::Kind::i64:
      return {H5Tcopy(H5T_NATIVE_INT64), H5Tclose};
    case Field::Kind::u64:
      return {H5Tcopy(H5T_NATIVE_UINT64), H5Tclose};
    case Field::Kind::f64:
      return {H5Tcopy(H5T_NATIVE_DOUBLE), H5Tclose};
    case Field::Kind::text:
      break;
  }
  Handle text(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(text.get(), field.text_bytes);
  H5Tset_strpad(text.get(), H5T_STR_NULLPAD);
  return text;
}

bool fits(const Field& field, hid_t stored) {
  const int member = H5Tget_member_index(stored, field.name);
  if (member < 0) return false;
  const H5T_class_t kind = H5Tget_member_class(stored, static_cast<unsigned>(member));
  return field.kind == Field::Kind::text  ? kind == H5T_STRING
         : field.kind == Field::Kind::f64 ? kind == H5T_FLOAT
                                          : kind == H5T_INTEGER;
}

/// The structure in memory, with the character set of the file, as HDF5 does not convert between these.
Handle record_type(hid_t stored, std::span<const Field> fields, std::size_t record_bytes, const std::string& path,
                   const Place& place) {
  Handle record(check(H5Tcreate(H5T_COMPOUND, record_bytes), "cannot prepare to read a table", place), H5Tclose);
  for (const auto& field : fields) {
    if (H5Tget_class(stored) != H5T_COMPOUND || !fits(field, stored))
      damaged(fmt::format("'{}' is not a table with a column '{}' as it should be", path, field.name), place);
    const Handle type = field_type(field);
    if (field.kind == Field::Kind::text) {
      const auto member = static_cast<unsigned>(H5Tget_member_index(stored, field.name));
      const Handle text(H5Tget_member_type(stored, member), H5Tclose);
      if (H5Tis_variable_str(text.get()) > 0)
        damaged(fmt::format("column '{}' of '{}' has text of variable length", field.name, path), place);
      H5Tset_cset(type.get(), H5Tget_cset(text.get()));
    }
    check(H5Tinsert(record.get(), field.name, field.offset, type.get()), "cannot prepare to read a table", place);
  }
  return record;
}

}  // namespace

void read_records(const File& file, const std::string& path, const Place& place, std::span<const Field> fields,
                  std::size_t record_bytes,
                  const std::function<void(const std::byte* records, std::size_t count)>& take, std::uint64_t first) {
  const Hdf5Lock lock;
  const std::string tried = fmt::format("cannot read the table '{}'", path);
  const Handle dataset(check(H5Dopen2(file.id(), path.c_str(), H5P_DEFAULT), tried, place), H5Dclose);
  const Handle stored(check(H5Dget_type(dataset.get()), tried, place), H5Tclose);
  const Handle record = record_type(stored.get(), fields, record_bytes, path, place);
  const Handle space(check(H5Dget_space(dataset.get()), tried, place), H5Sclose);
  if (check(H5Sget_simple_extent_ndims(space.get()), tried, place) != 1)
    damaged(fmt::format("'{}' is not a table", path), place);
  hsize_t rows = 0;
  check(H5Sget_simple_extent_dims(space.get(), &rows, nullptr), tried, place);
  if (first > rows) damaged(fmt::format("'{}' had {} records, and now {}", path, first, rows), place);
  const std::uint64_t stored_bytes = H5Dget_storage_size(dataset.get());
  if (rows > kModestRecords && rows / kMostRatio > stored_bytes)
    damaged(fmt::format("'{}' claims {} records, which its {} stored bytes cannot hold", path, rows, stored_bytes),
            place);
  std::vector<std::byte> piece(record_bytes * static_cast<std::size_t>(std::min(rows - first, kRecordsAtOnce)));
  for (hsize_t row = first, count = 0; row < rows; row += count) {
    count = std::min(kRecordsAtOnce, rows - row);
    const Handle memory(check(H5Screate_simple(1, &count, nullptr), tried, place), H5Sclose);
    check(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, &row, nullptr, &count, nullptr), tried, place);
    check(H5Dread(dataset.get(), record.get(), memory.get(), space.get(), H5P_DEFAULT, piece.data()), tried, place);
    take(piece.data(), static_cast<std::size_t>(count));
  }
}

std::string text_in(std::span<const char> padded) {
  return valid_utf8(std::string(padded.data(), strnlen(padded.data(), padded.size())));
}

}  // namespace neurotape::loader
