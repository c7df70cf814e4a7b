#pragma once
/// \file
/// What a stream had last, as one number.

#include <cstdint>
#include <map>
#include <neurotape/episode_reader.hpp>
#include <string>

namespace neurotape::tools {

struct LastValue {
  double value = 0;  ///< NaN: there is none
  std::int64_t timestep = 0;
};

/// Of a dense stream the last row's value, or the mean of its values that are not NaN; of spikes how many there were in a
/// timestep, since the row `seen` or of late; the last reward; the weight that changed last. Of events
/// nothing. The stream has rows.
LastValue last_value(const EpisodeReader& episode, const StreamInfo& stream, std::uint64_t seen);

/// The last value of each stream, in the episode in which it grew last. Reads what is new only.
class LastValues {
 public:
  struct Value {
    std::uint64_t episode = 0;
    std::uint64_t rows = 0;
    LastValue last = {};
  };
  /// The stream in this episode, which is newer than those that were looked at, or the same.
  void look_at(const EpisodeReader& episode, const StreamInfo& stream);
  /// Null: none is known.
  const Value* of(const std::string& path) const;

 private:
  std::map<std::string, Value> values_;
};

}  // namespace neurotape::tools
