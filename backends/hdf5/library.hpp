#pragma once
/// \file
/// HDF5 types, spaces and property lists that are made once and used for every dataset and attribute.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backends/driver/journal.hpp"
#include "backends/hdf5/calls.hpp"
#include "recorder/stream_spec.hpp"

namespace neurotape::hdf5 {

/// A record of `commits`.
struct CommitRecord {
  std::uint32_t number = 0;
  std::uint32_t stream = 0;
  std::uint64_t rows = 0;
  std::uint64_t open_rows_xxh3 = 0;
  double wall_time = 0;
};

/// A record of `chunk_index`.
struct ChunkRecord {
  std::int64_t first_timestep = 0;
  std::int64_t last_timestep = 0;
  std::uint64_t rows = 0;
};

/// A record of `gaps`.
struct GapRecord {
  char stream[272] = {};
  std::int64_t first_timestep = 0;
  std::int64_t last_timestep = 0;
  std::uint64_t rows = 0;
  char cause[16] = {};
};

/// Threads: one at a time.
class Library {
 public:
  /// Above it a compact dataset might not fit in an object header.
  static constexpr std::size_t kCompactBytes = 4096;

  /// \param company of every file that is written
  explicit Library(const driver::Company& company = {});

  const driver::Company& company() const noexcept { return company_; }
  /// Whether files and names are to be on the disk before anything relies on them.
  bool is_durable() const noexcept { return company_.journal != nullptr && company_.journal->durable(); }

  hid_t type(Dtype dtype) const;
  hid_t type(const ColumnSpec& column);
  /// Fixed-length text, null-padded. Valid until the next call.
  hid_t text(std::size_t bytes, H5T_cset_t characters = H5T_CSET_UTF8);
  /// A type as it stands in a file, of those that are there for good: numbers, truth values, records.
  const std::vector<std::byte>& encoded(hid_t type);
  hid_t commit_record() const noexcept { return commit_record_.get(); }
  hid_t chunk_record() const noexcept { return chunk_record_.get(); }
  hid_t gap_record() const noexcept { return gap_record_.get(); }

  hid_t scalar() const noexcept { return scalar_.get(); }
  /// Names are UTF-8.
  hid_t link_creation() const noexcept { return link_creation_.get(); }
  hid_t attribute_creation() const noexcept { return attribute_creation_.get(); }
  /// Groups whose links and attributes stay in the header, however many.
  hid_t group_creation() const noexcept { return group_creation_.get(); }
  /// The same with room for so many bytes of links and attributes in the first piece of the header, for files that are written in
  /// SWMR mode: a header that gets a second piece there makes a later H5Fflush of HDF5 1.10.8 fail ("slist not empty"),
  /// and the library die at exit. Valid until the next call.
  hid_t group_creation(std::size_t header_bytes);
  /// Datasets whose chunks HDF5 does not cache: they are written whole and not read back.
  hid_t dataset_access() const noexcept { return dataset_access_.get(); }
  /// Unchunked: in the header where `bytes` are few, else contiguous.
  hid_t plain_creation(std::size_t bytes) const noexcept;
  /// Chunked. Valid until the next call.
  /// \param has_attributes reserves space for them in the dataset's header
  hid_t chunked_creation(const Dimensions& chunk, const std::vector<Filter>& filters, bool has_attributes);

 private:
  driver::Company company_;
  std::map<std::pair<std::size_t, H5T_cset_t>, Handle> texts_;
  std::map<std::vector<unsigned>, Handle> chunked_;
  std::map<hid_t, std::vector<std::byte>> encoded_;
  Handle boolean_;
  Handle commit_record_;
  Handle chunk_record_;
  Handle gap_record_;
  Handle scalar_;
  Handle link_creation_;
  Handle attribute_creation_;
  Handle group_creation_;
  std::map<std::size_t, Handle> roomy_groups_;
  Handle dataset_access_;
  Handle compact_creation_;
  Handle contiguous_creation_;
};

}  // namespace neurotape::hdf5
