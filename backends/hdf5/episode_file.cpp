#include "backends/hdf5/episode_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "recorder/failures.hpp"

namespace neurotape::hdf5 {
namespace {

/// How many bytes of chunks wait in the page cache before the system is asked to write them.
constexpr std::size_t kWriteBackBytes = 16U << 20;

/// Room for links and attributes in the headers of groups: around streams, and of a stream.
constexpr std::size_t kGroupHeaderBytes = 16U << 10;
constexpr std::size_t kStreamHeaderBytes = 1024;
constexpr std::size_t kLinkOverheadBytes = 24;

}  // namespace

EpisodeFile::EpisodeFile(Library& library, FilePool& pool, const std::filesystem::path& directory,
                         const FileHeader& header, const EpisodeInfo& info)
    : library_(library),
      pool_(pool),
      path_(directory / fmt::format(".{}.h5", info.id)),
      final_path_(directory / fmt::format("{}.h5", info.id)),
      clock_(info.clock),
      commits_("commits", library.commit_record(), sizeof(CommitRecord)),
      gaps_("gaps", library.gap_record(), sizeof(GapRecord)) {
  file_.emplace(File::create(path_, Root::small, File::Mode::held, library_.company()));
  {
    const auto root = open_group(file_->id(), "/");
    write_header(library_, root.get(), header);
    write_episode_start(library_, root.get(), info);
  }
  file_->start_alive();
  pool_.use(*this);  // last: one whose constructor throws is not there
}

EpisodeFile::~EpisodeFile() {
  pool_.forget(*this);
  close_objects();
}

void EpisodeFile::close_objects() noexcept {
  for (auto& [id, stream] : streams_) {
    for (auto& column : stream.columns) column.close();
    stream.chunk_index.close();
  }
  commits_.close();
  gaps_.close();
}

void EpisodeFile::release_file() noexcept try { close_file(); } catch (const std::exception& error) {
  kept_ = as_error("closing the file", error);
}

void EpisodeFile::close_file() {
  close_objects();
  if (file_) file_->close();
  file_.reset();
}

void EpisodeFile::ensure_open() {
  if (kept_) throw *kept_;
  pool_.use(*this);
  if (!file_) file_.emplace(File::open(path_, Access::write_alive, library_.company()));
}

StreamScope EpisodeFile::writing_to(const std::string& stream) {
  ensure_open();
  file_->check();
  return StreamScope(stream);
}

DatasetWriter& EpisodeFile::column(StreamId id, std::uint32_t column) {
  ensure_open();
  auto& stream = streams_.at(id);
  auto& writer = stream.columns.at(column);
  if (writer.id() < 0) writer.open(library_, open_group(file_->id(), stream.path).get());
  return writer;
}

void EpisodeFile::add_stream(StreamId id, const StreamSpec& spec, const StreamLayout& layout) {
  dirty_ = true;
  if (claim_room(spec.path)) {
    const auto scope = writing_to(spec.path);
    create_stream(file_->id(), id, spec, layout);
    file_->check();
    return;
  }
  // The header of the group around it needs another piece, which SWMR mode does not survive.
  close_file();
  auto file = File::open(path_, Access::write, library_.company());
  const StreamScope scope(spec.path);
  create_stream(file.id(), id, spec, layout);
  close_objects();
  file.close();
}

bool EpisodeFile::claim_room(const std::string& path) {
  const auto slash = path.find('/');
  if (slash == std::string::npos) return true;
  auto& used = links_bytes_[path.substr(0, slash)];
  used += path.size() - slash + kLinkOverheadBytes;
  return used <= kGroupHeaderBytes;
}

void EpisodeFile::create_stream(hid_t root, StreamId id, const StreamSpec& spec, const StreamLayout& layout) {
  const auto own = kStreamHeaderBytes + 2 * spec.attributes.dump().size();
  const auto group = require_group(library_, root, spec.path, kGroupHeaderBytes, own);
  write_stream_attributes(library_, group.get(), spec);
  write_selected_columns(library_, group.get(), spec);
  // There from the start: new attributes are not for readers that follow the file, other values are.
  if (spec.has_timesteps) set_attribute(library_, group.get(), "sorted", std::int64_t{1});
  Stream stream{spec.path, {}, AppendDataset("chunk_index", library_.chunk_record(), sizeof(ChunkRecord)), {}};
  for (std::size_t i = 0; i < spec.columns.size(); ++i) {
    auto& writer = stream.columns.emplace_back(spec.columns[i], layout.columns.at(i));
    writer.create(library_, group.get(), i == 0 ? std::optional<std::int64_t>(id) : std::nullopt);
  }
  streams_.emplace(id, std::move(stream));
}

void EpisodeFile::count_written(std::size_t bytes) {
  dirty_ = true;
  file_->check();
  unsynced_bytes_ += bytes;
  if (unsynced_bytes_ < kWriteBackBytes) return;
  file_->start_write_back();
  unsynced_bytes_ = 0;
}

void EpisodeFile::write_chunk(const ChunkPlace& place, std::span<const std::byte> stored, std::uint32_t filter_mask) {
  const auto scope = writing_to(streams_.at(place.stream).path);
  auto& writer = column(place.stream, place.column);
  writer.write_chunk(*file_, place.chunk, place.tile, place.rows, stored, filter_mask);
  count_written(stored.size());
}

void EpisodeFile::write_open_rows(const OpenRows& place, std::span<const std::byte> raw) {
  const auto scope = writing_to(streams_.at(place.stream).path);
  auto& writer = column(place.stream, place.column);
  writer.write_open_rows(*file_, place.chunk, place.first_row, place.rows, raw);
  count_written(raw.size());
}

void EpisodeFile::index_chunk(StreamId id, const ChunkRecord& record) {
  auto& stream = streams_.at(id);
  if (stream.chunk_index.rows() == 0 && !stream.first_chunk) {
    stream.first_chunk = record;
    return;
  }
  const auto scope = writing_to(stream.path);
  const auto group = open_group(file_->id(), stream.path);
  if (auto first = std::exchange(stream.first_chunk, std::nullopt)) {
    stream.chunk_index.append(library_, group.get(), &*first, 1);
  }
  stream.chunk_index.append(library_, group.get(), &record, 1);
  file_->check();
  dirty_ = true;
}

void EpisodeFile::add_gap(const GapRecord& gap) {
  ensure_open();
  gaps_.append(library_, file_->id(), &gap, 1);
  dirty_ = true;
}

void EpisodeFile::commit(std::span<const CommittedRows> rows) {
  if (!dirty_ && rows.empty()) return;
  ensure_open();
  if (!rows.empty()) {
    for (const auto& stream : rows) {
      if (!stream.sorted) mark_unsorted(file_->id(), streams_.at(stream.stream));
      count_rows_of_nothing(stream.stream, stream.rows);
    }
    file_->flush();
    const auto now = seconds_since_1970(clock_.now());
    std::vector<CommitRecord> records;
    for (const auto& stream : rows) {
      records.push_back({commit_number_, stream.stream, stream.rows, stream.open_rows_xxh3, now});
    }
    commits_.append(library_, file_->id(), records.data(), records.size());
    ++commit_number_;
  }
  file_->flush();
  committing_ = true;
  dirty_ = false;
}

void EpisodeFile::committed() {
  committing_ = false;
  if (kept_) throw *kept_;
  if (file_) file_->check();
  publish();
}

void EpisodeFile::publish() {
  if (published_) return;
  rename_file(path_, final_path_);
  path_ = final_path_;
  if (file_) file_->renamed(path_);
  published_ = true;
}

// They bring no chunks that would have raised the extent.
void EpisodeFile::count_rows_of_nothing(StreamId id, std::uint64_t rows) {
  const auto& stream = streams_.at(id);
  for (std::uint32_t i = 0; i < stream.columns.size(); ++i)
    if (stream.columns[i].grid().empty_rows()) column(id, i).raise_extent(rows);
}

void EpisodeFile::end_rows(StreamId id, std::uint64_t rows) {
  count_rows_of_nothing(id, rows);
  const auto& stream = streams_.at(id);
  for (const auto& writer : stream.columns) {
    if (writer.rows() == rows) continue;
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("'{}/{}' has {} rows where the stream has {}", stream.path, writer.name(), writer.rows(), rows),
        in_file(path_));
  }
}

