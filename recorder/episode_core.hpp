#pragma once
/// \file
/// An episode inside the recorder: its streams, and what is left to do until it is in the file.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "recorder/backend.hpp"
#include "recorder/stream_state.hpp"
#include "recorder/sync.hpp"

namespace neurotape {

/// Thread safety: the members are grouped by who may touch them.
class EpisodeCore : public std::enable_shared_from_this<EpisodeCore> {
 public:
  EpisodeCore(EpisodeInfo episode_info, std::shared_ptr<RecorderParts> shared, const ExperimentOptions& defaults);

  // Constant after the start.
  const EpisodeInfo info;
  const std::shared_ptr<RecorderParts> parts;
  const ExperimentOptions defaults;

  // Any thread.
  /// \throws Error already_exists, closed, memory_cap
  detail::LaneHandle declare(StreamSpec spec, StreamRules rules);
  /// The stream's first lane; nullptr when it is not declared.
  detail::LaneHandle find(const std::string& path) const;
  std::vector<std::shared_ptr<StreamState>> streams() const;
  void set_attribute(std::string_view name, const nlohmann::json& value);
  nlohmann::json later_attributes() const;
  std::optional<Error> first_error() const;
  void keep_error(const Error& error) noexcept;
  std::int64_t committed_timestep() const noexcept;
  std::vector<StreamStats> stats() const;
  ErrorContext context() const { return {parts->experiment, info.id, {}, {}, {}}; }
  /// Two blocks for a lane; waits for those that are on their way back. \throws Error memory_cap
  void reserve_own_blocks(OwnBlocks& blocks, std::size_t block_bytes, const ErrorContext& where);
  /// All lanes rest: says which columns were missing, if any.
  void tell_incomplete_columns();
  /// No lane records any more. False when that was so already.
  /// \param ticket drawn before anybody sees that it is sealed
  bool seal(const std::string& status, bool discard, const std::function<std::uint64_t()>& ticket);
  bool sealed() const noexcept { return sealed_.load(std::memory_order_acquire); }
  const std::string& status() const noexcept { return status_; }  ///< once sealed
  bool discards() const noexcept { return discards_.load(std::memory_order_acquire); }
  void fail(const Error& error) noexcept;
  bool failed() const noexcept { return failed_.load(std::memory_order_acquire); }
  std::uint64_t raw_bytes() const;
  /// Rows that come when the episode is finished, or from a call of `on_error`, are no stream's.
  void count_without_stream(std::uint64_t rows) noexcept;
  sync::Atomic<std::uint64_t> rows_without_stream{0};

  // The writer thread.
  struct WriterSide {
    std::unique_ptr<EpisodeSink> sink;
    std::size_t ended_streams = 0;
    std::optional<std::size_t> streams_to_end;  ///< known once a worker has taken the last rows
    EpisodeEnd end;
    std::uint64_t finish_ticket = 0;
  };
  WriterSide writer;
  /// Streams point to their episode: the circle is cut when all is in the file.
  void forget_streams() noexcept;

 private:
  StreamId claim_name(const std::string& key);
  [[noreturn]] void throw_sealed(const std::string& key) const;

  /// What is left to tell when the streams are gone.
  struct Final {
    std::vector<StreamStats> streams;
    std::int64_t committed_timestep;
  };

  mutable sync::Mutex mutex_;
  std::vector<std::shared_ptr<StreamState>> streams_;
  std::optional<Final> final_;
  std::map<std::string, detail::LaneHandle, std::less<>> lanes_;
  nlohmann::json later_attributes_ = nlohmann::json::object();
  std::optional<Error> first_error_;
  StreamId next_id_ = 0;
  std::string status_ = "recording";
  sync::Atomic<bool> discards_{false};
  sync::Atomic<bool> sealed_{false};
  sync::Atomic<bool> failed_{false};
};

}  // namespace neurotape
