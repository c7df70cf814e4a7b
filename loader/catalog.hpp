#pragma once
/// \file
/// What a `Run` knows: where it lies, and where its episodes are.

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "loader/directory.hpp"
#include "loader/episode_file.hpp"
#include "loader/file.hpp"

namespace neurotape::detail {

/// Thread safety: any thread may call anything.
class RunCatalog {
 public:
  RunCatalog(const std::filesystem::path& path, const RunOptions& options);

  std::filesystem::path path;  ///< of the run directory or the file
  std::string name;
  nlohmann::json attributes = nlohmann::json::object();
  nlohmann::json config = nlohmann::json::object();

  /// The file with the network; null: there is none.
  std::shared_ptr<const loader::File> setup() const;
  /// Numbers of the episodes, ascending.
  std::vector<std::uint64_t> numbers() const;
  std::vector<Error> problems() const;
  std::vector<EpisodeSummary> summaries() const;
  std::vector<EpisodeSummary> listed() const;
  std::optional<RecorderInfo> recorder() const;
  std::uint64_t number_at(std::size_t position) const;
  bool contains(std::uint64_t number) const;
  bool is_live() const;
  /// \returns whether there are other episodes than before
  bool refresh() const;
  std::shared_ptr<const EpisodeFile> open(std::uint64_t number) const;

 private:
  enum class Form { directory, one_episode, many_episodes };
  struct List {
    std::map<std::uint64_t, loader::EpisodePlace> places;
    std::vector<std::uint64_t> numbers;
    std::vector<Error> problems;
  };

  void open_directory();
  void open_file();
  void describe(const loader::File& file);
  std::shared_ptr<const List> list() const;
  std::shared_ptr<const List> list_again() const;
  List make_list() const;
  /// Null where it is not, or no more, where the list says.
  std::shared_ptr<const EpisodeFile> try_open(const List& list, std::uint64_t number) const;
  std::filesystem::path file_of(const loader::EpisodePlace& place) const;
  std::shared_ptr<const EpisodeFile> open_place(const loader::EpisodePlace& place, std::uint64_t number) const;
  std::shared_ptr<const loader::File> shared_file(const std::filesystem::path& file, const std::string& object) const;
  EpisodeSummary line(std::uint64_t number, const loader::EpisodePlace& place) const;
  EpisodeSummary summary(std::uint64_t number, const loader::EpisodePlace& place) const;

  std::shared_ptr<loader::Prober> prober_;  ///< null: files are trusted
  Form form_ = Form::directory;
  std::string group_;              ///< of the episodes in a file of many
  std::uint64_t only_number_ = 0;  ///< of the episode in a file of one

  mutable std::mutex mutex_;
  mutable std::shared_ptr<const List> list_;  ///< made when it is first needed
  mutable std::deque<std::shared_ptr<const loader::File>>
      recent_files_;  ///< of many episodes, so that each is opened once
};

}  // namespace neurotape::detail