void EpisodeFile::finish(const EpisodeEnd& end) {
  ensure_open();
  file_->flush();
  if (!end.attributes.empty() || !end.of_streams.empty()) add_attributes(end);
  ensure_open();
  for (const auto id : end.unsorted) mark_unsorted(file_->id(), streams_.at(id));
  write_end(end);
  abandon();
  publish();
}

void EpisodeFile::abandon() {
  close_file();
  pool_.forget(*this);
}

/// New attributes are not for readers that follow the file: it is opened for us alone.
void EpisodeFile::add_attributes(const EpisodeEnd& end) {
  close_file();
  auto file = File::open(path_, Access::write, library_.company());
  write_late_attributes(library_, open_group(file.id(), "/").get(), end);
  for (const auto& [id, attributes] : end.of_streams) {
    const StreamScope scope(streams_.at(id).path);
    set_members(library_, open_group(file.id(), streams_.at(id).path).get(), attributes);
  }
  file.close();
}

void EpisodeFile::mark_unsorted(hid_t file, Stream& stream) {
  if (!std::exchange(stream.sorted, false)) return;
  const StreamScope scope(stream.path);
  set_attribute(library_, open_group(file, stream.path).get(), "sorted", std::int64_t{0});
}

void EpisodeFile::write_end(const EpisodeEnd& end) {
  file_->flush();
  write_episode_end(library_, open_group(file_->id(), "/").get(), end);
}

std::uint32_t EpisodeFile::read_chunk(const ChunkPlace& place, std::vector<std::byte>& stored) {
  // HDF5 1.10.8 remembers the chunk it looked up last, and H5Dwrite_chunk does not correct that memory: an opened dataset
  // may answer with the size or the filter mask that the chunk had while it was open.
  auto& stream = streams_.at(place.stream);
  stream.columns.at(place.column).close();
  ensure_open();
  const StreamScope scope(stream.path);
  const auto& writer = column(place.stream, place.column);
  const auto offset = writer.grid().offset(place.chunk, place.tile);
  stored.resize(chunk_bytes_stored(writer.id(), offset));
  return hdf5::read_chunk(writer.id(), offset, stored);
}

}  // namespace neurotape::hdf5
