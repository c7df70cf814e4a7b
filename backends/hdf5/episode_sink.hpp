#pragma once
/// \file
/// Decides where an episode is stored: in a file of its own from the first rows on that come before it finishes,
/// else in a segment.

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "backends/hdf5/episode_file.hpp"
#include "backends/hdf5/run.hpp"
#include "backends/hdf5/small_episode.hpp"

namespace neurotape::hdf5 {

class Hdf5EpisodeSink final : public EpisodeSink {
 public:
  Hdf5EpisodeSink(std::shared_ptr<Run> run, EpisodeInfo info) : run_(std::move(run)), info_(std::move(info)) {}
  Hdf5EpisodeSink(const Hdf5EpisodeSink&) = delete;
  Hdf5EpisodeSink& operator=(const Hdf5EpisodeSink&) = delete;
  ~Hdf5EpisodeSink() override;

  void declare_stream(StreamId id, const StreamSpec& spec, const StreamLayout& layout) override;
  void write_chunk(const ChunkPlace& place, std::span<const std::byte> stored, std::uint32_t filter_mask) override;
  void write_open_rows(const OpenRows& place, std::span<const std::byte> raw) override;
  void index_chunk(StreamId id, std::int64_t first_timestep, std::int64_t last_timestep, std::uint64_t rows) override;
  void add_gap(const Gap& gap) override;
  void commit(std::span<const CommittedRows> rows) override;
  void finishing(std::uint64_t raw_bytes) override;
  void end_rows(StreamId id, std::uint64_t rows) override;
  void finish(const EpisodeEnd& end) override;
  void discard() override;

 private:
  struct Stream {
    StreamSpec spec;
    StreamLayout layout;
    std::uint64_t rows = 0;
    bool ended = false;
    std::vector<ChunkRecord> chunk_index;  // emptied when the episode has become large
  };
  struct StagedChunk {
    ChunkPlace place;
    std::uint32_t filter_mask = 0;
    std::vector<std::byte> stored;
  };
  class StagedChunks;
  class FileChunks;

  Stream& stream(StreamId id);
  EpisodeFile& file();
  void stage(const ChunkPlace& place, std::span<const std::byte> stored, std::uint32_t filter_mask);
  void drop_staged() noexcept;
  bool is_small() const noexcept { return bytes_stored_ + bytes_of_gaps_ < Run::kSmallEpisodeBytes; }
  void finish_in_segment(const SmallEpisode& episode);
  SmallEpisode as_small(const EpisodeEnd& end) const;
  EpisodeRecord record(const EpisodeEnd* end) const;

  const std::shared_ptr<Run> run_;
  const EpisodeInfo info_;
  std::map<StreamId, Stream> streams_;
  std::vector<GapRecord> gaps_;
  std::vector<StagedChunk> staged_;
  std::size_t staged_bytes_ = 0;
  std::uint64_t bytes_stored_ = 0;
  std::uint64_t bytes_of_gaps_ = 0;
  bool staging_ = false;
  std::unique_ptr<EpisodeFile> file_;
};

}  // namespace neurotape::hdf5
