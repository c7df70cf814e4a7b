#include "tools/watch_look.hpp"

#include <array>
#include <cmath>
#include <ctime>

#include "tools/commands.hpp"

namespace neurotape::tools {
namespace {

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// "2026-11-20T14:20:57Z"
std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc = {};
  gmtime_r(&now, &utc);
  std::array<char, 32> text = {};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

Json describe(const std::optional<RecorderInfo>& recorder) {
  if (!recorder || recorder->ring_bytes == 0) return {};
  return {{"bytes", recorder->ring_bytes},
          {"used_bytes", recorder->ring_used_bytes},
          {"peak_bytes", recorder->ring_peak_bytes}};
}

Json describe(const FollowedRun::Episodes& episodes) {
  return {{"count", episodes.count},     {"open", episodes.open},     {"finished", episodes.finished},
          {"cut_off", episodes.cut_off}, {"unseen", episodes.unseen}, {"looked_into", episodes.looked_into}};
}

/// Raw bytes, where so many rows are known to have so many.
Json bytes_of_rows(const Json& rows, const StreamSum& sum) {
  if (rows.is_null() || sum.counted_rows == 0) return {};
  return rows.get<double>() * static_cast<double>(sum.raw_bytes) / static_cast<double>(sum.counted_rows);
}

Json ratio(std::uint64_t raw_bytes, std::uint64_t stored_bytes) {
  return ratio_of({{"raw_bytes", raw_bytes}, {"stored_bytes", stored_bytes}});
}

}  // namespace

Json Looks::rate(std::uint64_t before, std::uint64_t after, Clock::time_point now) const {
  if (!before_) return {};
  const double seconds = std::chrono::duration<double>(now - before_->time).count();
  // Fewer: an episode was discarded.
  return seconds > 0 ? Json(after > before ? static_cast<double>(after - before) / seconds : 0.0) : Json();
}

/// Since the recorder began; once that has ended, as it was last.
Json Looks::elapsed_seconds() {
  if (const auto& recorder = run_.recorder(); recorder && run_.is_live())
    if (const auto since = seconds_of_time(recorder->since)) elapsed_seconds_ = seconds_since_1970() - *since;
  return elapsed_seconds_ ? Json(*elapsed_seconds_) : Json();
}

Json Looks::stream(const std::string& path, const StreamSum& sum, const Moment& now) const {
  const auto before = before_ ? before_->rows_of_streams.find(path) : now.rows_of_streams.end();
  const bool is_new = !before_ || before == before_->rows_of_streams.end();
  const auto rows_per_second = rate(is_new ? 0 : before->second, sum.rows, now.time);
  const auto* last = run_.last_values().of(path);
  const bool has_value = last != nullptr && std::isfinite(last->last.value);
  return {{"path", path},
          {"unit", sum.unit},
          {"rows", sum.rows},
          {"rows_per_second", rows_per_second},
          {"raw_bytes_per_second", bytes_of_rows(rows_per_second, sum)},
          {"raw_bytes", sum.raw_bytes},
          {"stored_bytes", sum.stored_bytes},
          {"ratio", ratio(sum.raw_bytes, sum.stored_bytes)},
          {"gaps", sum.gaps},
          {"rows_lost", sum.rows_lost},
          {"last", has_value ? Json(last->last.value) : Json()},
          {"last_timestep", has_value ? Json(last->last.timestep) : Json()},
          {"last_episode", has_value ? Json(last->episode) : Json()}};
}

Json Looks::next() {
  run_.look();
  Moment now{Clock::now(), run_.rows(), {}};
  Json streams = Json::array();
  std::uint64_t raw_bytes = 0, stored_bytes = 0, lost = 0;
  double raw_bytes_per_second = 0;
  for (const auto& [path, sum] : run_.streams()) {
    streams.push_back(stream(path, sum, now));
    now.rows_of_streams[path] = sum.rows;
    raw_bytes += sum.raw_bytes;
    stored_bytes += sum.stored_bytes;
    lost += sum.rows_lost;
    if (const auto& rate = streams.back()["raw_bytes_per_second"]; !rate.is_null())
      raw_bytes_per_second += rate.get<double>();
  }
  Json look{{"look", ++number_},
            {"time", utc_now()},
            {"path", run_.run().path().string()},
            {"name", run_.run().name()},
            {"live", run_.is_live()},
            {"ended", run_.is_live() ? Json() : Json(run_.died() ? "died" : "finished")},
            {"elapsed_seconds", elapsed_seconds()},
            {"episodes", describe(run_.episodes())},
            {"rows", run_.rows()},
            {"rows_per_second", rate(before_ ? before_->rows : 0, run_.rows(), now.time)},
            {"raw_bytes_per_second", before_ ? Json(raw_bytes_per_second) : Json()},
            {"stored_bytes", run_.stored_bytes()},
            {"ratio", ratio(raw_bytes, stored_bytes)},
            {"rows_lost", lost},
            {"ring", describe(run_.recorder())},
            {"streams", std::move(streams)},
            {"problems", run_.problems()}};
  before_ = std::move(now);
  return look;
}

}  // namespace neurotape::tools
