#include "artifacts/attention_maps.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

#include "artifacts/map_file.hpp"
#include "artifacts/metadata.hpp"
#include "backends/io/new_file.hpp"
#include "recorder/threads.hpp"

namespace neurotape::detail {
namespace {

using artifacts::file_of_map;

constexpr std::size_t kListedAtOnce = 64;  // so far can the manifest be behind the files of a batch

void throw_first(const std::vector<std::exception_ptr>& thrown) {
  for (const auto& one : thrown)
    if (one) std::rethrow_exception(one);
}

}  // namespace

void AttentionMaps::settle() {
  crew_->require_usable("~AttentionMapWriter()");
  const NoSignal no_signal(SIGXFSZ);
  const std::lock_guard lock(mutex_);
  if (behind_) manifest_.replace(entries_, false);
  if (behind_ || crew_->durable()) write_metadata(crew_->durable());
  behind_ = false;
  if (crew_->durable()) manifest_.sync();
  mark_settled();
}

AttentionMaps::~AttentionMaps() {
  crew_->at_the_end(directory_, [this] { settle(); });
}

void AttentionMaps::add(MapEntry entry) {
  unreadable_.erase(entry.file_id);
  const auto [place, is_new] = places_.emplace(entry.file_id, entries_.size());
  if (is_new) {
    entries_.push_back(std::move(entry));
  } else {
    entries_[place->second] = std::move(entry);
  }
}

/// Ids that a call is writing; they are free again when it goes away.
class AttentionMaps::Busy {
 public:
  Busy(AttentionMaps& maps, const std::vector<std::string>& file_ids, std::vector<std::exception_ptr>& refused)
      : maps_(maps), file_ids_(file_ids), chosen(maps.take(file_ids, refused)) {}
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  ~Busy() {
    const std::lock_guard lock(maps_.mutex_);
    for (const auto i : chosen) maps_.busy_.erase(file_ids_[i]);
  }

 private:
  AttentionMaps& maps_;
  const std::vector<std::string>& file_ids_;

 public:
  const std::vector<std::size_t> chosen;
};

bool AttentionMaps::is_there(std::string_view file_id) const {
  return (places_.contains(file_id) || unreadable_.contains(file_id)) && !failed_.contains(file_id);
}

void AttentionMaps::require_free(const std::string& file_id) const {
  const auto refuse = [&](std::string_view why) {
    throw Error(ErrorCode::already_exists, fmt::format("map '{}' {}", file_id, why), {.path = directory_.string()});
  };
  artifacts::require_file_id(file_id);
  if (busy_.contains(file_id)) refuse("is being saved by another call");
  if (is_there(file_id) && options_.existing == Existing::error) refuse("is there already");
}

/// \param refused gets the errors of those that cannot be written
/// \returns which of these are to be written
std::vector<std::size_t> AttentionMaps::take(const std::vector<std::string>& file_ids,
                                             std::vector<std::exception_ptr>& refused) {
  std::vector<std::size_t> chosen;
  std::map<std::string_view, int> times;
  for (const auto& id : file_ids) ++times[id];
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < file_ids.size(); ++i) {
    const auto& id = file_ids[i];
    if (refused[i]) continue;
    try {
      if (times[id] > 1)  // nobody knows which of them is meant
        throw Error(ErrorCode::already_exists, fmt::format("map '{}' comes twice in one batch", id),
                    {.path = directory_.string()});
      require_free(id);
      // What cannot be read is not worth keeping.
      if (!is_there(id) || unreadable_.contains(id) || options_.existing == Existing::replace) chosen.push_back(i);
    } catch (const Error&) {
      refused[i] = std::current_exception();
    }
  }
  for (const auto i : chosen) busy_.insert(file_ids[i]);
  return chosen;
}

