#include "tools/followed_run.hpp"

#include <algorithm>
#include <utility>

#include "tools/commands.hpp"

namespace neurotape::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kOpenedAtFirst = 64;  ///< of those that have ended
constexpr std::size_t kOpenedLater = 16;    ///< with each look, so that it costs little beside a simulation
constexpr std::size_t kMostFollowed = 256;
constexpr int kMostAttempts = 3;

std::optional<fs::file_time_type> changed(const fs::path& path) {
  std::error_code failed;
  const auto time = fs::last_write_time(path, failed);
  return failed ? std::nullopt : std::optional(time);
}

void add(StreamSums& to, const StreamSums& from) {
  for (const auto& [path, one] : from) {
    auto& sum = to[path];
    sum.rows += one.rows;
    sum.counted_rows += one.counted_rows;
    sum.raw_bytes += one.raw_bytes;
    sum.stored_bytes += one.stored_bytes;
    sum.gaps += one.gaps;
    sum.rows_lost += one.rows_lost;
    if (!one.unit.empty()) sum.unit = one.unit;
  }
}

}  // namespace

FollowedRun::FollowedRun(Run run) : run_(std::move(run)), is_directory_(fs::is_directory(run_.path())) {}

bool FollowedRun::died() const { return is_directory_ ? !was_closed(run_) : counts_.cut_off != 0; }

void FollowedRun::look() {
  if (is_directory_ && !fs::is_directory(run_.path()))
    throw Error(ErrorCode::not_found, "the run is not there any more", {.path = run_.path().string()});
  problems_.clear();
  news_ = false;
  // Whoever records is looked at first: what came before its end is seen then.
  recorder_ = run_.recorder();
  names_changed_ = changed(run_.path() / "episodes");
  run_.refresh();
  for (const auto& problem : run_.problems()) add_problem(problem.what());
  follow_those_open();
  find_new_ones();
  live_ = is_directory_ ? recorder_.has_value() : !open_.empty();
  add_up();
  find_last_values();
  for (const auto& [number, unreadable] : unreadable_) add_problem(unreadable.why);
  first_look_ = false;
}

bool FollowedRun::has_news() {
  if (!news_ && is_directory_) news_ = run_.is_live() != live_ || changed(run_.path() / "episodes") != names_changed_;
  if (!news_ && !open_.empty()) try {
      news_ = open_.rbegin()->second.reader.refresh();
    } catch (const Error&) {
      news_ = true;  // the look will say what it is
    }
  return news_;
}

void FollowedRun::follow_those_open() {
  for (auto next = open_.begin(); next != open_.end();) {
    const auto number = next->first;
    auto& episode = (next++)->second;
    try {
      episode.reader.refresh();
      describe(episode);
      if (episode.reader.is_live()) continue;
      end(std::move(episode));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found) {
        add_problem(error.what());  // it stays as it was
        continue;
      }
    }
    open_.erase(number);  // it has ended, or was discarded
  }
}

void FollowedRun::find_new_ones() {
  const auto lines = run_.listed_episodes();
  counts_.count = lines.size();
  counts_.unseen = 0;
  Budget left{kMostFollowed, first_look_ ? kOpenedAtFirst : kOpenedLater};
  std::for_each(lines.rbegin(), lines.rend(), [&](const EpisodeSummary& line) {
    if (ended_.contains(line.number) || open_.contains(line.number)) return;
    if (wants_to_open(line, left)) {
      open(line.number);
    } else if (line.totals) {
      take_from_index(line);
    } else {
      ++counts_.unseen;
    }
  });
}

bool FollowedRun::wants_to_open(const EpisodeSummary& line, Budget& left) const {
  const auto failed = unreadable_.find(line.number);
  if (failed != unreadable_.end() && failed->second.attempts == kMostAttempts) return false;
  // Episodes that grow have files of their own.
  const bool may_grow = line.object == "/" && !line.totals;
  if (may_grow && open_.size() >= kMostFollowed) return false;
  auto& some = may_grow ? left.growing : left.ended;
  if (some == 0) return false;
  --some;
  return true;
}

