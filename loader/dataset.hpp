#pragma once
/// \file
/// One dataset whose first dimension counts rows, opened for reading.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backends/codec/filters.hpp"
#include "loader/chunk_grid.hpp"
#include "loader/file.hpp"
#include "loader/file_driver.hpp"
#include "neurotape/array.hpp"
#include "neurotape/loaded.hpp"
#include "neurotape/stream_readers.hpp"

namespace neurotape::loader {

/// What a dataset says of itself.
struct DatasetLayout {
  std::optional<Dtype> dtype;    ///< nothing: neither a number nor a boolean
  std::uint32_t text_bytes = 0;  ///< of fixed-length text
  std::string type;              ///< in words
  std::size_t element_bytes = 0;
  std::vector<std::uint64_t> dimensions;  ///< rows first
  std::vector<std::uint64_t> chunk;       ///< empty: not chunked
  std::vector<Filter> filters;
  bool decodable = false;  ///< chunks are read and decoded here; else HDF5 does it
};

/// Memory that a read needs beside the result; kept from one read to the next.
struct Scratch {
  detail::Storage stored;
  detail::Storage chunk;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> holds;  ///< the decoded chunk: group of rows, tile
};

class OpenRows;

/// Thread safety: any thread may call anything. Chunks are read and decoded off HDF5's lock, large reads by
/// several threads.
class Dataset {
 public:
  /// \param path below the root of the file
  /// \throws Error io, damaged, unsupported (what would read other files; in a file that is not trusted also more than
  /// 64 MiB that only HDF5 can decode)
  static std::shared_ptr<const Dataset> open(std::shared_ptr<const File> file, const std::string& path, Place place);
  /// One that is in no file: 0, 1, 2, ... as int64.
  static std::shared_ptr<const Dataset> counting(std::uint64_t rows, Place place);
  ~Dataset();
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;

  const std::string& path() const noexcept { return path_; }
  const Place& place() const noexcept { return place_; }
  const DatasetLayout& layout() const noexcept { return layout_; }
  std::uint64_t rows() const noexcept { return layout_.dimensions[0]; }
  std::uint64_t row_values() const noexcept { return row_values_; }
  std::uint64_t row_bytes() const noexcept { return row_values_ * layout_.element_bytes; }
  std::uint64_t chunk_rows() const noexcept { return layout_.chunk.empty() ? 0 : layout_.chunk[0]; }
  std::uint64_t stored_bytes() const noexcept { return stored_bytes_; }
  /// The attribute `stream_id` of the dataset.
  std::optional<std::uint64_t> stream_id() const noexcept { return stream_id_; }

  /// Before memory is taken for so many bytes of a result.
  /// \throws Error damaged where no codec could have made so few stored bytes of them
  void check_claim(std::uint64_t bytes) const;
  /// Reads whole rows. `out` holds exactly these.
  /// \throws Error damaged (names the chunk), io, unsupported (a filter that nobody here knows)
  void read(RowRange rows, std::span<std::byte> out) const;
  /// Reads some values of each row, by their position in it.
  void read(RowRange rows, std::span<const std::uint64_t> positions, std::span<std::byte> out) const;
  /// Asks HDF5 for all that `read` may ask it for: where the chunks lie, and the values that it has to decode itself.
  /// \throws Error damaged, io
  void probe() const;
  /// The same without what `guard` asks for.
  void read_unchecked(RowRange rows, std::span<const std::uint64_t> positions, std::span<std::byte> out) const;
  /// From now on, whoever reads any of the open rows has them checked first. To be called once, before it is read.
  void guard(std::weak_ptr<const OpenRows> open_rows) const { open_rows_ = std::move(open_rows); }

  const ChunkGrid& grid() const noexcept { return grid_; }
  /// Reads and decodes one chunk, for those who look at each. Only where the layout is decodable.
  /// \returns its filter mask
  /// \throws Error damaged, io; of the chunk alone: where it lies, the caller knows
  std::uint32_t read_one_chunk(std::uint64_t group, std::uint64_t tile, detail::Storage& chunk) const;

 private:
  struct Request;
  struct FoundChunk {
    std::shared_ptr<const File> file;
    Extent extent;
    std::uint32_t filter_mask = 0;
    bool raw = false;  ///< went through no filter
  };

  Dataset(std::shared_ptr<const File> file, std::string path, Place place);
  void open_handle() const;
  std::shared_ptr<const File> file_after(const std::shared_ptr<const File>& failed) const;
  void probe_chunk_index() const;
  bool needs_filters_of_hdf5() const noexcept { return !layout_.decodable && !layout_.filters.empty(); }
  void read_chunks(const Request& request) const;
  void read_chunk(const Request& request, std::uint64_t group, std::uint64_t tile, Scratch& scratch) const;
  void place_chunk(const Request& request, std::uint64_t group, std::uint64_t tile, Scratch& scratch) const;
  FoundChunk find_chunk(std::uint64_t group, std::uint64_t tile) const;
  void decode_chunk(const FoundChunk& found, Scratch& scratch, std::span<std::byte> out) const;
  void read_by_hdf5(const Request& request) const;
  void read_piece_by_hdf5(RowRange rows, std::byte* out) const;
  [[noreturn]] void fail_chunk(const Error& cause, std::uint64_t group, std::uint64_t tile) const;

  std::unique_ptr<Scratch> take_scratch() const;
  void give_back(std::unique_ptr<Scratch> scratch) const;

  std::string path_;
  Place place_;
  DatasetLayout layout_;
  ChunkGrid grid_;
  std::uint64_t row_values_ = 1;
  std::uint64_t stored_bytes_ = 0;
  std::optional<std::uint64_t> stream_id_;
  bool counting_ = false;

  // Under the Hdf5Lock; replaced when a file that is being written has to be opened again.
  mutable std::shared_ptr<const File> file_;
  mutable Handle handle_;

  mutable std::weak_ptr<const OpenRows> open_rows_;

  mutable std::mutex scratch_mutex_;
  mutable std::vector<std::unique_ptr<Scratch>> scratch_;
};

}  // namespace neurotape::loader
