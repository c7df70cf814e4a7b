#pragma once
/// \file
/// What the subcommands find out, as JSON, and how it looks as text. The text is made of the JSON, so both say the same.

#include <cstdint>
#include <filesystem>
#include <neurotape/run.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/output.hpp"

namespace neurotape::tools {

/// The command is its own prober: every file that it reads is probed first.
inline constexpr const char* kOwnProber = "/proc/self/exe";

/// What a run holds, over all its episodes. `problems` lists those that cannot be read.
/// \param in_full opens each, however many there are; else the index counts the rows of many
Json info_of_run(const Run& run, bool in_full);
std::string info_text(const Json& info);

/// The episodes of a run, a line each, from the index where it is fresh. `problems` lists those that cannot be read.
/// \param in_full opens each: also `name`, `started`, `ended`, `wall_seconds`
Json list_of_episodes(const Run& run, bool in_full);
std::string episodes_text(const Json& list);

/// The streams of one episode.
/// \throws Error not_found, damaged, io
Json list_of_streams(const EpisodeReader& episode);
/// What an episode says of itself, without its streams.
Json description_of(const EpisodeReader& episode);
std::string streams_text(const Json& episode);

/// Tidies a run, or a copy of it where `copy_to` is not empty. `problems` lists what was left as it is, and
/// streams whose committed rows are not all there.
/// \throws Error damaged (reading a file of it would end the command), and what `recover` throws
Json recover_run(const std::string& run, const std::string& copy_to);
std::string recovery_text(const Json& report);

/// Who records the run now, for the members `live` (whether a process does), `cut_off` (how many episodes had their
/// recording end before they did) and `closed`; empty where nobody does and nothing was cut off.
std::string recorder_text(const Json& run);
bool was_cut_off(const EpisodeReader& episode);
/// Whether no recorder has it open, and none died in it.
bool was_closed(const Run& run);

/// Reads all of a run and tells what is wrong with it: `sound`, and `faults`.
/// \param jobs threads; 0: as many as the machine has
Json verify_run(const std::string& run, unsigned jobs);
std::string verification_text(const Json& report);

/// For commands that would else leave out without a word what cannot be read.
/// \throws Error what the list of the episodes met
void require_all_listed(const Run& run);

/// Every stream of an episode: what it is, its sizes, the rows it lost; also those of which nothing but gaps is left.
Json describe_streams(const EpisodeReader& episode);
/// The same members for a stream of which only the path is known.
Json describe_unread_stream(const std::string& path);
/// Size of a file, or of all files below a directory; null where it cannot be found out.
Json file_bytes(const std::filesystem::path& path);
/// The cells that `info` and `ls` have in common, and their titles.
std::vector<std::string> stream_titles();
std::vector<std::string> stream_cells(const Json& stream);
/// Raw over stored bytes; null where nothing is stored.
Json ratio_of(const Json& sizes);
/// "0..160" of the members `first_timestep` and `last_timestep`; "0.250 s". Null is empty.
std::string timesteps_text(const Json& from);
std::string duration_text(const Json& seconds);
/// Seconds since 1970 of "2026-11-20T10:15:00.5Z"; nothing for other texts.
std::optional<double> seconds_of_time(const std::string& text);
/// "12.3 MB"; null is empty.
std::string size_text(const Json& bytes);
/// A line "note: ..." each.
std::string notes_text(const Json& notes);
/// Text without quotes, the rest as JSON; null is empty.
std::string plain(const Json& value);
/// The members of an object as a list of names and values under a title; empty where it has none.
std::string members_text(std::string_view title, const Json& object);

}  // namespace neurotape::tools
