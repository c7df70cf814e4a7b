#pragma once
/// \file
/// One recorded episode, finished or not.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neurotape/stream_readers.hpp"

namespace neurotape {

namespace detail {
class EpisodeFile;
DenseSourceHandle open_dense(const EpisodeFile& episode, StreamKind kind, std::string_view name, Dtype dtype);
SparseSourceHandle open_spikes(const EpisodeFile& episode, std::string_view population);
SparseSourceHandle open_rewards(const EpisodeFile& episode);
SparseSourceHandle open_weight_changes(const EpisodeFile& episode, Dtype weight_type);
}  // namespace detail

/// One recorded episode. A value that may be copied; keeps its file open while it or a reader from it lives.
///
/// An episode that is still being recorded, or whose process died, opens too: `status()` is "recording", and
/// each stream ends with the rows that were committed when the episode was opened. `refresh` brings it up to date:
///
///     std::uint64_t seen = 0;
///     do {
///       const auto voltage = episode.neural_state<float>("membrane_potential");
///       plot(voltage.since(seen));
///       seen = voltage.rows();
///     } while (episode.wait_for_commit(10s) || episode.is_live());
///
/// Threads: any thread may call anything, at once; but `refresh` and `wait_for_commit` change this value, and are called
/// by one thread while no other uses the same one. Copies, and readers of streams, stay as they are.
class EpisodeReader {
 public:
  explicit EpisodeReader(std::shared_ptr<const detail::EpisodeFile> file) : file_(std::move(file)) {}

  std::uint64_t number() const noexcept;
  const std::string& id() const noexcept;       ///< "episode_0003"
  const std::string& status() const noexcept;   ///< "recording", "complete", "aborted", "recovered"
  const std::string& name() const noexcept;     ///< empty: none given
  const std::string& started() const noexcept;  ///< ISO 8601, UTC
  const std::string& ended() const noexcept;    ///< empty while recording
  double dt() const noexcept;                   ///< length of a timestep in `dt_unit`; 0: not stated
  const std::string& dt_unit() const noexcept;
  std::optional<std::uint64_t> seed() const noexcept;
  /// What the user added.
  const nlohmann::json& attributes() const noexcept;
  const std::filesystem::path& file() const noexcept;
  const std::string& object() const noexcept;  ///< path of its group in the file; "/": the file is the episode

  /// Whether more may come: when the episode was last looked at, it was not finished, and a process was recording it.
  /// Of an episode with the status "recording" that is not live, the recorder died, or met an error of the disk.
  bool is_live() const noexcept;
  /// Looks for what was committed since, also where the episode has ended and lies in another file by now. Streams have
  /// at least the rows that they had. Never disturbs the recorder.
  /// \returns whether there are more rows, or another status. Streams show them when they are opened again.
  /// \throws Error not_found (it was discarded), damaged, io; the episode is as before then
  bool refresh();
  /// Refreshes until there is something new, the time is up, or nothing can come any more. Looks 20 times a second.
  /// \returns whether there is something new
  bool wait_for_commit(std::chrono::milliseconds timeout);

  /// Every stream with its columns, rows and sizes, in order of their paths.
  std::vector<StreamInfo> streams() const;
  /// One of them, by its path: "spikes/excitatory".
  /// \throws Error not_found (the text names the streams that are there)
  StreamInfo stream(std::string_view path) const;
  bool contains(std::string_view stream_path) const;

  /// \throws Error not_found (the text names the streams that are there), wrong_type (the text names the stream's)
  template <Arithmetic T>
  DenseReader<T> neural_state(std::string_view name) const {
    return DenseReader<T>(detail::open_dense(*file_, StreamKind::neural_state, name, dtype_of<T>()));
  }
  template <Arithmetic T>
  DenseReader<T> behavior(std::string_view name) const {
    return DenseReader<T>(detail::open_dense(*file_, StreamKind::behavior, name, dtype_of<T>()));
  }
  /// Ids come as 64 bits unless `std::uint32_t` is asked for; reading throws out_of_range for one that does not fit.
  template <std::unsigned_integral Id = std::uint64_t>
  SpikeReader<Id> spikes(std::string_view population) const {
    return SpikeReader<Id>(detail::open_spikes(*file_, population));
  }
  RewardReader rewards() const { return RewardReader(detail::open_rewards(*file_)); }
  template <std::floating_point T = float>
  WeightChangeReader<T> weight_changes() const {
    return WeightChangeReader<T>(detail::open_weight_changes(*file_, dtype_of<T>()));
  }
  /// All events in order of their timesteps; none where no event was logged.
  std::vector<EventRecord> events() const;
  /// What was dropped while recording; usually nothing.
  std::vector<GapRecord> gaps() const;

 private:
  std::shared_ptr<const detail::EpisodeFile> file_;
};

/// Calls `use` with the reader of a dense stream, whatever its type: for code that serves every type.
/// \returns what `use` returns, which is of one type for all of them
template <class Use>
decltype(auto) visit_dense(const EpisodeReader& episode, const StreamInfo& stream, Use&& use) {
  return visit_dtype(stream.columns.at(1).dtype, [&]<class T>(T) -> decltype(auto) {
    return use(stream.kind == StreamKind::behavior ? episode.behavior<T>(stream.name())
                                                   : episode.neural_state<T>(stream.name()));
  });
}

/// The same for weight changes, which are of one of two types.
template <class Use>
decltype(auto) visit_weight_changes(const EpisodeReader& episode, const StreamInfo& stream, Use&& use) {
  if (stream.columns.at(2).dtype == Dtype::f64) return use(episode.weight_changes<double>());
  return use(episode.weight_changes<float>());
}

}  // namespace neurotape
