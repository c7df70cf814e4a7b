#pragma once
/// \file
/// An episode in its file: what `EpisodeReader` knows.

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "loader/dataset.hpp"
#include "loader/file.hpp"
#include "loader/open_rows.hpp"
#include "loader/time_index.hpp"
#include "loader/watch.hpp"
#include "neurotape/episode_reader.hpp"

namespace neurotape::loader {

/// A stream, opened.
struct OpenStream {
  StreamInfo info;
  Place place;
  std::shared_ptr<const File> file;
  std::vector<std::shared_ptr<const Dataset>> columns;     ///< as in `info`
  std::string chunk_index;                                 ///< path of the dataset; empty: none
  std::string selected_columns;                            ///< path of the dataset `columns`; empty: none
  std::string neuron_index;                                ///< path of the group `by_neuron`; empty: none
  std::vector<std::shared_ptr<const OpenRows>> open_rows;  ///< of an unfinished episode; the columns rely on them
};

/// A column that streams of some kind have.
struct ColumnRule {
  const char* name;
  bool optional = false;
};
std::vector<ColumnRule> columns_of(StreamKind kind);

/// The last record that `commits` has of a stream.
struct Committed {
  std::uint64_t rows = 0;
  std::uint64_t open_rows_xxh3 = 0;
  friend bool operator==(const Committed&, const Committed&) = default;
};

/// What kind of stream a group is, by where it stands.
struct StreamGroup {
  std::string path;  ///< in the episode
  StreamKind kind;
};

}  // namespace neurotape::loader

namespace neurotape::detail {

/// Thread safety: immutable after `open`.
class EpisodeFile {
 public:
  /// \param object path of the episode's group, "/" for the root
  /// \param earlier the same file as it was; its commits are not read again
  /// \throws Error not_found, damaged, unsupported, io
  static std::shared_ptr<const EpisodeFile> open(const std::filesystem::path& path, const std::string& object,
                                                 std::uint64_t number, const std::shared_ptr<loader::Prober>& prober,
                                                 const EpisodeFile* earlier = nullptr);
  /// The same in a file that is open already. For files that nobody writes to.
  static std::shared_ptr<const EpisodeFile> open(std::shared_ptr<const loader::File> file, std::string object,
                                                 std::uint64_t number);

  std::uint64_t number = 0;
  std::string id, status, name, started, ended, dt_unit;
  double dt = 0;
  std::optional<std::uint64_t> seed;
  nlohmann::json attributes;
  std::string object;
  std::shared_ptr<const loader::File> file;
  bool exported = false;  ///< by the older exporter (loader/exporter.hpp)
  bool live = false;      ///< while it was opened a process was recording it

  /// The episode as it is now, wherever it lies by now; null where nothing has happened to it.
  /// \throws Error not_found (it was discarded), damaged, io
  std::shared_ptr<const EpisodeFile> again() const;
  /// Whether it has other rows or another status.
  bool differs_from(const EpisodeFile& other) const;

  /// Streams that have datasets, by path.
  std::vector<loader::StreamGroup> groups() const;
  loader::OpenStream open_stream(const loader::StreamGroup& group) const;
  /// \throws Error not_found
  loader::OpenStream find_stream(StreamKind kind, std::string_view stream_name) const;
  loader::OpenStream find_stream(std::string_view stream_path) const;

  /// Calls `use` with this, or, when that fails on a file that is being written, with the episode opened again.
  template <class Use>
  auto with_retries(Use use) const {
    loader::Retry retry;
    std::shared_ptr<const loader::File> now = file;
    for (bool again = false;; again = true) {
      try {
        if (!again) return use(*this);
        now = now->again();
        return use(*open(now, object, number));
      } catch (const Error& error) {
        if (status != "recording" || !retry.again(error, now->opened())) throw;
      }
    }
  }

  /// Whether it ends with its committed rows, whatever else is in the file.
  bool is_cut_off() const { return status == "recording" || status == "recovered"; }
  /// Rows of a stream that may be read, of those that its datasets have.
  std::uint64_t committed(std::optional<std::uint64_t> stream_id, std::uint64_t rows, const loader::Place& place) const;

  /// The last record of each stream in `commits`; of an unfinished episode.
  const std::map<std::uint64_t, loader::Committed>& commits() const noexcept { return committed_; }

  std::string path_of(std::string_view below) const;  ///< from the root of the file
  bool has_dataset(const std::string& below) const;
  loader::Place place() const;

 private:
  /// \param since when the process began that records the run, if there is one
  bool is_recorded_by(const std::optional<std::string>& since) const {
    return status == "recording" && since && *since <= started;
  }
  void read(const EpisodeFile* earlier);
  void read_description();
  void read_commits(const EpisodeFile* earlier);
  std::optional<std::set<std::uint64_t>> stream_ids() const;
  void check_commits_name_streams() const;
  std::shared_ptr<const loader::Dataset> open_column(const loader::StreamGroup& group, const std::string& column,
                                                     const loader::Place& where) const;
  nlohmann::json attributes_of(const std::string& stream_path, const loader::Place& where) const;
  void guard_open_rows(loader::OpenStream& stream) const;
  std::shared_ptr<const EpisodeFile> find_again(const std::filesystem::path& run) const;

  std::map<std::uint64_t, loader::Committed> committed_;  ///< by stream, of an unfinished episode
  std::uint64_t commits_ = 0;                             ///< records that say so
  std::uint64_t last_commit_ = 0;                         ///< the number in the last of them

  // The directory of a file of its own, from before it was read, so that nothing that came later is missed.
  loader::Stamp names_;
};

}  // namespace neurotape::detail
