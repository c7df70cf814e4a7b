#pragma once
/// \file
/// A workload as the flat columns that programs without a recorder write, and those who write them batch by batch.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bench/support/sink.hpp"
#include "neurotape/codec.hpp"

namespace neurotape::bench {

inline constexpr std::size_t kPeerChunkBytes = std::size_t{1} << 20;

/// The timesteps of a stream, or one of its fields.
struct Column {
  std::string name;  ///< "spikes/all/timesteps"
  Dtype dtype = Dtype::i64;
  std::size_t width = 1;
  std::size_t row_bytes = 8;
  std::uint64_t chunk_rows = 1;  ///< about kPeerChunkBytes, and no more than there will be
};
/// Of each stream its timesteps, then its fields: the order in which `for_each_piece` gives their rows.
std::vector<Column> columns_of(const Job& job);

/// Calls `use(column number, bytes of the rows of this step)`; `timesteps` is scratch memory.
template <class Use>
void for_each_piece(const Workload& workload, std::int64_t t, std::size_t step, std::vector<std::int64_t>& timesteps,
                    Use&& use) {
  std::size_t column = 0;
  for (const Series& series : workload.series) {
    timesteps.assign(series.rows(step), t);
    use(column++, std::as_bytes(std::span(std::as_const(timesteps))));
    for (std::size_t field = 0; field < series.fields.size(); ++field) use(column++, series.bytes(field, step));
  }
}

/// Takes the rows of columns in batches of a whole chunk; only the last of a column may be smaller.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;
  /// May take the memory of `rows` away.
  virtual void write(std::size_t column, std::uint64_t first_row, std::vector<std::byte>& rows) = 0;
  /// Returns when everything is in closed files.
  virtual void close() = 0;
};
using MakeStore =
    std::function<std::unique_ptr<Store>(const std::vector<Column>& columns, const std::filesystem::path& directory)>;

/// Gathers the rows of each column by hand, in the thread that records, and gives whole chunks to a store.
MakeSink batched(MakeStore make);

/// HDF5's own filters, by the names of `hdf5_filters`.
MakeStore hdf5_store(const std::string& filters);
/// No recorder and no pipeline: our encoder, its checksum included, and H5Dwrite_chunk.
MakeStore chunk_store(const Codec& codec);
/// A writer thread as users write one: a queue without a limit, behind it another store.
MakeStore own_thread(MakeStore store);

/// HDF5's packet table, a table a column; rows are appended step by step.
MakeSink packet_table(const std::string& filters);
/// A file a column, written with fwrite: no format at all.
MakeSink raw_files();
/// Copies the rows to memory that was touched before and is in no cache: the least that recording can cost.
MakeSink cold_copy();

}  // namespace neurotape::bench
