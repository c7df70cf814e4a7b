#pragma once
/// \file
/// Reads what was recorded: a run directory, a file of one or many episodes, or a packed file. Never writes.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "neurotape/array.hpp"
#include "neurotape/episode_reader.hpp"
#include "neurotape/error.hpp"
#include "neurotape/loaded.hpp"
#include "neurotape/trust.hpp"

namespace neurotape {

namespace detail {
class RunCatalog;
/// The command `neurotape` with this one word is a prober: it calls `serve_probes` and exits with its result.
inline constexpr const char* kServeProbes = "serve-probes";
int serve_probes();
void refuse_negative(std::int64_t number);  ///< throws Error not_found where it is
/// Where a table of the network lies.
class TableSource {
 public:
  virtual ~TableSource() = default;
  virtual const std::vector<StreamColumn>& columns() const noexcept = 0;
  virtual std::uint64_t rows() const noexcept = 0;
  virtual void read(std::string_view name, Dtype dtype, std::span<std::byte> out) const = 0;
  /// Values of the column; throws when it is not there or of another type.
  virtual std::size_t check(std::string_view name, Dtype dtype) const = 0;
};
}  // namespace detail

/// Neurons or connections: columns of equal length, by name. Columns are read when they are asked for.
class NetworkTable {
 public:
  explicit NetworkTable(std::shared_ptr<const detail::TableSource> source) : source_(std::move(source)) {}

  bool empty() const noexcept { return source_->columns().empty(); }
  std::uint64_t rows() const noexcept { return source_->rows(); }
  const std::vector<StreamColumn>& columns() const noexcept { return source_->columns(); }
  std::vector<std::string> names() const;
  bool contains(std::string_view name) const noexcept;
  /// \throws Error not_found (the text names the columns that are there), wrong_type
  template <Arithmetic T>
  Array<T> column(std::string_view name) const {
    Array<T> values(source_->check(name, dtype_of<T>()));
    source_->read(name, dtype_of<T>(), std::as_writable_bytes(std::span<T>(values)));
    return values;
  }

 private:
  std::shared_ptr<const detail::TableSource> source_;
};

/// What the index says of an episode.
struct EpisodeTotals {
  std::int64_t first_timestep = 0;
  std::int64_t last_timestep = -1;  ///< before `first_timestep` where there are no rows
  double sum_of_rewards = 0;
  std::uint64_t rows = 0;          ///< over all streams
  std::uint64_t bytes_stored = 0;  ///< over all streams
  std::string rows_by_stream;      ///< JSON: path of the stream -> rows; empty: too long for the index
};

/// One line of the list of episodes.
struct EpisodeSummary {
  std::uint64_t number = 0;
  std::string id;      ///< "episode_0003"
  std::string status;  ///< "recording", "complete", "aborted", "recovered", or "unreadable": opening it tells why
  std::filesystem::path file;
  std::string object;                   ///< path of its group in the file; "/": the file is the episode
  std::optional<EpisodeTotals> totals;  ///< only where the index is up to date
};

/// What a process that records a run says of itself. The ring is as it was when the last commit began.
struct RecorderInfo {
  std::string since;                  ///< ISO 8601, UTC; empty: it has only just begun
  std::uint64_t ring_bytes = 0;       ///< 0: not known
  std::uint64_t ring_used_bytes = 0;  ///< rows that wait to be written
  std::uint64_t ring_peak_bytes = 0;  ///< the most since it began
};

/// A recorded run, opened for reading. A value that may be copied; copies share what they know.
///
/// The list of episodes is made when it is first asked for: from the index where it is fresh, else from the
/// names in `episodes/`; only segments that the index does not know are opened. It is made again when an
/// episode is asked for that is not in it, and by `refresh`; iterating a run that grows meanwhile shows the list as it
/// was first.
///
/// Threads: any thread may call anything, at once.
class Run {
 public:
  /// \param path a run directory, an episode file, a segment, or a packed file.
  /// \throws Error not_found, damaged, unsupported (a newer format; there is no prober), io
  explicit Run(const std::filesystem::path& path, const RunOptions& options = {});

  const std::filesystem::path& path() const noexcept;
  const std::string& name() const noexcept;  ///< of the experiment
  /// All attributes of the run: `created`, `git_commit`, `dt`, ... as JSON.
  const nlohmann::json& attributes() const noexcept;
  /// The configuration as it was given to `save_config`, nested members included; an empty object when there is none.
  const nlohmann::json& config() const noexcept;
  /// The network; without columns where none was saved.
  NetworkTable neurons() const;
  NetworkTable connections() const;

  std::size_t size() const;  ///< how many episodes
  bool empty() const { return size() == 0; }
  std::vector<std::uint64_t> numbers() const;  ///< of the episodes, ascending
  bool contains(std::uint64_t number) const;
  /// The episodes in order of their numbers. Opens files that the index is not fresh for (to read their status).
  std::vector<EpisodeSummary> episodes() const;
  /// The same without opening any, for runs that grow: `status` is empty where the index does not tell it.
  std::vector<EpisodeSummary> listed_episodes() const;
  /// Segments that could not be read when the list was made, so that their episodes are missing from it; usually none.
  std::vector<Error> problems() const;

  /// Whether a process is recording this run now: episodes may be added. One that has stopped since may have added some.
  bool is_live() const;
  /// The process that records this run, or the run that this file belongs to; nothing where none does.
  std::optional<RecorderInfo> recorder() const;
  /// Makes the list of episodes again, for all copies of this run.
  /// \returns whether it has other numbers now
  bool refresh() const;

  /// Opens an episode by its number, which need not be its position.
  /// \throws Error not_found, damaged, io
  template <std::integral N>
  EpisodeReader episode(N number) const {
    if constexpr (std::is_signed_v<N>) detail::refuse_negative(number);
    return open_episode(static_cast<std::uint64_t>(number));
  }
  /// The same by its id: "episode_0003".
  EpisodeReader episode(std::string_view id) const;

  /// Opens one episode after the other, in order of their numbers: `for (auto episode : run)`.
  class iterator {
   public:
    using value_type = EpisodeReader;
    using difference_type = std::ptrdiff_t;
    iterator(std::shared_ptr<const detail::RunCatalog> catalog, std::size_t position)
        : catalog_(std::move(catalog)), position_(position) {}
    EpisodeReader operator*() const;
    iterator& operator++() {
      ++position_;
      return *this;
    }
    void operator++(int) { ++position_; }
    friend bool operator==(const iterator& a, const iterator& b) { return a.position_ == b.position_; }

   private:
    std::shared_ptr<const detail::RunCatalog> catalog_;
    std::size_t position_;
  };
  iterator begin() const { return {catalog_, 0}; }
  iterator end() const { return {catalog_, size()}; }

 private:
  EpisodeReader open_episode(std::uint64_t number) const;

  std::shared_ptr<const detail::RunCatalog> catalog_;
};

}  // namespace neurotape
