#include "recorder/stream_state.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "recorder/chunk_layout.hpp"
#include "recorder/episode_core.hpp"
#include "recorder/lane.hpp"
#include "recorder/sync.hpp"

namespace neurotape {
namespace {

std::size_t bytes_of_row(const StreamSpec& spec) {
  std::size_t bytes = 0;
  for (const auto& column : spec.columns) bytes += column.row_bytes();
  return bytes;
}

std::vector<std::shared_ptr<const Encoder>> encoders_for(RecorderParts& parts, const StreamSpec& spec,
                                                         const Codec& codec) {
  std::vector<std::shared_ptr<const Encoder>> encoders;
  for (const auto& column : spec.columns)
    encoders.push_back(parts.encoder(codec, spec.path + "/" + column.name, column.element_bytes()));
  return encoders;
}

}  // namespace

void RecorderParts::require_own_process() const {
  if (are_ours()) return;
  throw Error(ErrorCode::closed, "this process was forked from the one that records: only that one can record",
              {.experiment = experiment});
}

std::shared_ptr<const Encoder> RecorderParts::encoder(const Codec& codec, const std::string& column,
                                                      std::size_t element_bytes) {
  const bool learns = codec.family() == Codec::Family::adaptive;
  const std::lock_guard lock(encoders_mutex_);
  auto& encoder = encoders_[{codec.to_string() + (learns ? " " + column : ""), element_bytes}];
  if (encoder == nullptr) encoder = codecs->make_encoder(codec, element_bytes);
  return encoder;
}

StreamState::StreamState(StreamId number, StreamSpec stream_spec, StreamRules stream_rules,
                         std::shared_ptr<RecorderParts> shared, std::shared_ptr<EpisodeCore> of)
    : id(number),
      spec(std::move(stream_spec)),
      rules(std::move(stream_rules)),
      parts(std::move(shared)),
      episode(std::move(of)),
      row_bytes(bytes_of_row(spec)),
      encoders(encoders_for(*parts, spec, rules.codec)),
      partition_reader_(&partition_head_),
      declared_at_(sync::Clock::now()) {}

StreamState::~StreamState() = default;

void StreamState::set_phase(Phase phase) noexcept {
  phase_.store(phase, std::memory_order_relaxed);
  if (parts->blocks.has_waiters()) parts->blocks.wake_waiters();
}

std::uint32_t StreamState::rows_in(std::size_t block_bytes) const noexcept {
  const std::size_t room = block_bytes - kBlockHeaderBytes - 64 * spec.columns.size();
  return static_cast<std::uint32_t>(std::min<std::size_t>(room / row_bytes, UINT32_MAX / 2));
}

void StreamState::shape_block(Block& block, std::uint64_t rows_before) const noexcept {
  std::uint32_t rows = rows_in(block.bytes);
  const auto excess = (rows_before + rows) % block_alignment_.load(std::memory_order_relaxed);
  if (rows > excess) rows -= static_cast<std::uint32_t>(excess);
  block.capacity = rows;
  std::size_t offset = kBlockHeaderBytes;
  for (std::size_t i = 0; i < spec.columns.size(); ++i) {
    block.offsets[i] = static_cast<std::uint32_t>(offset);
    offset += (rows * spec.columns[i].row_bytes() + 63) / 64 * 64;
  }
}

std::shared_ptr<detail::Lane> StreamState::add_lane() {
  auto lane = std::make_unique<detail::Lane>(*this);
  const std::size_t smallest = rows_in(kSmallBlockBytes) != 0 ? kSmallBlockBytes
                               : rows_in(kSlabBytes) != 0     ? kSlabBytes
                                                          : row_bytes + kBlockHeaderBytes + 64 * spec.columns.size();
  episode->reserve_own_blocks(lane->own_blocks, smallest, context());
  const std::lock_guard lock(lanes_mutex_);
  lanes_.push_back(std::move(lane));
  return {shared_from_this(), lanes_.back().get()};
}

std::string StreamState::chosen_codecs() const {
  std::string text;
  for (std::size_t i = 0; i < encoders.size(); ++i) {
    const auto chosen = encoders[i]->chosen();
    if (!chosen.empty()) text += fmt::format("{}{}={}", text.empty() ? "" : " ", spec.columns[i].name, chosen);
  }
  return text;
}

nlohmann::json StreamState::late_attributes() const {
  auto late = nlohmann::json::object();
  if (auto chosen = chosen_codecs(); !chosen.empty()) late["codec_chosen"] = std::move(chosen);
  if (rules.precision) late["largest_error"] = largest_error.load(std::memory_order_relaxed);
  return late;
}

StreamStats StreamState::stats() const {
  StreamStats stats;
  stats.episode = episode->info.id;
  stats.stream = spec.path;
  stats.codec = rules.codec.to_string();
  if (const auto chosen = chosen_codecs(); !chosen.empty()) stats.codec += " (" + chosen + ")";
  {
    const std::lock_guard lock(lanes_mutex_);
    for (const auto& lane : lanes_) lane->add_to(stats);
    if (partitioned()) count_rows_of_columns(stats);
  }
  stats.rows_dropped += rows_dropped_later_.load(std::memory_order_relaxed);
  stats.rows_recorded = stats.rows_offered - std::min(stats.rows_offered, stats.rows_dropped);
  stats.rows_committed = rows_committed.load(std::memory_order_relaxed);
  stats.late_rows = late_rows_.load(std::memory_order_relaxed);
  stats.largest_error = largest_error.load(std::memory_order_relaxed);
  stats.nan_values = nan_values.load(std::memory_order_relaxed);
  stats.bytes_in = stats.rows_recorded * row_bytes;
  stats.bytes_stored = bytes_stored.load(std::memory_order_relaxed);
  // The text of events is in the file with their rows, and not counted as rows of its own.
  if (!spec.has_timesteps)
    stats.rows_offered = stats.rows_recorded = stats.rows_dropped = stats.rows_rejected = stats.rows_committed = 0;
  return stats;
}

std::optional<Error> StreamState::first_error() const {
  const std::lock_guard lock(lanes_mutex_);
  return first_error_;
}

void StreamState::tell(const Error& error) noexcept {
  {
    const std::lock_guard lock(lanes_mutex_);
    if (!first_error_) first_error_ = error;
  }
  parts->reporter.failure(error);
}

ErrorContext StreamState::context(std::optional<std::int64_t> timestep) const {
  return {parts->experiment, episode->info.id, spec.path, timestep, {}};
}

}  // namespace neurotape
