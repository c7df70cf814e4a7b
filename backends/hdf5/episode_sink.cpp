#include "backends/hdf5/episode_sink.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>
#include <utility>

namespace neurotape::hdf5 {
namespace {

constexpr std::size_t kStreamsTextBytes = 256;

template <std::size_t N>
void put(char (&field)[N], const std::string& text) {
  std::copy_n(text.begin(), std::min(text.size(), N), field);
}

GapRecord record_of(const Gap& gap) {
  GapRecord record;
  put(record.stream, gap.stream);
  put(record.cause, gap.cause);
  record.first_timestep = gap.first_timestep;
  record.last_timestep = gap.last_timestep;
  record.rows = gap.rows;
  return record;
}

}  // namespace

/// Chunks that wait in memory. They come in order within a column, columns in any order.
class Hdf5EpisodeSink::StagedChunks final : public ChunkSource {
 public:
  explicit StagedChunks(const std::vector<StagedChunk>& chunks) {
    for (const auto& chunk : chunks) {
      const auto& place = chunk.place;
      by_place_[{place.stream, place.column, place.chunk, place.tile}] = &chunk;
    }
  }
  Chunk read(StreamId stream, std::uint32_t column, std::uint64_t chunk, std::uint32_t tile) override {
    const auto found = by_place_.find({stream, column, chunk, tile});
    if (found == by_place_.end()) {
      throw Error(ErrorCode::invalid_argument, fmt::format("chunk {} of stream {} is missing", chunk, stream));
    }
    return {found->second->stored, found->second->filter_mask};
  }

 private:
  std::map<std::tuple<StreamId, std::uint32_t, std::uint64_t, std::uint32_t>, const StagedChunk*> by_place_;
};

/// Chunks in the episode's own file.
class Hdf5EpisodeSink::FileChunks final : public ChunkSource {
 public:
  explicit FileChunks(EpisodeFile& file) : file_(file) {}
  Chunk read(StreamId stream, std::uint32_t column, std::uint64_t chunk, std::uint32_t tile) override {
    const auto filter_mask = file_.read_chunk({stream, column, chunk, tile, 0}, stored_);
    return {stored_, filter_mask};
  }

 private:
  EpisodeFile& file_;
  std::vector<std::byte> stored_;
};

Hdf5EpisodeSink::~Hdf5EpisodeSink() {
  drop_staged();
  run_->commit_without(info_.number);
}

Hdf5EpisodeSink::Stream& Hdf5EpisodeSink::stream(StreamId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) throw Error(ErrorCode::invalid_argument, fmt::format("stream {} was not declared", id));
  return found->second;
}

/// The episode's own file, created with all that has been held back.
EpisodeFile& Hdf5EpisodeSink::file() {
  if (file_) return *file_;
  file_ =
      std::make_unique<EpisodeFile>(run_->library(), run_->pool(), run_->directory().episodes(), run_->header(), info_);
  for (const auto& [id, stream] : streams_) file_->add_stream(id, stream.spec, stream.layout);
  for (const auto& chunk : staged_) file_->write_chunk(chunk.place, chunk.stored, chunk.filter_mask);
  for (const auto& [id, stream] : streams_) {
    for (const auto& record : stream.chunk_index) file_->index_chunk(id, record);
  }
  for (const auto& gap : gaps_) file_->add_gap(gap);
  for (const auto& [id, stream] : streams_)
    if (stream.ended) file_->end_rows(id, stream.rows);
  drop_staged();
  staging_ = false;
  return *file_;
}

void Hdf5EpisodeSink::declare_stream(StreamId id, const StreamSpec& spec, const StreamLayout& layout) {
  const QuietErrors quiet;
  if (!streams_.emplace(id, Stream{spec, layout, 0, false, {}}).second) {
    throw Error(ErrorCode::already_exists, fmt::format("stream {} was declared before", id));
  }
  if (file_) file_->add_stream(id, spec, layout);
}

void Hdf5EpisodeSink::stage(const ChunkPlace& place, std::span<const std::byte> stored, std::uint32_t filter_mask) {
  staged_.push_back({place, filter_mask, {stored.begin(), stored.end()}});
  staged_bytes_ += stored.size();
  run_->staged_bytes += stored.size();
}

void Hdf5EpisodeSink::drop_staged() noexcept {
  staged_.clear();
  run_->staged_bytes -= std::exchange(staged_bytes_, 0);
}

