#include "loader/episode_file.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "loader/attributes.hpp"
#include "loader/format.hpp"
#include "loader/records.hpp"

namespace neurotape::detail {
namespace {

using loader::Field;
using loader::Hdf5Lock;

struct CommitRecord {
  std::uint64_t stream;
  std::uint64_t rows;
};
constexpr std::array<Field, 2> kCommitFields = {{{"stream", Field::Kind::u64, offsetof(CommitRecord, stream)},
                                                 {"rows", Field::Kind::u64, offsetof(CommitRecord, rows)}}};

/// Attributes that are not the user's: of an episode, and of a file whose root is one.
const std::set<std::string> kOwnAttributes = {"episode_id", "status",         "started", "ended",
                                              "dt",         "dt_unit",        "seed",    "name",
                                              "format",     "format_version", "config",  "experiment_name"};

}  // namespace

std::shared_ptr<const EpisodeFile> EpisodeFile::open(const std::filesystem::path& path, const std::string& object,
                                                     std::uint64_t number) {
  for (loader::Retry retry(path);;) {
    try {
      return open(loader::File::open(path), object, number);
    } catch (const Error& error) {
      if (!retry.again(error)) throw;
    }
  }
}

std::shared_ptr<const EpisodeFile> EpisodeFile::open(std::shared_ptr<const loader::File> file, std::string object,
                                                     std::uint64_t number) {
  auto episode = std::make_shared<EpisodeFile>();
  episode->number = number;
  episode->id = loader::episode_id(number);
  episode->object = std::move(object);
  episode->file = std::move(file);
  episode->read();
  return episode;
}

void EpisodeFile::read() {
  const Hdf5Lock lock;
  loader::check_format(*file);
  if (object != "/" && loader::kind_of(file->id(), object, place()) != loader::LinkKind::group)
    throw Error(ErrorCode::not_found, fmt::format("there is no episode '{}' in the file", object),
                loader::context_of(place()));
  read_description();
  if (is_cut_off()) read_commits();
}

void EpisodeFile::read_description() {
  const auto group = loader::open_group(file->id(), object, place());
  const auto all = loader::read_attributes(group.get(), place());
  status = loader::text_of(all, "status");
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

void EpisodeFile::read_commits() {
  committed_.emplace();
  if (!has_dataset("commits")) return;
  loader::read_records<CommitRecord>(*file, path_of("commits"), place(), kCommitFields,
                                     [&](const CommitRecord& record) { (*committed_)[record.stream] = record.rows; });
}

std::uint64_t EpisodeFile::committed(std::optional<std::uint64_t> stream_id, std::uint64_t rows,
                                     const loader::Place& where) const {
  if (!committed_) return rows;
  const auto found = stream_id ? committed_->find(*stream_id) : committed_->end();
  if (found == committed_->end()) return 0;
  if (found->second > rows)
    loader::damaged(fmt::format("{} rows were committed, but only {} are there", found->second, rows), where);
  return found->second;
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