std::size_t AttentionMaps::save(const std::vector<NpzValue>& maps, const std::vector<std::string>& file_ids,
                                const std::vector<MapDetails>& details) {
  crew_->require_usable("save()");
  auto started = std::chrono::steady_clock::now();
  if (maps.size() != file_ids.size() || (!details.empty() && details.size() != maps.size()))
    throw Error(ErrorCode::wrong_shape, fmt::format("{} maps with {} file ids and {} details: expected as many of each",
                                                    maps.size(), file_ids.size(), details.size()));
  std::vector<std::exception_ptr> refused(maps.size());
  for (std::size_t i = 0; i < details.size(); ++i) {
    try {
      artifacts::require_details(details[i]);
    } catch (const Error&) {
      refused[i] = std::current_exception();
    }
  }
  const MapDetails none;
  const Busy busy(*this, file_ids, refused);
  std::size_t saved = 0;
  for (std::size_t first = 0; first < busy.chosen.size(); first += kListedAtOnce) {
    std::vector<MapEntry> written(std::min(kListedAtOnce, busy.chosen.size() - first));
    const auto thrown = crew_->for_each(written.size(), [&](std::size_t i) {
      const auto at = busy.chosen[first + i];
      written[i] = artifacts::write_map(directory_, maps[at], file_ids[at], details.empty() ? none : details[at],
                                        options_, *crew_);
    });
    for (std::size_t i = 0; i < thrown.size(); ++i) refused[busy.chosen[first + i]] = thrown[i];
    std::erase_if(written, [](const MapEntry& entry) { return entry.file_id.empty(); });
    saved += written.size();
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double> took = now - std::exchange(started, now);
    if (!written.empty()) put_down(std::move(written), took.count());
  }
  throw_first(refused);
  return saved;
}

void AttentionMaps::put_down(std::vector<MapEntry> written, double seconds) {
  crew_->run([&] {
    const std::lock_guard lock(mutex_);
    const bool all_new = std::none_of(written.begin(), written.end(),
                                      [&](const MapEntry& entry) { return places_.contains(entry.file_id); });
    for (const auto& entry : written) {
      add(entry);
      failed_.insert(entry.file_id);
    }
    seconds_ += seconds;
    const bool was_behind = std::exchange(behind_, true);
    if (crew_->durable()) io::sync_directory(directory_);
    if (all_new && !was_behind) {
      manifest_.append(written);
    } else {
      manifest_.replace(entries_, false);
    }
    write_metadata(must_last());
    behind_ = false;
    for (const auto& entry : written) failed_.erase(entry.file_id);
  });
}

AttentionSummary AttentionMaps::sums() const {
  AttentionSummary sums;
  sums.maps = entries_.size();
  for (const auto& entry : entries_) {
    sums.maps_clipped += entry.values_clipped == 0 ? 0 : 1;
    sums.values_clipped += entry.values_clipped;
    sums.raw_bytes += entry.shape.values() * sizeof(float);
    sums.stored_bytes += entry.bytes;
  }
  sums.compression = options_.compression;
  sums.seconds = seconds_;
  return sums;
}

void AttentionMaps::write_metadata(bool durable) const {
  std::vector<std::string> unreadable;
  for (const auto& [id, why] : unreadable_) unreadable.push_back(file_of_map(id));
  io::replace_file(metadata_path(), artifacts::metadata_text(sums(), options_, unreadable, user_), durable);
}

/// What the user gave is in no other file: it must not be lost with the power when the sums are replaced.
bool AttentionMaps::must_last() const { return crew_->durable() && !user_.empty(); }

AttentionSummary AttentionMaps::save_metadata(const nlohmann::json& user) {
  crew_->require_usable("save_metadata()");
  if (!user.is_object())
    throw Error(ErrorCode::invalid_argument, fmt::format("metadata: expected a JSON object, got {}", user.type_name()));
  AttentionSummary summary;
  crew_->run([&] {
    const std::lock_guard lock(mutex_);
    user_ = user;
    write_metadata(crew_->durable());
    summary = sums();
  });
  return summary;
}

AttentionSummary AttentionMaps::summary() const {
  const std::lock_guard lock(mutex_);
  return sums();
}

bool AttentionMaps::contains(std::string_view file_id) const {
  const std::lock_guard lock(mutex_);
  return places_.contains(file_id);
}

std::vector<MapEntry> AttentionMaps::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

std::vector<std::string> AttentionMaps::unreadable() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> reasons;
  for (const auto& [id, why] : unreadable_) reasons.push_back(why);
  return reasons;
}

}  // namespace neurotape::detail
