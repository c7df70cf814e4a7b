#include "neurotape/episode_reader.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "loader/episode_file.hpp"
#include "loader/events.hpp"

namespace neurotape {

using detail::EpisodeFile;

std::uint64_t EpisodeReader::number() const noexcept { return file_->number; }
const std::string& EpisodeReader::id() const noexcept { return file_->id; }
const std::string& EpisodeReader::status() const noexcept { return file_->status; }
const std::string& EpisodeReader::name() const noexcept { return file_->name; }
const std::string& EpisodeReader::started() const noexcept { return file_->started; }
const std::string& EpisodeReader::ended() const noexcept { return file_->ended; }
double EpisodeReader::dt() const noexcept { return file_->dt; }
const std::string& EpisodeReader::dt_unit() const noexcept { return file_->dt_unit; }
std::optional<std::uint64_t> EpisodeReader::seed() const noexcept { return file_->seed; }
const nlohmann::json& EpisodeReader::attributes() const noexcept { return file_->attributes; }
const std::filesystem::path& EpisodeReader::file() const noexcept { return file_->file->path(); }
const std::string& EpisodeReader::object() const noexcept { return file_->object; }

bool EpisodeReader::is_live() const noexcept { return file_->live; }

bool EpisodeReader::refresh() {
  auto now = file_->again();
  if (!now) return false;
  const bool has_news = now->differs_from(*file_);
  file_ = std::move(now);
  return has_news;
}

bool EpisodeReader::wait_for_commit(std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  constexpr Clock::duration kBetweenLooks = std::chrono::milliseconds(50);
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 365);
  const auto end = Clock::now() + std::min(timeout, kLongest);
  while (!refresh()) {
    const auto left = end - Clock::now();
    if (!is_live() || left <= Clock::duration::zero()) return false;
    std::this_thread::sleep_for(std::min(left, kBetweenLooks));
  }
  return true;
}

std::vector<StreamInfo> EpisodeReader::streams() const {
  return file_->with_retries([](const EpisodeFile& episode) {
    std::vector<StreamInfo> streams;
    for (const auto& group : episode.groups()) streams.push_back(episode.open_stream(group).info);
    return streams;
  });
}

StreamInfo EpisodeReader::stream(std::string_view path) const {
  return file_->with_retries([&](const EpisodeFile& episode) { return episode.find_stream(path).info; });
}

bool EpisodeReader::contains(std::string_view stream_path) const {
  const auto groups = file_->with_retries([](const EpisodeFile& episode) { return episode.groups(); });
  return std::any_of(groups.begin(), groups.end(), [&](const auto& group) { return group.path == stream_path; });
}

std::vector<EventRecord> EpisodeReader::events() const { return file_->with_retries(loader::read_events); }
std::vector<GapRecord> EpisodeReader::gaps() const { return file_->with_retries(loader::read_gaps); }

}  // namespace neurotape
