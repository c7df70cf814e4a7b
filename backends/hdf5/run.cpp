#include "backends/hdf5/run.hpp"

#include <algorithm>
#include <fcntl.h>
#include <utility>

#include "backends/hdf5/inventory.hpp"

namespace neurotape::hdf5 {

Run::Run(const std::filesystem::path& parent, const RunInfo& info, const StorageOptions& options, WallTime now)
    : journal_(options.durability == Durability::power, options.on_disk_error == OnDiskError::stop ? nullptr : &wait_),
      library_({options.on_disk_error == OnDiskError::stop ? nullptr : &wait_, &journal_}),
      directory_(RunDirectory::create(parent, info.name, now)),
      segments_(library_, directory_.episodes()),
      index_(library_, directory_.index()) {
  journal_.place(directory_.journal());
  if (journal_.durable()) sync_directory(directory_.path().parent_path());
  open_names();
  setup_.emplace(library_, directory_.setup(), make_setup(info, now));
  write_index();
}

Run::Run(const std::filesystem::path& path, const StorageOptions& options, WallTime now)
    : journal_(options.durability == Durability::power, options.on_disk_error == OnDiskError::stop ? nullptr : &wait_),
      library_({options.on_disk_error == OnDiskError::stop ? nullptr : &wait_, &journal_}),
      directory_(RunDirectory::open(path, now)),
      segments_(library_, directory_.episodes()),
      index_(library_, directory_.index()) {
  journal_.place(directory_.journal());
  open_names();
  repeat_cut_off_commit(directory_);
  setup_.emplace(library_, directory_.setup());
  take_over();
  write_index();
}

void Run::open_names() {
  if (!journal_.durable()) return;
  if (const int error = names_.open(directory_.episodes(), O_RDONLY | O_DIRECTORY); error != 0)
    fail_system("opening the directory", directory_.episodes(), error);
}

void Run::sync_names() {
  if (!journal_.durable()) return;
  if (const int error = names_.sync_names(); error != 0)
    fail_system("waiting until its names are on the disk", directory_.episodes(), error);
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

std::set<std::string> Run::repeat_cut_off_commit(const RunDirectory& directory) {
  std::set<std::string> repeated;
  int unreadable = 0;
  const auto entries = driver::read_journal(directory.journal(), &unreadable);
  if (unreadable != 0) fail_system("reading what may have to be repeated", directory.journal(), unreadable);
  for (const auto& [file, error] : driver::replay(entries, directory.episodes())) {
    if (error != 0) fail_system("repeating the commit that was cut off", directory.episodes() / file, error);
    repeated.insert(file);
  }
  remove_file(directory.journal());
  sync_directory(directory.path());
  return repeated;
}

/// Where that fails, a power cut may take the files of episodes that got their names in this commit, and of no others.
void Run::sync_new_names(CommitResult& result) {
  const auto episodes = std::exchange(newly_named_, {});
  if (episodes.empty()) return;
  try {
    sync_names();
  } catch (const Error& error) {
    result.lost.insert(result.lost.end(), episodes.begin(), episodes.end());
    if (!result.why_lost) result.why_lost = error;
  }
}

void Run::commit_with(EpisodeFile& file, std::uint64_t episode, EpisodeRecord record) {
  committing_.insert_or_assign(episode, Committing{&file, std::move(record)});
}

void Run::commit_files(CommitResult& result) {
  journal_.commit(pool_.committing());
  for (auto& [episode, committing] : std::exchange(committing_, {})) {
    try {
      const bool had_name = committing.file->published();
      committing.file->committed();
      if (!had_name) own_file(episode, committing.file->path(), std::move(committing.record));
    } catch (const Error& error) {
      result.lost.push_back(episode);
      if (!result.why_lost) result.why_lost = error;
    }
  }
}

void Run::own_file(std::uint64_t episode, const std::filesystem::path& path, EpisodeRecord record) {
  const auto facts = file_facts(path).value_or(FileFacts{});
  record.source = std::make_shared<SourceFile>(SourceFile{path.filename().string(), false, facts});
  index_.set(episode, std::move(record));
  newly_named_.push_back(episode);
}

void Run::add_small(const SmallEpisode& episode, ChunkSource& chunks, EpisodeRecord record,
                    const std::filesystem::path& own_file) {
  segments_.add(header(), episode, chunks);
  pending_.push_back({episode.info->number, std::move(record), own_file});
}

void Run::forget(std::uint64_t episode, const std::filesystem::path& own_file) {
  index_.erase(episode);
  if (!own_file.empty()) remove_unless_linked(own_file);
}

void Run::publish_segment(CommitResult& result) {
  std::optional<Segment> segment;
  try {
    segment = segments_.publish();
  } catch (const Error& error) {
    if (!result.why_lost) result.why_lost = error;
  }
  const auto lost = segments_.take_lost();
  result.lost.insert(result.lost.end(), lost.begin(), lost.end());
  for (auto& [episode, record, own_file] : std::exchange(pending_, {})) {
    // What was lost with its segment still has what its own file has, if it had one.
    if (std::find(lost.begin(), lost.end(), episode) != lost.end()) continue;
    record.source = segment.value().source;
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
    remove_obsolete({path});
  }
}

void Run::write_index() {
  index_.write(setup_->setup());
  remove_obsolete(std::exchange(obsolete_, {}));
}

/// What cannot be removed stays for the next time.
void Run::remove_obsolete(const std::vector<std::filesystem::path>& paths) {
  for (const auto& path : paths) {
    try {
      remove_file(path);
    } catch (const Error&) {
      obsolete_.push_back(path);
    }
  }
}

void Run::merge_segments() {
  if (const auto merged = segments_.merge_some(header())) took_merged(*merged);
}

/// Small files are good as they are: where a merge fails, nothing is lost, and the next who opens the run tries again.
void Run::merge_rest() {
  try {
    while (const auto merged = segments_.merge_rest(header())) took_merged(*merged);
  } catch (const Error&) {
  }
}

CommitResult Run::commit() {
  CommitResult result;
  commit_files(result);
  publish_segment(result);
  const auto attempt = [&](auto action) {
    try {
      action();
    } catch (const Error& error) {
      result.put_off.push_back(error);
    }
  };
  sync_new_names(result);
  attempt([&] { merge_segments(); });
  if (index_.due()) attempt([&] { write_index(); });
  return result;
}

void Run::close() {
  CommitResult last;
  publish_segment(last);
  if (last.why_lost) throw *last.why_lost;
  sync_names();
  merge_rest();
  write_index();
  journal_.remove();
  directory_.unlock();
}

}  // namespace neurotape::hdf5
