#include "recorder/episode_core.hpp"

#include <fmt/format.h>

#include "recorder/failures.hpp"
#include "recorder/lane.hpp"
#include "recorder/names.hpp"
#include "recorder/sync.hpp"

namespace neurotape {
namespace {

// A memory_cap that has room for so many bytes more of the lanes' own: the ring has at least 7 of 8 bytes that are added.
std::size_t cap_for(const RecorderParts& parts, std::size_t more_bytes) {
  const std::size_t ring = parts.blocks.bytes();
  const std::size_t wanted = parts.blocks.own_bytes() + more_bytes;
  const std::size_t missing = (wanted > ring ? wanted - ring : more_bytes) + 4 * kSlabBytes;
  constexpr std::size_t kStep = 1'000'000;
  return (ring + parts.buffers.budget_bytes() + missing / 7 * 8 + kStep) / kStep * kStep;
}

}  // namespace

EpisodeCore::EpisodeCore(EpisodeInfo episode_info, std::shared_ptr<RecorderParts> shared,
                         const ExperimentOptions& options)
    : info(std::move(episode_info)), parts(std::move(shared)), defaults(options) {}

detail::LaneHandle EpisodeCore::declare(StreamSpec spec, StreamRules rules) {
  const std::string key = spec.has_timesteps ? spec.path : spec.path + "/" + spec.columns.front().name;
  const StreamId id = claim_name(key);
  try {
    // Without the mutex: blocks may have to come back first, and workers ask the episode for its streams.
    auto stream = std::make_shared<StreamState>(id, std::move(spec), std::move(rules), parts, shared_from_this());
    auto lane = stream->add_lane();
    const std::lock_guard lock(mutex_);
    if (sealed_) throw_sealed(key);
    if (failed_) stream->set_phase(StreamState::Phase::failed);
    streams_.push_back(std::move(stream));
    return lanes_[key] = std::move(lane);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    lanes_.erase(key);
    throw;
  }
}

StreamId EpisodeCore::claim_name(const std::string& key) {
  parts->require_own_process();
  const std::lock_guard lock(mutex_);
  if (sealed_) throw_sealed(key);
  if (!lanes_.try_emplace(key).second) {
    ErrorContext where = context();
    where.stream = key;
    throw Error(ErrorCode::already_exists, "the stream is declared already", where);
  }
  return next_id_++;
}

void EpisodeCore::throw_sealed(const std::string& key) const {
  ErrorContext where = context();
  where.stream = key;
  throw Error(ErrorCode::closed, "cannot declare a stream: the episode is finished", where);
}

detail::LaneHandle EpisodeCore::find(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = lanes_.find(path);
  return found == lanes_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<StreamState>> EpisodeCore::streams() const {
  const std::lock_guard lock(mutex_);
  return streams_;
}

void EpisodeCore::set_attribute(std::string_view name, const nlohmann::json& value) {
  parts->require_own_process();
  require_attribute_name(name, context());
  const std::lock_guard lock(mutex_);
  if (sealed_)
    throw Error(ErrorCode::closed, fmt::format("cannot set the attribute '{}': the episode is finished", name),
                context());
  later_attributes_[std::string(name)] = value;
}

nlohmann::json EpisodeCore::later_attributes() const {
  const std::lock_guard lock(mutex_);
  return later_attributes_;
}

std::optional<Error> EpisodeCore::first_error() const {
  {
    const std::lock_guard lock(mutex_);
    if (first_error_) return first_error_;
  }
  for (const auto& stream : streams())
    if (auto error = stream->first_error()) return error;
  return {};
}

void EpisodeCore::reserve_own_blocks(OwnBlocks& blocks, std::size_t block_bytes, const ErrorContext& where) {
  const auto refuse = [&] {
    throw Error(
        ErrorCode::memory_cap,
        fmt::format(
            "the memory cap is too small: this stream needs two blocks of {} bytes of its own for each lane, and the "
            "ring of {} bytes cannot give them; raise memory_cap to {} bytes or more, or record with fewer streams at "
            "once",
            block_bytes, parts->blocks.bytes(), cap_for(*parts, 2 * block_bytes)),
        where);
  };
  if (2 * block_bytes > parts->blocks.bytes()) refuse();
  // What other lanes have filled comes back by itself; what they hold for good does not.
  constexpr auto kPatience = std::chrono::seconds(2);
  const auto deadline = sync::Clock::now() + kPatience;
  while (!blocks.reserve(parts->blocks, block_bytes)) {
    const bool there_is_room = parts->blocks.own_bytes() + 2 * block_bytes <= parts->blocks.bytes();
    const bool in_time = sync::Clock::now() < deadline;
    const bool comes_back = parts->finishing_episodes.load() != 0 && !parts->abandoned && !Reporter::is_telling();
    if (!comes_back && !(there_is_room && in_time)) refuse();
    parts->wake_workers();
    parts->blocks.wait_for_release(std::chrono::milliseconds(5));
  }
}

bool EpisodeCore::seal(const std::string& status, bool discard, const std::function<std::uint64_t()>& ticket) {
  const std::lock_guard lock(mutex_);
  if (sealed_.load()) return false;
  status_ = status;
  discards_ = discard;
  writer.finish_ticket = ticket();
  sealed_ = true;
  for (const auto& stream : streams_)
    if (stream->is_recording()) stream->set_phase(StreamState::Phase::finished);
  return true;
}

void EpisodeCore::tell_incomplete_columns() {
  if (sealed()) return;
  for (const auto& stream : streams()) stream->tell_incomplete_columns();
}

void EpisodeCore::count_without_stream(std::uint64_t rows) noexcept {
  rows_without_stream += rows;
  parts->rows_without_stream += rows;
}

void EpisodeCore::fail(const Error& error) noexcept {
  failed_ = true;
  const std::lock_guard lock(mutex_);
  if (!first_error_) first_error_ = error;
  for (const auto& stream : streams_) stream->set_phase(StreamState::Phase::failed);
}

void EpisodeCore::keep_error(const Error& error) noexcept {
  const std::lock_guard lock(mutex_);
  if (!first_error_) first_error_ = error;
}

// Dense streams have a row every so often, so the slowest of them tells; sparse ones tell only when there is no other.
std::int64_t EpisodeCore::committed_timestep() const noexcept {
  const std::lock_guard lock(mutex_);
  if (final_) return final_->committed_timestep;
  std::int64_t slowest_dense = INT64_MAX;
  std::int64_t latest_sparse = INT64_MIN;
  for (const auto& stream : streams_) {
    const auto committed = stream->committed_timestep.load(std::memory_order_acquire);
    if (stream->rules.dense)
      slowest_dense = std::min(slowest_dense, committed);
    else
      latest_sparse = std::max(latest_sparse, committed);
  }
  return slowest_dense != INT64_MAX ? slowest_dense : latest_sparse;
}

std::uint64_t EpisodeCore::raw_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& stream : streams()) bytes += stream->stats().bytes_in;
  return bytes;
}

std::vector<StreamStats> EpisodeCore::stats() const {
  {
    const std::lock_guard lock(mutex_);
    if (final_) return final_->streams;
  }
  std::vector<StreamStats> all;
  for (const auto& stream : streams()) all.push_back(stream->stats());
  return all;
}

void EpisodeCore::forget_streams() noexcept {
  std::optional<Final> last;
  std::optional<Error> error;
  try {
    last = Final{stats(), committed_timestep()};
    error = first_error();
  } catch (const std::exception& failure) {
    error = as_error("the last figures of an episode", failure);
  }
  const std::lock_guard lock(mutex_);
  final_ = std::move(last);
  if (!first_error_) first_error_ = error;
  streams_.clear();
  lanes_.clear();
}

}  // namespace neurotape
