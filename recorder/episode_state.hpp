#pragma once
/// \file
/// What an `Episode` points to.

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "neurotape/episode.hpp"
#include "recorder/episode_core.hpp"
#include "recorder/recorder.hpp"
#include "recorder/sync.hpp"

namespace neurotape::detail {

inline constexpr std::uint32_t kEventTypeBytes = 64;
LaneHandle declare_events(EpisodeState& episode);
LaneHandle declare_event_bytes(EpisodeState& episode);

class EpisodeState {
 public:
  EpisodeState(std::shared_ptr<Recorder> of, std::shared_ptr<EpisodeCore> episode)
      : recorder(std::move(of)), core(std::move(episode)) {}

  const std::shared_ptr<Recorder> recorder;
  const std::shared_ptr<EpisodeCore> core;

  void log_timestep(std::int64_t t, const Timestep& timestep);
  void log_weight_change(std::int64_t t, std::uint64_t synapse, double old_weight, double new_weight);
  void log_event(std::string_view type, std::int64_t t, const nlohmann::json& data);

 private:
  /// Rows of an episode that is finished: counted, and told once for each kind of call.
  bool refuses(std::string_view call, std::int64_t t, std::uint64_t rows);
  void refuse_in_handler(const char* call, std::uint64_t rows);
  void log_dense(std::string_view group, std::int64_t t, const NamedArray& row);
  /// The lane of `log_*` for a sparse stream: one of its own, since a handle may be in use by another thread.
  Lane& own_lane(const std::string& path, LaneHandle (*declare)(EpisodeState&));

  sync::Mutex mutex_;  ///< of everything that logs
  std::map<std::string, LaneHandle, std::less<>> lanes_;
  std::set<std::string_view> told_that_finished_;
  LaneHandle event_rows_;
  LaneHandle event_bytes_;
};

}  // namespace neurotape::detail
