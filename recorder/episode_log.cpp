/// \file
/// The calls of an episode that need no handle.

#include <array>
#include <cstring>
#include <fmt/format.h>

#include "recorder/episode_state.hpp"
#include "recorder/lane.hpp"
#include "recorder/names.hpp"

namespace neurotape::detail {

// The thread may be in one of these calls already, with the mutex.
void EpisodeState::refuse_in_handler(const char* call, std::uint64_t rows) {
  if (Reporter::is_telling()) core->count_without_stream(rows);
  Reporter::refuse_in_handler(call);
}

bool EpisodeState::refuses(std::string_view call, std::int64_t t, std::uint64_t rows) {
  if (!core->sealed()) return false;
  core->count_without_stream(rows);
  if (!told_that_finished_.insert(call).second) return true;
  ErrorContext where = core->context();
  where.timestep = t;
  throw Error(ErrorCode::closed, fmt::format("{}: the episode is finished", call), where);
}

void EpisodeState::log_timestep(std::int64_t t, const Timestep& timestep) {
  const std::size_t dense = timestep.neural_state.size() + timestep.behavior.size();
  const std::uint64_t offered = dense + timestep.spikes.size() + (timestep.reward ? 1 : 0);
  refuse_in_handler("log_timestep", offered);
  const std::lock_guard lock(mutex_);
  if (refuses("log_timestep", t, offered)) return;
  // A row that cannot be recorded does not cost the others.
  const auto log_all = [&](std::string_view group, const std::vector<NamedArray>& rows) {
    for (const NamedArray& row : rows) {
      try {
        log_dense(group, t, row);
      } catch (const Error& error) {
        core->keep_error(error);
        core->parts->reporter.failure(error);
      }
    }
  };
  log_all("neural_states", timestep.neural_state);
  log_all("behavior", timestep.behavior);
  if (timestep.spikes.size() != 0) {
    const std::array columns{timestep.spikes};
    own_lane("spikes/default", [](EpisodeState& state) {
      return declare_spikes(state, "default", Dtype::u32, {});
    }).record_rows(t, columns);
  }
  if (timestep.reward) {
    const std::array columns{ColumnInput(&*timestep.reward, 1)};
    own_lane("rewards", [](EpisodeState& state) { return declare_rewards(state, {}); }).record_rows(t, columns);
  }
}

void EpisodeState::log_dense(std::string_view group, std::int64_t t, const NamedArray& row) {
  fmt::memory_buffer text;  // has room for most paths: nothing is allocated
  fmt::format_to(std::back_inserter(text), "{}/{}", group, row.name);
  auto found = lanes_.find(std::string_view(text.data(), text.size()));
  if (found == lanes_.end()) {
    const auto path = fmt::to_string(text);
    LaneHandle lane = core->find(path);
    if (lane == nullptr) {
      ErrorContext where = core->context();
      where.timestep = t;
      require_name("stream", row.name, where);
      lane = declare_dense(*this, group, row.name, row.values.dtype(), Shape(row.values.size()), {});
    }
    found = lanes_.emplace(path, std::move(lane)).first;
  }
  Lane& lane = *found->second;
  if (const Dtype expected = lane.stream().spec.columns[1].dtype; expected != row.values.dtype())
    return lane.reject(t, 1, ErrorCode::wrong_type, [&] {
      return fmt::format("expected {}, got {}", dtype_name(expected), dtype_name(row.values.dtype()));
    });
  lane.record_row(t, static_cast<const std::byte*>(row.values.data()), row.values.size());
}

void EpisodeState::log_weight_change(std::int64_t t, std::uint64_t synapse, double old_weight, double new_weight) {
  refuse_in_handler("log_weight_change", 1);
  const std::lock_guard lock(mutex_);
  if (refuses("log_weight_change", t, 1)) return;
  Lane& lane =
      own_lane("weight_changes", [](EpisodeState& state) { return declare_weight_changes(state, Dtype::f32, {}); });
  if (lane.stream().spec.columns[2].dtype == Dtype::f64) {
    const std::array columns{ColumnInput(&synapse, 1), ColumnInput(&old_weight, 1), ColumnInput(&new_weight, 1)};
    return lane.record_rows(t, columns);
  }
  const auto before = static_cast<float>(old_weight);
  const auto after = static_cast<float>(new_weight);
  const std::array columns{ColumnInput(&synapse, 1), ColumnInput(&before, 1), ColumnInput(&after, 1)};
  lane.record_rows(t, columns);
}

// An event is a row, and the bytes of its JSON in a stream beside it. Room for the row comes first: bytes without a row
// would be taken for the next event's.
void EpisodeState::log_event(std::string_view type, std::int64_t t, const nlohmann::json& data) {
  refuse_in_handler("log_event", 1);
  const std::lock_guard lock(mutex_);
  if (refuses("log_event", t, 1)) return;
  const std::string text = data.dump();
  if (event_rows_ == nullptr) event_rows_ = declare_events(*this);
  if (event_bytes_ == nullptr) event_bytes_ = declare_event_bytes(*this);
  if (const auto why = fault_of_text(type); !why.empty())
    return event_rows_->reject(t, 1, ErrorCode::invalid_name,
                               [&] { return fmt::format("expected plain text as the type of an event: {}", why); });
  if (type.empty() || type.size() > kEventTypeBytes)
    return event_rows_->reject(t, 1, ErrorCode::invalid_name, [&] {
      return fmt::format("expected the type of an event to have 1 to {} bytes, got {}", kEventTypeBytes, type.size());
    });
  if (!event_rows_->make_room_for_one(t)) return;
  const std::uint64_t before = event_bytes_->rows_recorded();
  const std::array bytes{ColumnInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size())};
  event_bytes_->record_rows(0, bytes);
  if (event_bytes_->rows_recorded() != before + text.size()) return event_rows_->drop_one(t);
  std::array<std::uint8_t, kEventTypeBytes> name{};
  std::memcpy(name.data(), type.data(), type.size());
  const std::uint64_t end = before + text.size();
  const std::array columns{ColumnInput(name), ColumnInput(&end, 1)};
  event_rows_->record_rows(t, columns);
}

Lane& EpisodeState::own_lane(const std::string& path, LaneHandle (*declare)(EpisodeState&)) {
  auto found = lanes_.find(path);
  if (found == lanes_.end()) {
    const LaneHandle first = core->find(path);
    found = lanes_.emplace(path, first == nullptr ? declare(*this) : sparse_lane(first)).first;
  }
  return *found->second;
}

}  // namespace neurotape::detail
