#include "backends/memory/memory_backend.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "recorder/chunk_layout.hpp"

namespace neurotape {
namespace {

void require(bool condition, const char* what) {
  if (!condition) throw std::logic_error(what);
}

class CopyEncoder : public Encoder {
 public:
  explicit CopyEncoder(std::shared_ptr<const MemoryRun> run) : run_(std::move(run)) {}

  std::size_t bound(std::size_t raw_bytes) const override { return raw_bytes; }
  Encoded encode(std::span<const std::byte> raw, std::span<std::byte> out) const override {
    run_->before_encode();
    std::memcpy(out.data(), raw.data(), raw.size());
    return {raw.size(), 0};
  }

 private:
  const std::shared_ptr<const MemoryRun> run_;
};

class CopyCodecs : public CodecLibrary {
 public:
  explicit CopyCodecs(std::shared_ptr<const MemoryRun> run) : run_(std::move(run)) {}

  std::unique_ptr<Encoder> make_encoder(const Codec&, std::size_t) const override {
    return std::make_unique<CopyEncoder>(run_);
  }
  std::vector<Filter> filters(const Codec&, std::size_t, std::size_t) const override { return {}; }

 private:
  const std::shared_ptr<const MemoryRun> run_;
};

class MemorySink : public EpisodeSink {
 public:
  MemorySink(std::shared_ptr<MemoryRun> run, std::uint64_t number) : run_(std::move(run)), number_(number) {}

  void declare_stream(StreamId id, const StreamSpec& spec, const StreamLayout& layout) override {
    run_->before_write();
    const std::lock_guard lock(run_->mutex);
    require(!paths_.contains(id), "a stream was declared twice");
    paths_[id] = spec.has_timesteps ? spec.path : spec.path + "/" + spec.columns.front().name;
    MemoryStream& stream = at(id);
    stream.spec = spec;
    stream.layout = layout;
    stream.columns.resize(spec.columns.size());
    chunks_[id].resize(spec.columns.size());
  }

  void write_chunk(const ChunkPlace& place, std::span<const std::byte> stored, std::uint32_t) override {
    run_->before_write();
    const std::lock_guard lock(run_->mutex);
    MemoryStream& stream = at(place.stream);
    const ColumnLayout& layout = stream.layout.columns[place.column];
    const ColumnSpec& column = stream.spec.columns[place.column];
    auto& chunks = chunks_[place.stream][place.column];
    require(place.chunk == chunks / layout.tiles && place.tile == chunks % layout.tiles, "a chunk came out of order");
    ++chunks;
    if (layout.tiles > 1) {
      const ValueRange range = tile_range(column.shape, layout.chunk_dims, place.tile);
      const std::size_t at_byte = place.chunk * column.row_bytes() + range.first * column.element_bytes();
      put(stream, place.column, at_byte, stored.first(range.count * column.element_bytes()));
    } else {
      require(stored.size() == layout.chunk_rows * column.row_bytes(), "a chunk is not whole");
      put(stream, place.column, place.chunk * stored.size(), stored.first(place.rows * column.row_bytes()));
    }
  }

  void write_open_rows(const OpenRows& place, std::span<const std::byte> raw) override {
    run_->before_write();
    const std::lock_guard lock(run_->mutex);
    MemoryStream& stream = at(place.stream);
    const std::size_t row_bytes = stream.spec.columns[place.column].row_bytes();
    const std::uint64_t first = place.chunk * stream.layout.columns[place.column].chunk_rows + place.first_row;
    require(raw.size() == place.rows * row_bytes, "open rows of a wrong size");
    require(stream.columns[place.column].size() == first * row_bytes, "open rows do not follow those before");
    put(stream, place.column, first * row_bytes, raw);
  }

  void index_chunk(StreamId, std::int64_t first, std::int64_t last, std::uint64_t rows) override {
    require(first <= last && rows > 0, "an empty entry of the index");
  }

  void add_gap(const Gap& gap) override {
    const std::lock_guard lock(run_->mutex);
    episode().gaps.push_back(gap);
  }

  void commit(std::span<const CommittedRows> rows) override {
    const std::lock_guard lock(run_->mutex);
    for (const auto& committed : rows) {
      MemoryStream& stream = at(committed.stream);
      for (std::size_t i = 0; i < stream.columns.size(); ++i)
        require(stream.columns[i].size() >= committed.rows * stream.spec.columns[i].row_bytes(),
                "committed rows are missing");
      stream.committed_rows = committed.rows;
      stream.commits.push_back(committed);
    }
  }

  void finishing(std::uint64_t) override {
    const std::lock_guard lock(run_->mutex);
    episode().announced = paths_.empty();
  }

  void end_rows(StreamId id, std::uint64_t rows) override {
    const std::lock_guard lock(run_->mutex);
    MemoryStream& stream = at(id);
    for (std::size_t i = 0; i < stream.columns.size(); ++i)
      require(stream.columns[i].size() == rows * stream.spec.columns[i].row_bytes(), "rows are missing at the end");
    require(stream.layout.final_rows < 0 || stream.layout.final_rows == static_cast<std::int64_t>(rows),
            "other rows than announced");
    stream.rows = rows;
  }

  void finish(const EpisodeEnd& end) override {
    const std::lock_guard lock(run_->mutex);
    for (const StreamId id : end.unsorted) at(id).sorted = false;
    episode().end = end;
    episode().finished = true;
  }

  void discard() override {
    const std::lock_guard lock(run_->mutex);
    run_->episodes.erase(number_);
  }

 private:
  MemoryEpisode& episode() { return run_->episodes.at(number_); }
  MemoryStream& at(StreamId id) { return episode().streams[paths_.at(id)]; }

  static void put(MemoryStream& stream, std::size_t column, std::size_t at_byte, std::span<const std::byte> bytes) {
    auto& data = stream.columns[column];
    data.resize(std::max(data.size(), at_byte + bytes.size()));
    std::copy(bytes.begin(), bytes.end(), data.begin() + static_cast<std::ptrdiff_t>(at_byte));
  }

  std::shared_ptr<MemoryRun> run_;
  std::uint64_t number_;
  std::map<StreamId, std::string> paths_;
  std::map<StreamId, std::vector<std::uint64_t>> chunks_;  ///< written so far, by column
};

}  // namespace

MemoryBackend::MemoryBackend(std::shared_ptr<MemoryRun> run)
    : run_(std::move(run)), codecs_(std::make_unique<CopyCodecs>(run_)) {}
MemoryBackend::~MemoryBackend() = default;

void MemoryBackend::save_config(const nlohmann::json& config) {
  const std::lock_guard lock(run_->mutex);
  run_->config = config;
}

void MemoryBackend::save_profile(std::string_view trace) {
  const std::lock_guard lock(run_->mutex);
  run_->profile = trace;
}

void MemoryBackend::save_network(std::string_view table, std::span<const NamedArray> columns) {
  const std::lock_guard lock(run_->mutex);
  for (const auto& column : columns)
    run_->network_rows[std::string(table) + "/" + std::string(column.name)] = column.values.size();
}

std::unique_ptr<EpisodeSink> MemoryBackend::start_episode(const EpisodeInfo& info) {
  const std::lock_guard lock(run_->mutex);
  run_->episodes[info.number].info = info;
  return std::make_unique<MemorySink>(run_, info.number);
}

CommitResult MemoryBackend::commit() {
  const std::lock_guard lock(run_->mutex);
  ++run_->commits;
  return {};
}

void MemoryBackend::close() {
  const std::lock_guard lock(run_->mutex);
  run_->closed = true;
}

}  // namespace neurotape
