#include "backends/hdf5/inventory.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <string_view>

#include "backends/hdf5/errors.hpp"
#include "backends/hdf5/scan.hpp"
#include "backends/io/file.hpp"

namespace neurotape::hdf5 {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{1} << 20;
/// A merge adds segments until there are enough episodes in it.
constexpr std::uint64_t kMostEpisodes = 2 * Segments::kFullEpisodes;
constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";

class InventoryTaker {
 public:
  InventoryTaker(Library& library, const RunDirectory& run)
      : library_(library), run_(run), indexed_(Index::read(library, run.index())) {
    for (const auto& [episode, record] : indexed_) in_file_[record.source->name].push_back(episode);
  }

  Inventory take() {
    for (const auto& path : {run_.setup(), run_.index(), run_.profile()}) {
      if (file_facts(transient_name(path))) found_.leftovers.push_back(transient_name(path));
    }
    for (const auto& name : list_directory(run_.episodes())) look_at(name);
    take_segments();
    for (const auto& [episode, name] : own_files_) take_own_file(episode, name);
    // Numbers of episodes that cannot be read are not used again.
    if (!indexed_.empty()) use_numbers_after(indexed_.rbegin()->first);
    found_.next_episode += unknown_segments_ * kMostEpisodes;
    return std::move(found_);
  }

 private:
  void use_numbers_after(std::uint64_t episode) { found_.next_episode = std::max(found_.next_episode, episode + 1); }

  void look_at(const std::string& name) {
    // Only our own: others, too, hide files behind a dot.
    if (number_in(name, ".episode_", ".h5") || number_in(name, ".segment_", ".h5")) {
      found_.leftovers.push_back(run_.episodes() / name);
    } else if (const auto episode = number_in(name, "episode_", ".h5")) {
      own_files_[*episode] = name;
      use_numbers_after(*episode);
    } else if (const auto number = number_in(name, "segment_", ".h5")) {
      found_.next_segment = std::max(found_.next_segment, *number + 1);
      found_.segments.push_back({*number, {source_of(name, true), episodes_in(name)}});
    }
  }

  std::shared_ptr<const SourceFile> source_of(const std::string& name, bool is_segment) const {
    return std::make_shared<SourceFile>(
        SourceFile{name, is_segment, file_facts(run_.episodes() / name).value_or(FileFacts{})});
  }

  bool is_indexed(const SourceFile& source) const {
    const auto known = in_file_.find(source.name);
    return known != in_file_.end() && indexed_.at(known->second.front()).source->facts == source.facts;
  }

  /// What `read` returns; nothing where the file is damaged. A disk that only failed once is asked again.
  /// \throws Error io: it is the disk that cannot read it
  template <class Read>
  auto read_segment(const std::string& name, Read read) const -> std::optional<decltype(read())> {
    try {
      return read();
    } catch (const Error&) {
      read_bytes(run_.episodes() / name);
    }
    try {
      return read();
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  static void read_bytes(const std::filesystem::path& path) {
    std::vector<std::byte> bytes(kReadAtOnce);
    io::OpenFile file;
    int error = file.open(path, O_RDONLY | O_NOFOLLOW);
    if (error == ELOOP || error == ENXIO || error == EISDIR) return;  // no recorder makes such
    std::size_t got = bytes.size();
    for (std::uint64_t at = 0; error == 0 && got == bytes.size(); at += got) error = file.read(at, bytes, &got);
    if (error != 0) fail_system("reading what was recorded before", path, error);
  }

  std::vector<std::uint64_t> episodes_in(const std::string& name) {
    if (is_indexed(*source_of(name, true))) return in_file_.at(name);
    const auto found = read_segment(name, [&] {
      std::vector<std::uint64_t> episodes;
      const auto file = File::open(run_.episodes() / name, Access::read);
      for (const auto& link : link_names(open_group(file.id(), "/").get())) {
        if (const auto episode = number_in(link, "episode_", "")) episodes.push_back(*episode);
      }
      return episodes;
    });
    if (!found && !in_file_.contains(name) && read_text(run_.episodes() / name, kSignature.size()) == kSignature)
      ++unknown_segments_;
    return found.value_or(std::vector<std::uint64_t>());
  }

  /// The segment with the most episodes has them; what a merge has copied is then found to be empty.
  void take_segments() {
    auto& segments = found_.segments;
    std::stable_sort(segments.begin(), segments.end(), [](const auto& a, const auto& b) {
      return a.segment.episodes.size() > b.segment.episodes.size();
    });
    for (auto& [number, segment] : segments) {
      const bool had_any = !segment.episodes.empty();
      std::erase_if(segment.episodes, [&](std::uint64_t episode) { return found_.records.contains(episode); });
      if (had_any && segment.episodes.empty()) found_.leftovers.push_back(run_.episodes() / segment.source->name);
      take_episodes_of(segment);
    }
    std::erase_if(segments, [](const auto& each) { return each.segment.episodes.empty(); });
    std::sort(segments.begin(), segments.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  }

  /// A segment with an episode that cannot be read stays as it is, out of the list: a merge would lose that episode.
  void take_episodes_of(Segment& segment) {
    if (segment.episodes.empty()) return;
    const auto& name = segment.source->name;
    const bool known = is_indexed(*segment.source);
    const auto file =
        known ? std::nullopt : read_segment(name, [&] { return File::open(run_.episodes() / name, Access::read); });
    bool all = true;
    for (const auto episode : segment.episodes) {
      use_numbers_after(episode);
      auto record = known ? indexed_.at(episode) : file ? scan_segment(name, *file, episode) : std::nullopt;
      all = all && record;
      if (!record) continue;
      record->source = segment.source;
      found_.records[episode] = std::move(*record);
    }
    if (!all) segment.episodes.clear();
  }

  std::optional<EpisodeRecord> scan_segment(const std::string& name, const File& file, std::uint64_t episode) const {
    return read_segment(name, [&] { return scan_episode(library_, open_group(file.id(), episode_id(episode)).get()); });
  }

  void take_own_file(std::uint64_t episode, const std::string& name) {
    const auto path = run_.episodes() / name;
    if (found_.records.contains(episode)) {
      found_.leftovers.push_back(path);
      return;
    }
    const auto source = source_of(name, false);
    try {
      auto record = is_indexed(*source) ? indexed_.at(episode) : scan_file(path);
      record.source = source;
      found_.records[episode] = std::move(record);
    } catch (const Error&) {
      // Nothing to say about it.
    }
  }

  EpisodeRecord scan_file(const std::filesystem::path& path) {
    const auto file = File::open(path, Access::read);
    return scan_episode(library_, open_group(file.id(), "/").get());
  }

  Library& library_;
  const RunDirectory& run_;
  const std::map<std::uint64_t, EpisodeRecord> indexed_;
  std::map<std::string, std::vector<std::uint64_t>> in_file_;  // of the index
  std::map<std::uint64_t, std::string> own_files_;
  std::uint64_t unknown_segments_ = 0;  ///< that have episodes, and nobody knows which
  Inventory found_;
};

}  // namespace

Inventory take_inventory(Library& library, const RunDirectory& run) { return InventoryTaker(library, run).take(); }

}  // namespace neurotape::hdf5
