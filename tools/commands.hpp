#pragma once
/// \file
/// What the subcommands find out, as JSON, and how it looks as text. The text is made of the JSON, so both say the same.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <neurotape/run.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace neurotape::tools {

using Json = nlohmann::ordered_json;

/// First and last timestep; the first is after the last where there are no rows.
struct Span {
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  std::int64_t last = std::numeric_limits<std::int64_t>::min();

  bool empty() const { return first > last; }
  void add(Span other) {
    first = std::min(first, other.first);
    last = std::max(last, other.last);
  }
};

/// What a run holds, over all its episodes. Opens each of them. `problems` lists those that cannot be read.
Json info_of_run(const Run& run);
std::string info_text(const Json& info);

/// The episodes of a run, a line each. `problems` lists those that cannot be read.
Json list_of_episodes(const Run& run);
std::string episodes_text(const Json& list);

/// The streams of one episode.
/// \param name number or id of the episode: "3", "episode_0003"
/// \throws Error not_found, damaged, io
Json list_of_streams(const Run& run, std::string_view name);
std::string streams_text(const Json& episode);

/// Tidies a run, or a copy of it where `copy_to` is not empty. `problems` lists what was left as it is.
Json recover_run(const std::string& run, const std::string& copy_to);
std::string recovery_text(const Json& report);

/// Every stream of an episode: what it is, its sizes, the rows it lost; also those of which nothing but gaps is left.
Json describe_streams(const EpisodeReader& episode);
/// Of a stream; nothing where it would take too long to find out.
std::optional<Span> timesteps_of(const EpisodeReader& episode, const StreamInfo& stream);
/// Size of a file, or of all files below a directory; null where it cannot be found out.
Json file_bytes(const std::filesystem::path& path);
/// The cells that `info` and `ls` have in common, and their titles.
std::vector<std::string> stream_titles();
std::vector<std::string> stream_cells(const Json& stream);
/// Raw over stored bytes; null where nothing is stored.
Json ratio_of(const Json& sizes);
/// "12.3 MB"; null is empty.
std::string size_text(const Json& bytes);
/// Text without quotes, the rest as JSON; null is empty.
std::string plain(const Json& value);
/// The members of an object as a list of names and values under a title; empty where it has none.
std::string members_text(std::string_view title, const Json& object);

}  // namespace neurotape::tools
