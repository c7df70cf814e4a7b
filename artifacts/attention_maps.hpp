#pragma once
/// \file
/// A set of attention maps that is being added to.

#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "artifacts/crew.hpp"
#include "artifacts/manifest.hpp"
#include "backends/io/lock_file.hpp"
#include "backends/io/root.hpp"

namespace neurotape::detail {

/// Thread safety: any thread.
///
/// Invariants, whenever the mutex is free:
/// 1. every entry has its file, whole and under its name, and every file of the set has an entry or is listed as unreadable;
/// 2. the manifest and the metadata on the disk say what the entries say, or `behind_` is set;
/// 3. an id in `busy_` belongs to one call, which writes its file.
class AttentionMaps {
 public:
  AttentionMaps(const std::filesystem::path& directory, const AttentionMapOptions& options,
                std::shared_ptr<artifacts::Crew> crew);
  AttentionMaps(const AttentionMaps&) = delete;
  AttentionMaps& operator=(const AttentionMaps&) = delete;
  ~AttentionMaps();

  std::size_t save(const std::vector<NpzValue>& maps, const std::vector<std::string>& file_ids,
                   const std::vector<MapDetails>& details);
  /// Writes the lists if they are behind, and waits for them where that is wanted.
  void settle();
  AttentionSummary save_metadata(const nlohmann::json& user);
  AttentionSummary summary() const;
  const std::filesystem::path& directory() const noexcept { return directory_; }
  const AttentionMapOptions& options() const noexcept { return options_; }
  bool contains(std::string_view file_id) const;
  std::vector<MapEntry> entries() const;
  std::vector<std::string> unreadable() const;

 private:
  class Busy;

  void clear_away() const;
  std::filesystem::path metadata_path() const;
  std::vector<std::string> ids_in_order(const std::vector<MapEntry>& known) const;
  bool is_as_listed(const MapEntry& entry) const;
  void mark_settled() const;
  void find_maps(bool believe_manifest);
  void add(MapEntry entry);
  std::vector<std::size_t> take(const std::vector<std::string>& file_ids, std::vector<std::exception_ptr>& refused);
  bool is_there(std::string_view file_id) const;
  void require_free(const std::string& file_id) const;
  void put_down(std::vector<MapEntry> written, double seconds);
  bool must_last() const;
  void write_metadata(bool durable) const;
  nlohmann::ordered_json metadata() const;
  AttentionSummary sums() const;

  const std::filesystem::path directory_;
  const AttentionMapOptions options_;
  const std::shared_ptr<artifacts::Crew> crew_;
  std::optional<io::Root> root_;
  std::unique_ptr<io::LockFile> lock_;

  mutable std::mutex mutex_;
  std::vector<MapEntry> entries_;
  std::map<std::string, std::size_t, std::less<>> places_;  ///< in `entries_`, by file id
  std::map<std::string, std::string, std::less<>> unreadable_;
  std::set<std::string, std::less<>> busy_;
  /// Ids whose last call failed when their files were there: it can be repeated.
  std::set<std::string, std::less<>> failed_;
  artifacts::ManifestFile manifest_;
  nlohmann::json user_ = nlohmann::json::object();
  double seconds_ = 0;
  bool behind_ = false;
};

}  // namespace neurotape::detail
