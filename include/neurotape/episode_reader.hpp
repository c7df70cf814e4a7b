#pragma once
/// \file
/// One recorded episode, finished or not.

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
/// each stream ends with the rows that were committed when the episode was opened. To see more, open it again.
///
/// Threads: any thread may call anything, at once.
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

  /// Every stream with its columns, rows and sizes, in order of their paths.
  std::vector<StreamInfo> streams() const;
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

}  // namespace neurotape
