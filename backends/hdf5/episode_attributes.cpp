#include "backends/hdf5/episode_attributes.hpp"

#include <ctime>
#include <fmt/format.h>

#include "backends/hdf5/append_dataset.hpp"

namespace neurotape::hdf5 {
namespace {

constexpr std::size_t kStatusBytes = 16;
constexpr std::size_t kTimeBytes = 32;

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

Attributes header_attributes(const FileHeader& header) {
  Attributes all;
  all.set("format", text_value("neurotape"));
  all.set("format_version", number_value(std::int64_t{1}));
  all.set("experiment_name", text_value(header.experiment_name));
  if (!header.config.empty()) all.set("config", text_value(header.config));
  return all;
}

Attributes first_attributes(const EpisodeInfo& info) {
  Attributes all;
  all.set("episode_id", text_value(info.id));
  all.set("status", text_value("recording", kStatusBytes));
  all.set("started", text_value(iso8601(info.clock.started()), kTimeBytes));
  all.set("ended", text_value("", kTimeBytes));
  all.set("dt", number_value(info.dt));
  all.set("dt_unit", text_value(info.dt_unit));
  if (info.seed) all.set("seed", number_value(*info.seed));
  if (!info.name.empty()) all.set("name", text_value(info.name));
  all.set_members(info.attributes);
  return all;
}

void set_end(Attributes& attributes, const EpisodeEnd& end) {
  attributes.set("ended", text_value(iso8601(end.ended), kTimeBytes));
  attributes.set("status", text_value(end.status, kStatusBytes));
}

void write_header(Library& library, hid_t root, const FileHeader& header) {
  set_attributes(library, root, header_attributes(header));
}

void write_episode_start(Library& library, hid_t episode, const EpisodeInfo& info) {
  set_attributes(library, episode, first_attributes(info));
}

void write_episode_end(Library& library, hid_t episode, const EpisodeEnd& end) {
  Attributes last;
  set_end(last, end);
  set_attributes(library, episode, last);
}

bool is_cut_off(const std::string& status) noexcept { return status == "recording" || status == "recovered"; }

void mark_recovered(Library& library, hid_t episode) {
  set_text(library, episode, "status", "recovered", kStatusBytes);
}

void write_late_attributes(Library& library, hid_t episode, const EpisodeEnd& end) {
  set_members(library, episode, end.attributes);
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
