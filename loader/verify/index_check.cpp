#include "loader/verify/index_check.hpp"

#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <set>

#include "loader/format.hpp"
#include "loader/index.hpp"
#include "loader/verify/setup_check.hpp"

namespace neurotape::loader {
namespace {

constexpr const char* kIndex = "experiment_data.h5";

/// Where an external link leads: file and object; nothing where it is none.
std::optional<std::pair<std::string, std::string>> target_of(const File& file, const std::string& path) {
  const Hdf5Lock lock;
  H5L_info_t info = {};
  if (H5Lexists(file.id(), path.c_str(), H5P_DEFAULT) <= 0 ||
      H5Lget_info(file.id(), path.c_str(), &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_EXTERNAL)
    return std::nullopt;
  std::vector<char> value(info.u.val_size);
  const char *target = nullptr, *object = nullptr;
  unsigned flags = 0;
  if (H5Lget_val(file.id(), path.c_str(), value.data(), value.size(), H5P_DEFAULT) < 0 ||
      H5Lunpack_elink_val(value.data(), value.size(), &flags, &target, &object) < 0)
    return std::nullopt;
  return std::pair(std::string(target), std::string(object));
}

/// The order of a sum is not told: it may differ by as much as rounding brings.
bool is_same_sum(double a, double b, double size) {
  constexpr double kRounding = 1e-9;
  return a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= kRounding * size;
}

class IndexCheck {
 public:
  IndexCheck(const JudgedRun& judged, Findings& findings) : judged_(judged), findings_(findings) {}

  void run(const std::filesystem::path& path) {
    const auto file = File::open(path, judged_.prober);
    findings_.count({.files = 1});
    const auto attributes = check_run_attributes(*file, kIndex, findings_);
    if (!judged_.attributes.is_null() && attributes != judged_.attributes)
      fault("", "its attributes are not those of setup.h5");
    const auto records = read_index(*file);
    if (!judged_.closed) return;  // it may be older than what is there
    check_links(*file);
    check_records(records);
  }

 private:
  void fault(const std::string& episode, std::string what) {
    findings_.add({kIndex, episode, "", "", {}, {}, std::move(what)});
  }

  std::pair<std::string, std::string> where(std::uint64_t number) const {
    const auto& place = judged_.places.at(number);
    return {"episodes/" + place.file, place.object};
  }

  void check_links(const File& file) {
    for (const char* group : {"config", "network_structure"}) {
      const auto target = target_of(file, group);
      if (!target || target->first != "setup.h5" ||
          (target->second != group && target->second != "/" + std::string(group)))
        fault("", fmt::format("its link '{}' does not lead to setup.h5", group));
    }
    std::set<std::string> linked;
    {
      const Hdf5Lock lock;
      for (auto& name : names_in(file.id(), "episodes", file.place())) linked.insert(std::move(name));
    }
    for (const auto& name : linked)
      if (const auto number = number_in(name, "episode_"); !number || !judged_.places.contains(*number))
        fault(name, "it has a link to an episode that is not there");
    for (const auto& [number, facts] : judged_.facts) {
      const auto target = target_of(file, "episodes/" + episode_id(number));
      if (target != where(number))
        fault(episode_id(number), target ? "its link leads elsewhere" : "it has no link to the episode");
    }
  }

  void check_records(const std::vector<IndexedEpisode>& records) {
    std::set<std::uint64_t> seen;
    for (const auto& record : records) {
      const auto id = episode_id(record.number);
      if (!seen.empty() && record.number <= *seen.rbegin())
        fault(id, "its records are not in the order of their numbers");
      seen.insert(record.number);
      if (!judged_.places.contains(record.number)) {
        fault(id, "it has a record of an episode that is not there");
      } else if (const auto facts = judged_.facts.find(record.number); facts != judged_.facts.end()) {
        check_record(id, record, facts->second);
      }
    }
    for (const auto& [number, facts] : judged_.facts)
      if (!seen.contains(number)) fault(episode_id(number), "it has no record of the episode");
  }

  void check_record(const std::string& id, const IndexedEpisode& record, const EpisodeFacts& facts) {
    const auto says = [&](const char* field, const auto& recorded, const auto& found) {
      if (recorded != found)
        fault(id, fmt::format("its record has the {} {}, but there is {}", field, recorded, found));
    };
    const auto [file, object] = where(record.number);
    says("file", record.file, file);
    says("object", record.object, object);
    says("status", record.status, facts.status);
    // An unfinished episode may have grown since; of a damaged one the rest is not known.
    if (facts.status == "recording" || !facts.all.known) return;
    const bool any = facts.all.rows != 0;
    says("rows", record.totals.rows, facts.all.rows);
    says("first timestep", record.totals.first_timestep, any ? facts.all.first_timestep : 0);
    says("last timestep", record.totals.last_timestep, any ? facts.all.last_timestep : -1);
    if (!is_same_sum(record.totals.sum_of_rewards, facts.all.sum_of_values, facts.all.sum_of_sizes))
      says("return", record.totals.sum_of_rewards, facts.all.sum_of_values);
    // Of a recovered one the space of the open chunks counts in one and not in the other.
    if (facts.status != "recovered") says("bytes_stored", record.totals.bytes_stored, facts.all.stored_bytes);
    if (!record.totals.rows_by_stream.empty() &&
        nlohmann::json::parse(record.totals.rows_by_stream, nullptr, false) != nlohmann::json(facts.rows))
      fault(id, fmt::format("its record has the streams {}, but there is {}", record.totals.rows_by_stream,
                            nlohmann::json(facts.rows).dump()));
  }

  const JudgedRun& judged_;
  Findings& findings_;
};

}  // namespace

void check_index(const std::filesystem::path& run, const JudgedRun& judged, Findings& findings) try {
  if (!judged.closed && !std::filesystem::exists(run / kIndex)) return;
  IndexCheck(judged, findings).run(run / kIndex);
} catch (const Error& error) {
  findings.add({kIndex, "", "", "", {}, {}, cause_of(error)});
}

}  // namespace neurotape::loader
