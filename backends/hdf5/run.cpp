#include "backends/hdf5/run.hpp"

#include <utility>

#include "backends/hdf5/inventory.hpp"

namespace neurotape::hdf5 {

Run::Run(const std::filesystem::path& parent, const RunInfo& info, WallTime now)
    : directory_(RunDirectory::create(parent, info.name, now)),
      segments_(library_, directory_.episodes()),
      index_(library_, directory_.index()) {
  setup_.emplace(library_, directory_.setup(), make_setup(info, now));
  write_index();
}

Run::Run(const std::filesystem::path& path, WallTime now)
    : directory_(RunDirectory::open(path, now)),
      segments_(library_, directory_.episodes()),
      index_(library_, directory_.index()) {
  setup_.emplace(library_, directory_.setup());
  take_over();
  write_index();
}

void Run::take_over() {
  auto found = take_inventory(library_, directory_);
  next_episode_ = found.next_episode;
  for (auto& [episode, record] : found.records) index_.set(episode, std::move(record));
  for (auto& [number, segment] : found.segments) segments_.add_published(std::move(segment));
  segments_.use_numbers_from(found.next_segment);
  // The index that is there may link to second copies.
  obsolete_ = std::move(found.leftovers);
}

void Run::own_file(std::uint64_t episode, const std::filesystem::path& path, EpisodeRecord record) {
  const auto facts = file_facts(path).value_or(FileFacts{});
  record.source = std::make_shared<SourceFile>(SourceFile{path.filename().string(), false, facts});
  index_.set(episode, std::move(record));
}

void Run::add_small(const SmallEpisode& episode, ChunkSource& chunks, EpisodeRecord record,
                    const std::filesystem::path& own_file) {
  segments_.add(header(), episode, chunks);
  pending_.push_back({episode.info->number, std::move(record), own_file});
}

void Run::forget(std::uint64_t episode, const std::filesystem::path& own_file) {
  index_.erase(episode);
  if (!own_file.empty()) remove_file(own_file);
}

void Run::publish_segment() {
  const auto segment = segments_.publish();
  if (!segment) return;
  for (auto& [episode, record, own_file] : std::exchange(pending_, {})) {
    record.source = segment->source;
    index_.set(episode, std::move(record));
    if (!own_file.empty()) remove_unless_linked(own_file);
  }
}

void Run::took_merged(const Segments::Merged& merged) {
  for (const auto episode : merged.segment.episodes) index_.move(episode, merged.segment.source);
  for (const auto& name : merged.sources) remove_unless_linked(directory_.episodes() / name);
}

/// Whoever follows a link of the index must find a file there.
void Run::remove_unless_linked(const std::filesystem::path& path) {
  if (index_.mentions(path.filename().string())) {
    obsolete_.push_back(path);
  } else {
    remove_file(path);
  }
}

void Run::write_index() {
  index_.write(setup_->setup());
  for (const auto& path : std::exchange(obsolete_, {})) remove_file(path);
}

void Run::commit() {
  publish_segment();
  if (auto merged = segments_.merge_some(header())) took_merged(std::move(*merged));
  if (index_.due()) write_index();
}

void Run::close() {
  publish_segment();
  while (auto merged = segments_.merge_rest(header())) took_merged(std::move(*merged));
  write_index();
  directory_.unlock();
}

}  // namespace neurotape::hdf5
