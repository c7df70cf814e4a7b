#pragma once
/// \file
/// A run that grows, added up over its episodes, of which few are opened for each look.

#include <cstdint>
#include <map>
#include <neurotape/run.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tools/last_value.hpp"

namespace neurotape::tools {

/// A stream over all episodes. What the index does not tell is that of the episodes that were looked into.
struct StreamSum {
  std::uint64_t rows = 0;          ///< of all episodes
  std::uint64_t counted_rows = 0;  ///< of those that were looked into
  std::uint64_t raw_bytes = 0;
  std::uint64_t stored_bytes = 0;
  std::uint64_t gaps = 0;
  std::uint64_t rows_lost = 0;
  std::string unit;
};
using StreamSums = std::map<std::string, StreamSum>;

/// Opens an episode once when it has ended, and follows those that are being recorded. Of many that ended since the last
/// look, most are taken from the index.
class FollowedRun {
 public:
  struct Episodes {
    std::uint64_t count = 0;
    std::uint64_t open = 0;      ///< being recorded
    std::uint64_t finished = 0;  ///< "recovered" ones are among them
    std::uint64_t cut_off = 0;   ///< their recording ended before they did
    std::uint64_t unseen = 0;    ///< listed, and neither looked into nor in the index yet
    std::uint64_t looked_into = 0;
  };

  explicit FollowedRun(Run run);

  /// Brings all that follows up to date. What cannot be read goes to `problems`.
  void look();
  /// Whether something was committed, began or ended since. Costs some system calls.
  bool has_news();

  const Run& run() const noexcept { return run_; }
  /// Whether more may come, as of the last look.
  bool is_live() const noexcept { return live_; }
  /// Of one that is not live: whether its recorder died before it had finished.
  bool died() const;
  const std::optional<RecorderInfo>& recorder() const noexcept { return recorder_; }
  const Episodes& episodes() const noexcept { return counts_; }
  const StreamSums& streams() const noexcept { return sums_; }
  const LastValues& last_values() const noexcept { return last_values_; }
  std::uint64_t rows() const noexcept { return rows_; }
  std::uint64_t stored_bytes() const noexcept { return stored_bytes_; }
  const std::vector<std::string>& problems() const noexcept { return problems_; }

 private:
  struct Followed {
    EpisodeReader reader;
    std::vector<StreamInfo> streams;
    StreamSums sums;
  };
  struct Unreadable {
    int attempts = 0;
    std::string why;
  };

  void follow_those_open();
  void find_new_ones();
  struct Budget {
    std::size_t growing, ended;
  };
  bool wants_to_open(const EpisodeSummary& line, Budget& left) const;
  void open(std::uint64_t number);
  void take_from_index(const EpisodeSummary& line);
  static void describe(Followed& episode);
  void end(Followed episode);
  void add_up();
  void add_problem(const std::string& what);
  void look_at_last_value(const Followed& episode, const StreamInfo& stream);
  void find_last_values();

  Run run_;
  const bool is_directory_;  ///< else the file of one episode, or of some that do not grow
  bool live_ = false;
  bool first_look_ = true;
  bool news_ = false;
  std::optional<std::filesystem::file_time_type> names_changed_;  ///< when the last look began
  std::optional<RecorderInfo> recorder_;
  std::map<std::uint64_t, Followed> open_;
  std::set<std::uint64_t> ended_;
  std::map<std::uint64_t, Unreadable> unreadable_;
  StreamSums ended_sums_;                              ///< of those looked into
  std::map<std::string, std::uint64_t> indexed_rows_;  ///< of those that only the index tells
  std::uint64_t indexed_rows_in_all_ = 0;
  std::uint64_t indexed_bytes_ = 0;
  std::optional<Followed> newest_cut_off_, newest_finished_;
  LastValues last_values_;

  Episodes counts_;
  StreamSums sums_;
  std::uint64_t rows_ = 0;
  std::uint64_t stored_bytes_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace neurotape::tools
