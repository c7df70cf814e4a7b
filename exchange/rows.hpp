#pragma once
/// \file
/// Rows of any stream, one after the other, for those who write them down.

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <neurotape/episode_reader.hpp>
#include <neurotape/error.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace neurotape::exchange {

/// What each row has, in order. The fields from `first_of_values` on are the values of a dense row.
struct RowLayout {
  std::vector<std::string> names;  ///< "timestep", "neuron_id"; of values the number of the column, or "value"
  std::size_t first_of_values = 0;
  bool scalar = false;  ///< a dense row is one value
};

/// Takes rows: the layout once, then for each row its fields, and `end_row`.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void begin(const RowLayout& layout) = 0;
  virtual void number(std::string_view text, bool finite) = 0;
  virtual void text(std::string_view text) = 0;
  virtual void json(std::string_view text) = 0;  ///< the data of an event
  /// \returns false: no more rows are wanted
  virtual bool end_row() = 0;
  virtual void end() = 0;
};

/// Which rows of a stream.
struct RowChoice {
  std::int64_t from = std::numeric_limits<std::int64_t>::min();
  std::int64_t to = std::numeric_limits<std::int64_t>::max();  ///< exclusive, but for this default
  std::optional<Indices> ids = {};  ///< neurons, or synapses; columns of a dense stream; nothing: all

  bool has_range() const noexcept { return from != RowChoice().from || to != RowChoice().to; }
};

/// Gives the rows of a stream to a sink, reading some megabytes at a time.
/// \throws Error not_found, out_of_range, invalid_argument (rewards and events have no ids), and what reading throws
void read_rows(const EpisodeReader& episode, const StreamInfo& stream, const RowChoice& choice, RowSink& sink);

/// The shortest text that reads back as this number; "nan", "inf", "-inf".
template <class T>
std::string_view number_text(T value, std::array<char, 32>& buffer) {
  if constexpr (std::is_same_v<T, bool>) return value ? "1" : "0";
  if constexpr (std::is_floating_point_v<T>) {
    if (value != value) return "nan";
    if (value > std::numeric_limits<T>::max()) return "inf";
    if (value < std::numeric_limits<T>::lowest()) return "-inf";
  }
  if constexpr (!std::is_same_v<T, bool>) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
  }
}

template <class T>
void put_number(RowSink& sink, T value) {
  std::array<char, 32> buffer;
  bool finite = true;
  if constexpr (std::is_floating_point_v<T>) finite = std::isfinite(value);
  sink.number(number_text(value, buffer), finite);
}

}  // namespace neurotape::exchange
