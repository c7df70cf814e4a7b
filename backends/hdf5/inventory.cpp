#include "backends/hdf5/inventory.hpp"

#include <algorithm>

#include "backends/hdf5/scan.hpp"

namespace neurotape::hdf5 {
namespace {

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

  std::vector<std::uint64_t> episodes_in(const std::string& name) const try {
    if (is_indexed(*source_of(name, true))) return in_file_.at(name);
    std::vector<std::uint64_t> episodes;
    const auto file = File::open(run_.episodes() / name, Access::read);
    for (const auto& link : link_names(open_group(file.id(), "/").get())) {
      if (const auto episode = number_in(link, "episode_", "")) episodes.push_back(*episode);
    }
    return episodes;
  } catch (const Error&) {
    return {};
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
    const bool known = is_indexed(*segment.source);
    std::optional<File> file;
    if (!known) file.emplace(File::open(run_.episodes() / segment.source->name, Access::read));
    bool all = true;
    for (const auto episode : segment.episodes) {
      use_numbers_after(episode);
      try {
        auto record = known ? indexed_.at(episode) : scan_segment(*file, episode);
        record.source = segment.source;
        found_.records[episode] = std::move(record);
      } catch (const Error&) {
        all = false;
      }
    }
    if (!all) segment.episodes.clear();
  }

  EpisodeRecord scan_segment(const File& file, std::uint64_t episode) const {
    return scan_episode(library_, open_group(file.id(), episode_id(episode)).get());
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
  Inventory found_;
};

}  // namespace

Inventory take_inventory(Library& library, const RunDirectory& run) { return InventoryTaker(library, run).take(); }

}  // namespace neurotape::hdf5
