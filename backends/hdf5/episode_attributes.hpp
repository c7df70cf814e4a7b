#pragma once
/// \file
/// The attributes of an episode, of a stream, and of a file that holds episodes.

#include <chrono>
#include <string>
#include <vector>

#include "backends/hdf5/attributes.hpp"
#include "recorder/backend.hpp"

namespace neurotape::hdf5 {

/// What every file of a run says at its root.
struct FileHeader {
  std::string experiment_name;
  std::string config;  ///< JSON; empty when there is none, or too much of it
};

/// Whether the episode ends with its committed rows, whatever else is in the file.
bool is_cut_off(const std::string& status) noexcept;

/// "2026-11-20T10:15:00.123456Z"
std::string iso8601(WallTime time);
double seconds_since_1970(WallTime time);

Attributes header_attributes(const FileHeader& header);
/// With status `recording`.
Attributes first_attributes(const EpisodeInfo& info);
/// Status and end.
void set_end(Attributes& attributes, const EpisodeEnd& end);

void write_header(Library& library, hid_t root, const FileHeader& header);
/// With status `recording`.
void write_episode_start(Library& library, hid_t episode, const EpisodeInfo& info);
/// Status and end. They have fixed sizes, so that they are rewritten in place.
void write_episode_end(Library& library, hid_t episode, const EpisodeEnd& end);
/// Status of an episode whose recording was cut off, and which has been tidied since.
void mark_recovered(Library& library, hid_t episode);
void write_late_attributes(Library& library, hid_t episode, const EpisodeEnd& end);
/// Attributes of the group of a stream.
void write_stream_attributes(Library& library, hid_t group, const StreamSpec& spec);
/// The dataset `columns`, where the stream has one.
void write_selected_columns(Library& library, hid_t group, const StreamSpec& spec);

/// The group at a path of several names, created where it is missing.
Handle require_group(Library& library, hid_t root, const std::string& path);
/// The same with room in the headers of new groups: `around` bytes in those on the way, `own` bytes in the last one.
Handle require_group(Library& library, hid_t root, const std::string& path, std::size_t around, std::size_t own);

}  // namespace neurotape::hdf5
