#include "backends/hdf5/episode_attributes.hpp"

#include <ctime>
#include <fmt/format.h>

#include "backends/hdf5/append_dataset.hpp"

namespace neurotape::hdf5 {
namespace {

constexpr std::size_t kStatusBytes = 16;
constexpr std::size_t kTimeBytes = 32;

void write_user_attributes(Library& library, hid_t episode, const nlohmann::json& attributes) {
  for (const auto& [name, value] : attributes.items()) set_json(library, episode, name, value);
}

}  // namespace

std::string iso8601(WallTime time) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(microseconds / 1'000'000 - (microseconds % 1'000'000 < 0 ? 1 : 0));
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, microseconds - seconds * 1'000'000);
}

double seconds_since_1970(WallTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

void write_header(Library& library, hid_t root, const FileHeader& header) {
  set_text(library, root, "format", "neurotape");
  set_attribute(library, root, "format_version", std::int64_t{1});
  set_text(library, root, "experiment_name", header.experiment_name);
  if (!header.config.empty()) set_text(library, root, "config", header.config);
}

void write_episode_start(Library& library, hid_t episode, const EpisodeInfo& info) {
  set_text(library, episode, "episode_id", info.id);
  set_text(library, episode, "status", "recording", kStatusBytes);
  set_text(library, episode, "started", iso8601(info.clock.started()), kTimeBytes);
  set_text(library, episode, "ended", "", kTimeBytes);
  set_attribute(library, episode, "dt", info.dt);
  set_text(library, episode, "dt_unit", info.dt_unit);
  if (info.seed) set_attribute(library, episode, "seed", *info.seed);
  if (!info.name.empty()) set_text(library, episode, "name", info.name);
  write_user_attributes(library, episode, info.attributes);
}

void write_episode_end(Library& library, hid_t episode, const EpisodeEnd& end) {
  set_text(library, episode, "ended", iso8601(end.ended), kTimeBytes);
  set_text(library, episode, "status", end.status, kStatusBytes);
}

bool is_cut_off(const std::string& status) noexcept { return status == "recording" || status == "recovered"; }

void mark_recovered(Library& library, hid_t episode) {
  set_text(library, episode, "status", "recovered", kStatusBytes);
}

void write_late_attributes(Library& library, hid_t episode, const EpisodeEnd& end) {
  write_user_attributes(library, episode, end.attributes);
}

void write_stream_attributes(Library& library, hid_t group, const StreamSpec& spec) {
  set_members(library, group, spec.attributes);
}

void write_selected_columns(Library& library, hid_t group, const StreamSpec& spec) {
  const auto& columns = spec.selected_columns;
  if (columns.empty()) return;
  write_records(library, group, "columns", H5T_STD_U64LE, sizeof(columns.front()), columns.data(), columns.size());
}

Handle require_group(Library& library, hid_t root, const std::string& path) {
  return require_group(library, root, path, 0, 0);
}

Handle require_group(Library& library, hid_t root, const std::string& path, std::size_t around, std::size_t own) {
  Handle group;
  hid_t parent = root;
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto name = path.substr(begin, end - begin);
    const auto room = end == path.size() ? own : around;
    const auto creation = room == 0 ? library.group_creation() : library.group_creation(room);
    auto next = link_exists(parent, name) ? open_group(parent, name)
                                          : create_group(parent, name, library.link_creation(), creation);
    group = std::move(next);
    parent = group.get();
    begin = end + 1;
  }
  return group;
}

}  // namespace neurotape::hdf5
