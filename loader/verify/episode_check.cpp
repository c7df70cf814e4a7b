#include "loader/verify/episode_check.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>

#include "loader/attributes.hpp"
#include "loader/events.hpp"

namespace neurotape::loader {
namespace {

const std::set<std::string> kStatuses = {"recording", "complete", "aborted", "recovered"};
const std::set<std::string> kCauses = {"overflow", "timeout",    "decimate", "nan",
                                       "error",    "incomplete", "invalid",  "disk"};

struct PlaceOfStreams {
  const char* path;
  StreamKind kind;
};
constexpr std::array<PlaceOfStreams, 3> kFoldersOfStreams = {
    {{"neural_states", StreamKind::neural_state}, {"behavior", StreamKind::behavior}, {"spikes", StreamKind::spikes}}};
constexpr std::array<PlaceOfStreams, 3> kSingleStreams = {
    {{"rewards", StreamKind::rewards}, {"weight_changes", StreamKind::weight_changes}, {"events", StreamKind::events}}};

class EpisodeCheck {
 public:
  EpisodeCheck(const detail::EpisodeFile& episode, EpisodeForm form, const std::string& file, Findings& findings,
               Crew& crew)
      : episode_(episode), form_(form), checks_{episode, file, findings, crew} {}

  EpisodeFacts run() {
    check_attributes();
    if (form_ == EpisodeForm::segment && episode_.has_dataset("commits"))
      fault("commits", "an episode in a segment has none");
    check_commits(checks_);
    const auto groups = find_groups();
    check_commits_name_streams(groups);
    read_gaps_by_stream();
    std::mutex mutex;
    checks_.crew.each(groups.size(), [&](auto next) {
      while (const auto i = next()) {
        const auto& group = groups[*i];
        const auto facts = StreamCheck(checks_, group, gaps_of(group)).run();
        const std::lock_guard lock(mutex);
        add(group, facts);
      }
    });
    checks_.findings.count_episode(episode_.id, episode_.status != "recording");
    return std::move(facts_);
  }

 private:
  void fault(const std::string& column, std::string what) {
    checks_.findings.add({checks_.file, episode_.id, "", column, {}, {}, std::move(what)});
  }

  void check_attributes() {
    const Hdf5Lock lock;
    const auto group = open_group(episode_.file->id(), episode_.object, episode_.place());
    const auto all = read_attributes(group.get(), episode_.place());
    for (const char* name : {"episode_id", "status", "started", "ended", "dt_unit"})
      if (const auto found = all.find(name); found == all.end() || !found->is_string())
        fault("", fmt::format("its attribute '{}' is missing, or no text", name));
    if (const auto dt = all.find("dt"); dt == all.end() || !dt->is_number_float())
      fault("", "its attribute 'dt' is missing, or no number");
    if (const auto id = text_of(all, "episode_id", episode_.id); id != episode_.id)
      fault("", fmt::format("its attribute 'episode_id' is '{}'", id));
    facts_.status = text_of(all, "status");
    if (!kStatuses.contains(facts_.status)) return fault("", fmt::format("its status is '{}'", facts_.status));
    if (form_ == EpisodeForm::segment && episode_.is_cut_off())
      fault("", fmt::format("its status is '{}', but a segment has finished episodes", facts_.status));
    if (!episode_.is_cut_off() && episode_.ended.empty())
      fault("", "it is finished, but its attribute 'ended' is empty");
    if (episode_.started.empty()) fault("", "its attribute 'started' is empty");
  }

  void check_commits_name_streams(const std::vector<StreamGroup>& groups) {
    std::set<std::uint64_t> known;
    for (const auto& group : groups)
      for (const char* column : {"timesteps", "data"})
        if (const auto id = stream_id(group.path + "/" + column); id && !known.insert(*id).second)
          fault("", fmt::format("'{}/{}' has the stream_id {} of another stream", group.path, column, *id));
    if (!facts_.all.known) return;
    for (const auto& [stream, record] : checks_.last_commits)
      if (!known.contains(stream)) fault("commits", fmt::format("there is no stream {}", stream));
  }

  std::optional<std::uint64_t> stream_id(const std::string& path) try {
    if (!episode_.has_dataset(path)) return std::nullopt;
    return Dataset::open(episode_.file, episode_.path_of(path), episode_.place())->stream_id();
  } catch (const Error&) {
    return std::nullopt;  // the check of the stream tells
  }

