#include "neurotape/episode.hpp"

#include <exception>
#include <new>

#include "recorder/episode_state.hpp"
#include "recorder/failures.hpp"
#include "recorder/lane.hpp"
#include "recorder/leak.hpp"

namespace neurotape {
namespace {

Error told(const std::exception& error, const EpisodeCore& episode) noexcept try {
  const bool is_own = dynamic_cast<const Error*>(&error) != nullptr;
  if (is_own || dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return as_error("recording", error);
  return Error(ErrorCode::invalid_argument, error.what(), episode.context());
} catch (...) {
  return out_of_memory();
}

// Recording never throws: what does is told to on_error, and to whoever finishes the episode.
template <class F>
void guarded(detail::EpisodeState& state, F&& action) noexcept {
  try {
    action();
  } catch (const std::exception& error) {
    const Error kept = told(error, *state.core);
    state.core->keep_error(kept);
    state.core->parts->reporter.failure(kept);
  }
}

}  // namespace

Episode::Episode(detail::EpisodeHandle state)
    : state_(std::move(state)), exceptions_at_start_(std::uncaught_exceptions()) {}
Episode::Episode(Episode&&) noexcept = default;

Episode& Episode::operator=(Episode&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(exceptions_at_start_, other.exceptions_at_start_);
  return *this;
}

Episode::~Episode() {
  if (state_ == nullptr) return;
  if (!state_->recorder->is_ours()) {
    detail::leak(std::move(state_));
    return;
  }
  const bool unwinding = std::uncaught_exceptions() > exceptions_at_start_;
  guarded(*state_, [&] {
    if (!unwinding) state_->core->tell_incomplete_columns();
    state_->recorder->finish(state_->core, unwinding ? "aborted" : "complete", false);
  });
}

const std::string& Episode::id() const noexcept { return state_->core->info.id; }
std::uint64_t Episode::number() const noexcept { return state_->core->info.number; }

void Episode::log_timestep(std::int64_t t, const Timestep& timestep) noexcept {
  guarded(*state_, [&] { state_->log_timestep(t, timestep); });
}

void Episode::log_weight_change(std::int64_t t, std::uint64_t synapse, double old_weight, double new_weight) noexcept {
  guarded(*state_, [&] { state_->log_weight_change(t, synapse, old_weight, new_weight); });
}

void Episode::log_event(std::string_view type, std::int64_t t, const nlohmann::json& data) noexcept {
  guarded(*state_, [&] { state_->log_event(type, t, data); });
}

void Episode::set_attribute(std::string_view name, const nlohmann::json& value) {
  state_->core->set_attribute(name, value);
}

void Episode::finish() {
  state_->core->parts->require_own_process();
  state_->core->tell_incomplete_columns();
  const auto error = state_->core->first_error();
  state_->recorder->finish(state_->core, "complete", false);
  if (error) throw *error;
}

void Episode::abort(bool discard) {
  state_->core->parts->require_own_process();
  state_->recorder->finish(state_->core, "aborted", discard);
}

std::int64_t Episode::committed_timestep() const noexcept { return state_->core->committed_timestep(); }
Stats Episode::stats() const { return state_->recorder->stats_of(*state_->core); }

}  // namespace neurotape
