#include "loader/directory.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>

#include "loader/format.hpp"
#include "loader/index.hpp"

namespace neurotape::loader {
namespace {

namespace fs = std::filesystem;

struct Found {
  std::uint64_t number = 0;
  std::string name;  ///< in `episodes/`
  friend auto operator<=>(const Found&, const Found&) = default;
};

struct Listing {
  std::vector<Found> episodes;
  std::vector<Found> segments;
  friend bool operator==(const Listing&, const Listing&) = default;
};

Listing scan(const fs::path& episodes) {
  Listing listing;
  std::error_code failed;
  for (fs::directory_iterator entry(episodes, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (!name.ends_with(".h5")) continue;
    const std::string stem = name.substr(0, name.size() - 3);
    if (const auto episode = number_in(stem, "episode_")) listing.episodes.push_back({*episode, name});
    if (const auto segment = number_in(stem, "segment_")) listing.segments.push_back({*segment, name});
  }
  if (failed && failed != std::errc::no_such_file_or_directory)
    throw Error(ErrorCode::io, fmt::format("cannot list the episodes: {}", failed.message()),
                context_of({.file = episodes.string()}));
  std::sort(listing.episodes.begin(), listing.episodes.end());
  std::sort(listing.segments.begin(), listing.segments.end());
  return listing;
}

/// The records of each file that is as it was when they were made.
std::map<std::string, std::vector<IndexedEpisode>> fresh_records(const fs::path& run,
                                                                 const std::shared_ptr<Prober>& prober) {
  constexpr std::string_view kFolder = "episodes/";
  std::map<std::string, std::vector<IndexedEpisode>> by_file;
  for (auto& record : read_index(run, prober))
    if (record.file.starts_with(kFolder)) by_file[record.file.substr(kFolder.size())].push_back(std::move(record));
  std::erase_if(by_file, [&](const auto& entry) {
    struct stat status = {};
    if (entry.first.find('/') != std::string::npos) return true;
    if (::stat((run / kFolder / entry.first).c_str(), &status) != 0) return true;
    const std::int64_t mtime_ns = status.st_mtim.tv_sec * std::int64_t{1'000'000'000} + status.st_mtim.tv_nsec;
    return std::any_of(entry.second.begin(), entry.second.end(), [&](const IndexedEpisode& record) {
      return record.file_bytes != static_cast<std::uint64_t>(status.st_size) || record.file_mtime_ns != mtime_ns;
    });
  });
  return by_file;
}

/// Totals are not known before the end, whatever the record says.
EpisodePlace place_of(const std::string& file, const IndexedEpisode& record) {
  const auto totals = record.status == "recording" ? std::nullopt : std::optional(record.totals);
  return {.file = file, .object = record.object, .from_index = true, .status = record.status, .totals = totals};
}

/// Episodes of a segment, as the index has them or as they are in the file.
std::map<std::uint64_t, EpisodePlace> list_segment(const fs::path& path, const std::vector<IndexedEpisode>* records,
                                                   const std::shared_ptr<Prober>& prober) {
  std::map<std::uint64_t, EpisodePlace> episodes;
  const std::string name = path.filename().string();
  if (records != nullptr)
    for (const auto& record : *records)
      if (record.object == "/" + episode_id(record.number)) episodes[record.number] = place_of(name, record);
  if (!episodes.empty()) return episodes;
  const auto file = File::open(path, prober);
  check_format(*file);
  episodes = list_file(*file, "/");
  for (auto& [number, place] : episodes) place.file = name;
  return episodes;
}

std::map<std::uint64_t, EpisodePlace> places_of(const Listing& listing, const fs::path& run,
                                                const std::shared_ptr<Prober>& prober, bool use_index,
                                                std::vector<Error>& problems) {
  const fs::path folder = run / "episodes";
  const auto fresh = use_index ? fresh_records(run, prober) : std::map<std::string, std::vector<IndexedEpisode>>();
  const auto records_of = [&](const std::string& name) {
    const auto found = fresh.find(name);
    return found == fresh.end() ? nullptr : &found->second;
  };

  std::map<std::uint64_t, EpisodePlace> episodes;
  for (const auto& [number, name] : listing.episodes) {
    const auto* records = records_of(name);
    const bool known = records != nullptr && records->size() == 1 && records->front().number == number;
    episodes[number] = known ? place_of(name, records->front()) : EpisodePlace{name, "/", false, "", std::nullopt};
  }

  std::vector<std::map<std::uint64_t, EpisodePlace>> segments;
  for (const auto& [number, name] : listing.segments) {
    try {
      segments.push_back(list_segment(folder / name, records_of(name), prober));
    } catch (const Error& error) {
      // Not found: merged into another since it was listed.
      if (error.code() != ErrorCode::not_found) problems.push_back(error);
    }
  }
  std::stable_sort(segments.begin(), segments.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  for (auto& segment : segments)
    for (auto& [number, place] : segment) episodes[number] = std::move(place);
  return episodes;
}

}  // namespace

std::map<std::uint64_t, EpisodePlace> list_directory(const fs::path& run, const std::shared_ptr<Prober>& prober,
                                                     std::vector<Error>& problems, bool use_index) {
  constexpr int kMostAttempts = 8;
  // A recorder moves episodes from file to file, and a directory is not read in one moment: it must be the same after.
  for (int attempt = 1;; ++attempt) {
    std::vector<Error> unreadable;
    const Listing listing = scan(run / "episodes");
    auto places = places_of(listing, run, prober, use_index, unreadable);
    if (attempt < kMostAttempts && scan(run / "episodes") != listing) continue;
    problems.insert(problems.end(), unreadable.begin(), unreadable.end());
    return places;
  }
}

std::map<std::uint64_t, EpisodePlace> list_file(const File& file, const std::string& group) {
  const Hdf5Lock lock;
  std::map<std::uint64_t, EpisodePlace> episodes;
  const std::string prefix = group == "/" ? "/" : group + "/";
  for (const auto& name : names_in(file.id(), group, file.place()))
    if (const auto number = number_in(name, "episode_");
        number && kind_of(file.id(), prefix + name, file.place()) == LinkKind::group)
      episodes[*number] = {"", prefix + name, false, "", std::nullopt};
  return episodes;
}

}  // namespace neurotape::loader
