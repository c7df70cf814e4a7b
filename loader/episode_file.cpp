#include "loader/episode_file.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "loader/attributes.hpp"
#include "loader/exporter.hpp"
#include "loader/format.hpp"
#include "loader/records.hpp"

namespace neurotape::detail {
namespace {

using loader::Field;
using loader::Hdf5Lock;

struct CommitRecord {
  std::uint64_t number;
  std::uint64_t stream;
  std::uint64_t rows;
  std::uint64_t open_rows_xxh3;
};
constexpr std::array<Field, 4> kCommitFields = {
    {{"number", Field::Kind::u64, offsetof(CommitRecord, number)},
     {"stream", Field::Kind::u64, offsetof(CommitRecord, stream)},
     {"rows", Field::Kind::u64, offsetof(CommitRecord, rows)},
     {"open_rows_xxh3", Field::Kind::u64, offsetof(CommitRecord, open_rows_xxh3)}}};

/// Attributes that are not the user's: of an episode, and of a file whose root is one.
const std::set<std::string> kOwnAttributes = {"episode_id", "status",         "started", "ended",
                                              "dt",         "dt_unit",        "seed",    "name",
                                              "format",     "format_version", "config",  "experiment_name"};

}  // namespace

std::shared_ptr<const EpisodeFile> EpisodeFile::open(const std::filesystem::path& path, const std::string& object,
                                                     std::uint64_t number,
                                                     const std::shared_ptr<loader::Prober>& prober,
                                                     const EpisodeFile* earlier) {
  for (loader::Retry retry;;) {
    const loader::Stamp before(path);
    try {
      auto episode = std::make_shared<EpisodeFile>();
      episode->names_ = loader::Stamp(std::filesystem::absolute(path).parent_path());
      const auto since = loader::file_recorded_since(path);
      episode->number = number;
      episode->object = object;
      episode->file = loader::File::open(path, prober, object);
      episode->read(earlier);
      episode->live = episode->is_recorded_by(since);
      return episode;
    } catch (const Error& error) {
      if (!retry.again(error, before)) throw;
    }
  }
}

std::shared_ptr<const EpisodeFile> EpisodeFile::open(std::shared_ptr<const loader::File> file, std::string object,
                                                     std::uint64_t number) {
  auto episode = std::make_shared<EpisodeFile>();
  episode->number = number;
  episode->object = std::move(object);
  episode->file = std::move(file);
  episode->file->probe(episode->object);
  episode->read(nullptr);
  return episode;
}

void EpisodeFile::read(const EpisodeFile* earlier) {
  id = loader::episode_id(number);
  const Hdf5Lock lock;
  loader::check_format(*file);
  if (object != "/" && loader::kind_of(file->id(), object, place()) != loader::LinkKind::group)
    throw Error(ErrorCode::not_found, fmt::format("there is no episode '{}' in the file", object),
                loader::context_of(place()));
  exported = loader::is_of_exporter(*file);
  read_description();
  if (!is_cut_off()) return;
  read_commits(earlier);
  check_commits_name_streams();
}

void EpisodeFile::read_description() {
  const auto group = loader::open_group(file->id(), object, place());
  const auto all = loader::read_attributes(group.get(), place());
  status = loader::text_of(all, "status");
  if (exported && status.empty()) status = "complete";
  name = loader::text_of(all, "name");
  started = loader::text_of(all, "started");
  ended = loader::text_of(all, "ended");
  dt = loader::number_of(all, "dt", 0);
  dt_unit = loader::text_of(all, "dt_unit");
  seed = loader::count_of(all, "seed");
  attributes = nlohmann::json::object();
  for (const auto& [key, value] : all.items())
    if (!kOwnAttributes.contains(key)) attributes[key] = value;
}

void EpisodeFile::read_commits(const EpisodeFile* earlier) {
  if (earlier != nullptr && earlier->is_cut_off()) {
    committed_ = earlier->committed_;
    commits_ = earlier->commits_;
    last_commit_ = earlier->last_commit_;
  }
  if (!has_dataset("commits")) return;
  const auto take = [&](const CommitRecord& record) {
    auto& last = committed_[record.stream];
    if (record.number < last_commit_ || record.rows < last.rows)
      loader::damaged(fmt::format("its 'commits' go back: commit {} of stream {}, {} rows", record.number,
                                  record.stream, record.rows),
                      place());
    last_commit_ = record.number;
    last = {record.rows, record.open_rows_xxh3};
    ++commits_;
  };
  loader::read_records<CommitRecord>(*file, path_of("commits"), place(), kCommitFields, take, commits_);
}

/// The `stream_id`s of all streams; nothing where some of them cannot be looked at.
std::optional<std::set<std::uint64_t>> EpisodeFile::stream_ids() const try {
  std::set<std::uint64_t> known;
  for (const auto& group : groups())
    for (const char* column : {"timesteps", "data"}) {
      const auto below = fmt::format("{}/{}", group.path, column);
      if (!has_dataset(below)) continue;
      const loader::Handle dataset(
          loader::check(H5Dopen2(file->id(), path_of(below).c_str(), H5P_DEFAULT), "cannot open a dataset", place()),
          H5Dclose);
      const auto stream_id = loader::read_attribute(dataset.get(), "stream_id", place());
      if (stream_id.is_number_integer()) known.insert(stream_id.get<std::uint64_t>());
    }
  return known;
} catch (const Error&) {
  return std::nullopt;  // the other streams can still be read
}

/// A record of a stream that is not there would be missed by another one.
void EpisodeFile::check_commits_name_streams() const {
  const auto known = stream_ids();
  for (const auto& [stream, last] : committed_)
    if (known && !known->contains(stream))
      loader::damaged(fmt::format("its 'commits' name a stream {} that is not there", stream), place());
}

std::uint64_t EpisodeFile::committed(std::optional<std::uint64_t> stream_id, std::uint64_t rows,
                                     const loader::Place& where) const {
  if (!is_cut_off()) return rows;
  const auto found = stream_id ? committed_.find(*stream_id) : committed_.end();
  if (found == committed_.end()) return 0;
  if (found->second.rows > rows)
    loader::damaged(fmt::format("{} rows were committed, but only {} are there", found->second.rows, rows), where);
  return found->second.rows;
}

std::string EpisodeFile::path_of(std::string_view below) const {
  return object == "/" ? "/" + std::string(below) : fmt::format("{}/{}", object, below);
}

bool EpisodeFile::has_dataset(const std::string& below) const {
  const Hdf5Lock lock;
  return loader::kind_of(file->id(), path_of(below), place()) == loader::LinkKind::dataset;
}

loader::Place EpisodeFile::place() const { return {file->path().string(), id, ""}; }

}  // namespace neurotape::detail