void Hdf5EpisodeSink::write_chunk(const ChunkPlace& place, std::span<const std::byte> stored,
                                  std::uint32_t filter_mask) {
  const QuietErrors quiet;
  stream(place.stream);
  bytes_stored_ += stored.size();
  if (staging_ && run_->staged_bytes + stored.size() <= Run::kStagedBytes) {
    stage(place, stored, filter_mask);
  } else {
    file().write_chunk(place, stored, filter_mask);
  }
}

void Hdf5EpisodeSink::write_open_rows(const OpenRows& place, std::span<const std::byte> raw) {
  const QuietErrors quiet;
  stream(place.stream);
  file().write_open_rows(place, raw);
}

void Hdf5EpisodeSink::index_chunk(StreamId id, std::int64_t first_timestep, std::int64_t last_timestep,
                                  std::uint64_t rows) {
  const QuietErrors quiet;
  auto& indexed = stream(id);
  // The bytes of events have no timesteps, and share a group with a stream that has.
  if (indexed.spec.columns.front().name != "timesteps") return;
  auto& records = indexed.chunk_index;
  const ChunkRecord record{first_timestep, last_timestep, rows};
  if (file_) file_->index_chunk(id, record);
  if (is_small() || !file_) {
    records.push_back(record);
  } else {
    records = {};
  }
}

void Hdf5EpisodeSink::add_gap(const Gap& gap) {
  const QuietErrors quiet;
  const auto record = record_of(gap);
  bytes_of_gaps_ += sizeof record;
  if (file_) file_->add_gap(record);
  if (is_small() || !file_) {
    gaps_.push_back(record);
  } else {
    gaps_ = {};
  }
}

void Hdf5EpisodeSink::commit(std::span<const CommittedRows> rows) {
  const QuietErrors quiet;
  if (!file_ && rows.empty()) return;
  file().commit(rows);
  run_->commit_with(*file_, info_.number, record(nullptr));
}

void Hdf5EpisodeSink::finishing(std::uint64_t raw_bytes) { staging_ = !file_ && raw_bytes < Run::kSmallEpisodeBytes; }

void Hdf5EpisodeSink::end_rows(StreamId id, std::uint64_t rows) {
  auto& ended = stream(id);
  ended.rows = rows;
  ended.ended = true;
  if (file_) file_->end_rows(id, rows);
}

void Hdf5EpisodeSink::finish(const EpisodeEnd& end) {
  const QuietErrors quiet;
  run_->commit_without(info_.number);
  if (const auto episode = as_small(end); (!file_ || is_small()) && fits_in_headers(episode)) {
    finish_in_segment(episode);
    return;
  }
  file().finish(end);
  run_->own_file(info_.number, file_->path(), record(&end));
  file_.reset();
}

void Hdf5EpisodeSink::finish_in_segment(const SmallEpisode& episode) {
  if (file_) {
    FileChunks chunks(*file_);
    run_->add_small(episode, chunks, record(episode.end), file_->path());
    file_->abandon();
    file_.reset();
  } else {
    StagedChunks chunks(staged_);
    run_->add_small(episode, chunks, record(episode.end), {});
  }
  drop_staged();
}

SmallEpisode Hdf5EpisodeSink::as_small(const EpisodeEnd& end) const {
  SmallEpisode episode{&info_, &end, {}, gaps_};
  for (const auto& [id, stream] : streams_) {
    episode.streams.push_back({id, &stream.spec, &stream.layout, stream.rows, stream.chunk_index});
  }
  return episode;
}

EpisodeRecord Hdf5EpisodeSink::record(const EpisodeEnd* end) const {
  EpisodeRecord record;
  auto rows_by_stream = nlohmann::json::object();
  for (const auto& [id, stream] : streams_) {
    if (!stream.spec.has_timesteps) continue;  // the bytes of events are not rows of theirs
    record.rows += stream.rows;
    rows_by_stream[stream.spec.path] = stream.rows;
  }
  record.bytes_stored = bytes_stored_;
  if (end == nullptr) return record;
  record.status = end->status;
  record.first_timestep = end->first_timestep;
  record.last_timestep = end->last_timestep;
  record.sum_of_rewards = end->sum_of_rewards;
  record.streams = rows_by_stream.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (record.streams.size() > kStreamsTextBytes) record.streams.clear();
  return record;
}

void Hdf5EpisodeSink::discard() {
  const QuietErrors quiet;
  drop_staged();
  run_->commit_without(info_.number);
  std::filesystem::path path;
  if (file_) {
    path = file_->path();
    file_->abandon();
    file_.reset();
  }
  run_->forget(info_.number, path);
}

}  // namespace neurotape::hdf5
