#pragma once
/// \file
/// Records that are only ever appended, unfiltered: `commits`, `chunk_index`, `gaps`.

#include <cstddef>
#include <cstdint>
#include <string>

#include "backends/hdf5/library.hpp"

namespace neurotape::hdf5 {

class AppendDataset {
 public:
  /// \param type compound type of a record, packed as it lies in memory
  AppendDataset(std::string name, hid_t type, std::size_t record_bytes)
      : name_(std::move(name)), type_(type), record_bytes_(record_bytes) {}

  /// Creates the dataset with the first records, or opens it when it has been closed.
  void append(Library& library, hid_t group, const void* records, std::uint64_t count);
  void close() noexcept { dataset_.reset(); }
  std::uint64_t rows() const noexcept { return rows_; }

 private:
  std::string name_;
  hid_t type_;
  std::size_t record_bytes_;
  Handle dataset_;
  std::uint64_t rows_ = 0;
};

/// The same records in a file that is written once.
void write_records(Library& library, hid_t group, const std::string& name, hid_t type, std::size_t record_bytes,
                   const void* records, std::uint64_t count);

}  // namespace neurotape::hdf5