  /// The streams that have timesteps. A group of none has nothing else either: nothing was recorded.
  std::vector<StreamGroup> find_groups() {
    std::vector<StreamGroup> groups;
    for (const auto& [folder, kind] : kFoldersOfStreams)
      for (const auto& name : names_in_folder(folder)) look_at({fmt::format("{}/{}", folder, name), kind}, groups);
    for (const auto& [path, kind] : kSingleStreams) look_at({path, kind}, groups);
    return groups;
  }

  std::vector<std::string> names_in_folder(const std::string& folder) try {
    const Hdf5Lock lock;
    const auto kind = kind_of(folder);
    if (kind == LinkKind::group) return names_in(episode_.file->id(), episode_.path_of(folder), episode_.place());
    if (kind != LinkKind::none) stream_fault(folder, "it is not a group of this file");
    return {};
  } catch (const Error& error) {
    stream_fault(folder, cause_of(error));
    return {};
  }

  void look_at(const StreamGroup& group, std::vector<StreamGroup>& groups) try {
    const Hdf5Lock lock;
    const auto kind = kind_of(group.path);
    if (kind == LinkKind::none) return;
    if (kind != LinkKind::group) return stream_fault(group.path, "it is not a group of this file");
    if (episode_.has_dataset(group.path + "/timesteps")) return groups.push_back(group);
    const auto names = names_in(episode_.file->id(), episode_.path_of(group.path), episode_.place());
    if (std::any_of(names.begin(), names.end(), [](const auto& name) { return name != "columns"; }))
      stream_fault(group.path, "its dataset 'timesteps' is missing");
  } catch (const Error& error) {
    stream_fault(group.path, cause_of(error));
    facts_.all.known = false;
  }

  void stream_fault(const std::string& path, std::string what) {
    checks_.findings.add({checks_.file, episode_.id, path, "", {}, {}, std::move(what)});
  }

  void read_gaps_by_stream() try {
    for (auto& gap : read_gaps(episode_)) {
      const auto told = [&](const std::string& what) {
        checks_.findings.add({checks_.file,
                              episode_.id,
                              gap.stream,
                              "gaps",
                              {},
                              TimestepSpan{gap.first_timestep, gap.last_timestep},
                              "a gap " + what});
      };
      if (!kCauses.contains(gap.cause)) told(fmt::format("has the cause '{}'", gap.cause));
      if (gap.first_timestep > gap.last_timestep)
        told(fmt::format("begins with timestep {} and ends with {}", gap.first_timestep, gap.last_timestep));
      if (gap.rows == 0) told("says that no rows were lost");
      if (kind_of(gap.stream) == LinkKind::none)
        told(fmt::format("is of the stream '{}', which is not there", gap.stream));
      gaps_[gap.stream].push_back(std::move(gap));
    }
  } catch (const Error& error) {
    fault("gaps", cause_of(error));
  }

  std::vector<GapRecord> gaps_of(const StreamGroup& group) const {
    const auto found = gaps_.find(group.path);
    return found == gaps_.end() ? std::vector<GapRecord>() : found->second;
  }

  LinkKind kind_of(const std::string& path) const {
    return kind_of(episode_.file->id(), episode_.path_of(path), episode_.place());
  }
  static LinkKind kind_of(hid_t file, const std::string& path, const Place& place) {
    const Hdf5Lock lock;
    return path.empty() ? LinkKind::none : loader::kind_of(file, path, place);
  }

  void add(const StreamGroup& group, const StreamFacts& facts) {
    auto& all = facts_.all;
    facts_.rows[group.path] = facts.rows;
    all.rows += facts.rows;
    all.stored_bytes += facts.stored_bytes;
    all.first_timestep = std::min(all.first_timestep, facts.first_timestep);
    all.last_timestep = std::max(all.last_timestep, facts.last_timestep);
    all.known = all.known && facts.known;
    if (group.kind != StreamKind::rewards) return;
    all.sum_of_values = facts.sum_of_values;
    all.sum_of_sizes = facts.sum_of_sizes;
  }

  const detail::EpisodeFile& episode_;
  const EpisodeForm form_;
  Checks checks_;
  EpisodeFacts facts_;
  std::map<std::string, std::vector<GapRecord>> gaps_;
};

}  // namespace

EpisodeFacts check_episode(const detail::EpisodeFile& episode, EpisodeForm form, const std::string& file,
                           Findings& findings, Crew& crew) {
  return EpisodeCheck(episode, form, file, findings, crew).run();
}

}  // namespace neurotape::loader
