#pragma once
/// \file
/// An episode in a file of its own, which grows while others read it.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backends/hdf5/append_dataset.hpp"
#include "backends/hdf5/dataset_writer.hpp"
#include "backends/hdf5/episode_attributes.hpp"
#include "backends/hdf5/errors.hpp"
#include "backends/hdf5/file_pool.hpp"

namespace neurotape::hdf5 {

/// Created under a name that begins with a dot; gets its own at the first commit. Between calls the pool may
/// close the file; every member function opens it again.
///
/// Invariants: rows are part of the file before the record of `commits` that speaks of them is; `status` is rewritten
/// after everything else.
class EpisodeFile final : public PooledFile {
 public:
  EpisodeFile(Library& library, FilePool& pool, const std::filesystem::path& directory, const FileHeader& header,
              const EpisodeInfo& info);
  EpisodeFile(const EpisodeFile&) = delete;
  EpisodeFile& operator=(const EpisodeFile&) = delete;
  ~EpisodeFile();

  void add_stream(StreamId id, const StreamSpec& spec, const StreamLayout& layout);
  void write_chunk(const ChunkPlace& place, std::span<const std::byte> stored, std::uint32_t filter_mask);
  void write_open_rows(const OpenRows& place, std::span<const std::byte> raw);
  void index_chunk(StreamId id, const ChunkRecord& record);
  void add_gap(const GapRecord& gap);
  /// Makes what was written part of the commit that follows.
  void commit(std::span<const CommittedRows> rows);
  /// That commit has been made. \throws Error it has failed for this file
  void committed();
  /// \throws Error when a column of the stream has not as many rows
  void end_rows(StreamId id, std::uint64_t rows);
  /// Seals the file and gives it its name.
  void finish(const EpisodeEnd& end);
  /// Closes it as it is: its contents have been copied elsewhere.
  void abandon();

  /// Reads a stored chunk. \returns its filter mask
  std::uint32_t read_chunk(const ChunkPlace& place, std::vector<std::byte>& stored);

  /// Where the file is now.
  const std::filesystem::path& path() const noexcept { return path_; }
  bool published() const noexcept { return published_; }
  void release_file() noexcept override;
  driver::DriverFile* committing() override { return committing_ && file_ ? &file_->driver() : nullptr; }

 private:
  struct Stream {
    std::string path;
    std::vector<DatasetWriter> columns;
    AppendDataset chunk_index;
    std::optional<ChunkRecord> first_chunk;  // held back: there is no index of one chunk
    bool sorted = true;                      // as the attribute says
  };

  void ensure_open();
  void count_rows_of_nothing(StreamId id, std::uint64_t rows);
  /// From here on errors name the stream. What has failed before is thrown without one: it may have been another's.
  StreamScope writing_to(const std::string& stream);
  void close_file();
  void close_objects() noexcept;
  DatasetWriter& column(StreamId id, std::uint32_t column);
  /// Whether the stream's link fits in the header of the group around it.
  bool claim_room(const std::string& path);
  void create_stream(hid_t root, StreamId id, const StreamSpec& spec, const StreamLayout& layout);
  void count_written(std::size_t bytes);
  void publish();
  void add_attributes(const EpisodeEnd& end);
  void mark_unsorted(hid_t file, Stream& stream);
  void write_end(const EpisodeEnd& end);

  Library& library_;
  FilePool& pool_;
  std::filesystem::path path_;
  std::filesystem::path final_path_;
  const WallClock clock_;
  std::optional<File> file_;
  std::map<StreamId, Stream> streams_;
  std::map<std::string, std::size_t> links_bytes_;  // in the groups around streams
  AppendDataset commits_;
  AppendDataset gaps_;
  std::uint32_t commit_number_ = 0;
  std::size_t unsynced_bytes_ = 0;
  bool dirty_ = true;
  bool committing_ = false;
  std::optional<Error> kept_;  // of a release
  bool published_ = false;
};

}  // namespace neurotape::hdf5
