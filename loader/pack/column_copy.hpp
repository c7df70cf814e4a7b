#pragma once
/// \file
/// Writes a column chunk by chunk, with a codec of its own.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/hdf5/library.hpp"
#include "loader/dataset.hpp"
#include "neurotape/codec.hpp"

namespace neurotape::loader {

/// A new dataset of fixed extent. Thread safety: one thread, under the Hdf5Lock.
class ColumnWriter {
 public:
  /// \param dimensions rows first, \param chunk as many, none of them 0
  ColumnWriter(hdf5::Library& library, hid_t group, const std::string& name, hid_t type,
               const std::vector<std::uint64_t>& dimensions, const std::vector<std::uint64_t>& chunk,
               std::size_t element_bytes, const Codec& codec);

  hid_t id() const noexcept { return dataset_.get(); }
  const ChunkGrid& grid() const noexcept { return grid_; }
  /// \param raw the whole chunk
  void write(std::uint64_t group, std::uint64_t tile, std::span<const std::byte> raw);

 private:
  ChunkGrid grid_;
  std::unique_ptr<Encoder> encoder_;
  hdf5::Handle dataset_;
  detail::Storage stored_;
};

/// A column of one value a row, written from its first row to its last.
class RowsWriter {
 public:
  RowsWriter(hdf5::Library& library, hid_t group, const std::string& name, Dtype dtype, std::uint64_t rows,
             const Codec& codec);

  void append(std::span<const std::byte> rows);
  /// Writes what is left.
  void finish();

 private:
  void write_chunk();

  ColumnWriter column_;
  detail::Storage chunk_;
  std::size_t filled_ = 0;
  std::uint64_t written_ = 0;  ///< chunks
};

/// Whole rows, decoded by this thread alone: others would wait for the lock that it holds.
/// \throws Error unsupported: the filters are not ours, and as `Dataset::read`
void read_here(const Dataset& from, RowRange rows, std::byte* out);

/// The same values in chunks of another codec or shape. \param to has the shape of `from`
void copy_values(const Dataset& from, ColumnWriter& to);

}  // namespace neurotape::loader
