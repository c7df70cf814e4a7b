#pragma once
/// \file
/// One stream of an episode, looked at as a whole.

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "loader/episode_file.hpp"
#include "loader/verify/crew.hpp"
#include "loader/verify/findings.hpp"

namespace neurotape::loader {

/// What an index says of a stream, found out anew.
struct StreamFacts {
  std::uint64_t rows = 0;
  std::int64_t first_timestep = std::numeric_limits<std::int64_t>::max();
  std::int64_t last_timestep = std::numeric_limits<std::int64_t>::min();
  double sum_of_values = 0;  ///< of rewards
  double sum_of_sizes = 0;   ///< of their absolute values: how far sums in another order may differ
  std::uint64_t stored_bytes = 0;
  bool known = true;  ///< false: something could not be read
};

/// What all checks of an episode work with.
struct Checks {
  const detail::EpisodeFile& episode;
  std::string file;  ///< as faults name it
  Findings& findings;
  Crew& crew;
  /// The last record of each stream in `commits`, whatever the status.
  std::map<std::uint64_t, Committed> last_commits = {};
};

/// Looks at the records of `commits` and fills `last_commits`; nothing where the episode has none.
void check_commits(Checks& checks);

/// A record of `chunk_index`.
struct IndexRecord {
  std::int64_t first_timestep, last_timestep;
  std::uint64_t rows;
};

/// A group of the episode: what there is of a stream.
class StreamCheck {
 public:
  /// \param gaps of this stream
  StreamCheck(Checks& checks, StreamGroup group, std::vector<GapRecord> gaps);

  StreamFacts run();

 private:
  struct Column {
    ColumnRule rule;
    std::shared_ptr<const Dataset> dataset;  ///< null: missing, or cannot be opened
    std::uint64_t rows = 0;                  ///< to be judged
  };

  void fault(const std::string& column, std::string what, std::optional<std::uint64_t> chunk = {},
             std::optional<RowRange> rows = {});
  bool is_dense() const;
  bool is_events_data(const Column& column) const;

  // stream_check.cpp
  void read_attributes();
  void open_columns();
  std::shared_ptr<const Dataset> open_column(const char* name);
  void find_rows();
  std::uint64_t committed(const Column& column);
  void check_lengths();
  void check_selected_columns();
  void check_open_rows(const std::vector<std::shared_ptr<const Dataset>>& columns);
  void check_open_rows();

  // column_check.cpp
  void check_types();
  void check_storage();
  void check_filters(const Column& column);
  void check_column(const Column& column);
  void check_chunks(const Column& column);
  void check_chunk(const Column& column, std::uint64_t group, std::uint64_t tile, detail::Storage& chunk);
  void check_pieces(const Column& column);
  std::string wrong_mask(const Column& column, RowRange rows, std::uint32_t mask) const;
  void sum_values(const Column& column, std::span<const std::byte> values);

  // timesteps_check.cpp
  void check_timesteps();
  std::optional<TimestepSpan> timesteps_of(RowRange rows) const;

  // neuron_index_check.cpp
  void check_neuron_index();

  // events_check.cpp
  void check_events();

  Checks& checks_;
  StreamGroup group_;
  std::vector<GapRecord> gaps_;
  Place place_;
  nlohmann::json attributes_;
  std::vector<Column> columns_;
  StreamFacts facts_;
  std::mutex sum_mutex_;

  /// A chunk of timesteps; `known` where it could be read.
  struct TimestepsChunk {
    RowRange rows;
    TimestepSpan span;
    bool known = false;
  };
  class TimestepsPass;
  void read_chunk_index();
  std::vector<TimestepsChunk> time_;
  std::vector<IndexRecord> chunk_index_;
};

}  // namespace neurotape::loader
