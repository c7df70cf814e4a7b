// An episode that was opened before, found again: it grows, ends, moves into a segment, and segments are merged.

#include <chrono>
#include <fmt/format.h>
#include <thread>

#include "loader/directory.hpp"
#include "loader/episode_file.hpp"

namespace neurotape::detail {

bool EpisodeFile::differs_from(const EpisodeFile& other) const {
  return status != other.status || committed_ != other.committed_;
}

std::shared_ptr<const EpisodeFile> EpisodeFile::again() const {
  if (status != "recording") return nullptr;
  const bool still_live = is_recorded_by(loader::file_recorded_since(file->path()));
  const bool may_have_moved = names_.may_have_changed();
  if (live == still_live && !may_have_moved && !file->opened().may_have_changed()) return nullptr;
  const auto run = loader::run_of(file->path());
  if (run && may_have_moved) return find_again(*run);
  return open(file->path(), object, number, file->prober(), this);
}

std::shared_ptr<const EpisodeFile> EpisodeFile::find_again(const std::filesystem::path& run) const {
  constexpr int kMostAttempts = 8;
  for (int attempt = 1;; ++attempt) {
    std::vector<Error> unreadable;
    const auto all = loader::list_directory(run, file->prober(), unreadable);
    try {
      const auto found = all.find(number);
      if (found == all.end())
        throw Error(ErrorCode::not_found, "the episode is not there any more", loader::context_of(place()));
      const auto path = run / "episodes" / found->second.file;
      if (path.filename() == file->path().filename()) return open(path, object, number, file->prober(), this);
      return open(loader::File::open(path, file->prober()), found->second.object, number);
    } catch (const Error& error) {
      // Files come before those go that they replace, but a directory is not listed in one moment.
      if (error.code() != ErrorCode::not_found || attempt == kMostAttempts) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1 << attempt));
  }
}

}  // namespace neurotape::detail