void FollowedRun::open(std::uint64_t number) {
  try {
    Followed episode{run_.episode(number), {}, {}};
    describe(episode);
    ++counts_.looked_into;
    unreadable_.erase(number);
    if (episode.reader.is_live()) {
      open_.emplace(number, std::move(episode));
    } else {
      end(std::move(episode));
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) return;  // discarded since the list was made
    auto& failed = unreadable_[number];
    ++failed.attempts;
    failed.why = error.what();
    ++counts_.unseen;
  }
}

void FollowedRun::describe(Followed& episode) {
  auto streams = episode.reader.streams();
  StreamSums sums;
  for (const auto& stream : streams)
    sums[stream.path] = {stream.rows, stream.rows, stream.raw_bytes, stream.stored_bytes, 0, 0, stream.unit};
  for (const auto& gap : episode.reader.gaps()) {
    auto& sum = sums[gap.stream];
    ++sum.gaps;
    sum.rows_lost += gap.rows;
  }
  episode.streams = std::move(streams);
  episode.sums = std::move(sums);
}

void FollowedRun::end(Followed episode) {
  add(ended_sums_, episode.sums);
  (was_cut_off(episode.reader) ? counts_.cut_off : counts_.finished) += 1;
  ended_.insert(episode.reader.number());
  for (const auto& stream : episode.streams)
    if (last_values_.of(stream.path) == nullptr) look_at_last_value(episode, stream);
  auto& newest = was_cut_off(episode.reader) ? newest_cut_off_ : newest_finished_;
  if (!newest || newest->reader.number() < episode.reader.number()) newest = std::move(episode);
}

void FollowedRun::take_from_index(const EpisodeSummary& line) {
  ended_.insert(line.number);
  ++counts_.finished;
  indexed_bytes_ += line.totals->bytes_stored;
  indexed_rows_in_all_ += line.totals->rows;
  const auto rows = nlohmann::json::parse(line.totals->rows_by_stream, nullptr, false);
  if (!rows.is_object()) return;  // there are too many streams for the index
  for (const auto& [path, count] : rows.items())
    if (count.is_number_unsigned()) indexed_rows_[path] += count.get<std::uint64_t>();
}

void FollowedRun::add_up() {
  counts_.open = open_.size();
  sums_ = ended_sums_;
  for (const auto& [number, episode] : open_) add(sums_, episode.sums);
  rows_ = indexed_rows_in_all_;
  stored_bytes_ = indexed_bytes_;
  for (const auto& [path, sum] : sums_) {
    rows_ += sum.rows;
    stored_bytes_ += sum.stored_bytes;
  }
  for (const auto& [path, rows] : indexed_rows_) sums_[path].rows += rows;
}

void FollowedRun::add_problem(const std::string& what) {
  if (std::find(problems_.begin(), problems_.end(), what) == problems_.end()) problems_.push_back(what);
}

void FollowedRun::look_at_last_value(const Followed& episode, const StreamInfo& stream) {
  try {
    last_values_.look_at(episode.reader, stream);
  } catch (const Error& error) {
    add_problem(error.what());
  }
}

/// In the newest episode that is being recorded and has the stream, else in the newest that has ended.
void FollowedRun::find_last_values() {
  std::set<std::string> seen;
  const auto look_into = [&](const Followed& episode) {
    for (const auto& stream : episode.streams)
      if (stream.rows != 0 && seen.insert(stream.path).second) look_at_last_value(episode, stream);
  };
  std::for_each(open_.rbegin(), open_.rend(), [&](const auto& entry) { look_into(entry.second); });
  // Of a run whose recorder died, what it was at.
  if (newest_cut_off_ && !live_) look_into(*newest_cut_off_);
  if (newest_finished_) look_into(*newest_finished_);
}

}  // namespace neurotape::tools
