#pragma once
/// \file
/// An episode in its file: what `EpisodeReader` knows.

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loader/dataset.hpp"
#include "loader/file.hpp"
#include "loader/time_index.hpp"
#include "neurotape/episode_reader.hpp"

namespace neurotape::loader {

/// A stream, opened.
struct OpenStream {
  StreamInfo info;
  Place place;
  std::shared_ptr<const File> file;
  std::vector<std::shared_ptr<const Dataset>> columns;  ///< as in `info`
  std::string chunk_index;                              ///< path of the dataset; empty: none
  std::string selected_columns;                         ///< path of the dataset `columns`; empty: none
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
  /// \throws Error not_found, damaged, unsupported, io
  static std::shared_ptr<const EpisodeFile> open(const std::filesystem::path& path, const std::string& object,
                                                 std::uint64_t number);
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

  /// Streams that have datasets, by path.
  std::vector<loader::StreamGroup> groups() const;
  loader::OpenStream open_stream(const loader::StreamGroup& group) const;
  /// \throws Error not_found
  loader::OpenStream find_stream(StreamKind kind, std::string_view stream_name) const;

  /// Calls `use` with this, or, when that fails on a file that is being written, with the episode opened again.
  template <class Use>
  auto with_retries(Use use) const {
    loader::Retry retry(file->path());
    std::shared_ptr<const EpisodeFile> again;
    for (;;) {
      try {
        return use(again ? *again : *this);
      } catch (const Error& error) {
        if (status != "recording" || !retry.again(error)) throw;
      }
      again = open(file->path(), object, number);
    }
  }

  /// Whether it ends with its committed rows, whatever else is in the file.
  bool is_cut_off() const { return status == "recording" || status == "recovered"; }
  /// Rows of a stream that may be read, of those that its datasets have.
  std::uint64_t committed(std::optional<std::uint64_t> stream_id, std::uint64_t rows, const loader::Place& place) const;

  std::string path_of(std::string_view below) const;  ///< from the root of the file
  bool has_dataset(const std::string& below) const;
  loader::Place place() const;

 private:
  void read();
  void read_description();
  void read_commits();

  std::optional<std::map<std::uint64_t, std::uint64_t>> committed_;  ///< rows by stream, of an unfinished episode
};

}  // namespace neurotape::detail
