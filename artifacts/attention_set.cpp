// How a set of attention maps is opened: what is there, and what a writer that died has left.

#include <fmt/format.h>
#include <unistd.h>

#include "artifacts/attention_maps.hpp"
#include "artifacts/map_contract.hpp"
#include "artifacts/map_file.hpp"
#include "artifacts/metadata.hpp"
#include "backends/io/new_file.hpp"
#include "recorder/threads.hpp"

namespace neurotape::detail {
namespace {

using artifacts::file_id_of;

constexpr const char* kManifest = "manifest.json";
constexpr const char* kMetadata = "metadata.json";
constexpr const char* kLock = ".lock";
/// Is there while the lists may be behind the files: a writer that dies leaves it, and one that fails does.
constexpr const char* kUnsettled = ".unsettled";

}  // namespace

AttentionMaps::AttentionMaps(const std::filesystem::path& directory, const AttentionMapOptions& options,
                             std::shared_ptr<artifacts::Crew> crew)
    : directory_(std::filesystem::absolute(directory)),
      options_(options),
      crew_(std::move(crew)),
      manifest_(directory_ / kManifest) {
  artifacts::require_usable(options_);
  crew_->require_usable("attention_maps()");
  const NoSignal no_signal(SIGXFSZ);
  io::make_directories(directory_, crew_->durable());
  root_.emplace(directory_);
  lock_ = std::make_unique<io::LockFile>(directory_ / kLock, fmt::format("pid {}\n", ::getpid()),
                                         "another writer has these attention maps open");
  std::error_code ignored;
  const bool is_settled = !std::filesystem::exists(directory_ / kUnsettled, ignored);
  if (is_settled) io::replace_file(directory_ / kUnsettled, "", false);
  if (crew_->durable()) io::sync_directory(directory_);
  clear_away();
  find_maps(is_settled);
  const auto before = artifacts::read_metadata(metadata_path());
  user_ = before.user;
  seconds_ = before.seconds;
  write_metadata(must_last());
  manifest_.replace(entries_, false);
}

std::filesystem::path AttentionMaps::metadata_path() const { return directory_ / kMetadata; }

/// What a writer that died had not given its name yet.
void AttentionMaps::clear_away() const {
  for (const auto& name : io::list_directory(directory_)) {
    if (!name.starts_with('.')) continue;
    const auto final_name = name.substr(1);
    if (!file_id_of(final_name).empty() || final_name == kManifest || final_name == kMetadata)
      io::remove_file(directory_ / name);
  }
}

/// Of the files that are there: first those of the manifest, as it has them, then others by name.
std::vector<std::string> AttentionMaps::ids_in_order(const std::vector<MapEntry>& known) const {
  std::vector<std::string> order;
  std::set<std::string, std::less<>> there;
  for (const auto& name : io::list_directory(directory_))
    if (const auto id = file_id_of(name); !id.empty()) there.emplace(id);
  for (const auto& entry : known)
    if (there.erase(entry.file_id) != 0) order.push_back(entry.file_id);
  order.insert(order.end(), there.begin(), there.end());
  return order;
}

/// Whether the file of a map is the one that the manifest tells of, as far as one sees without reading it.
bool AttentionMaps::is_as_listed(const MapEntry& entry) const {
  std::error_code error;
  const auto file = directory_ / entry.file;
  const auto listed = std::filesystem::last_write_time(directory_ / kManifest, error);
  return !error && std::filesystem::last_write_time(file, error) <= listed && !error &&
         std::filesystem::file_size(file, error) == entry.bytes && !error;
}

void AttentionMaps::mark_settled() const { io::remove_file(directory_ / kUnsettled); }

void AttentionMaps::find_maps(bool believe_manifest) {
  std::vector<MapEntry> known = artifacts::ManifestFile::read(directory_ / kManifest).value_or(std::vector<MapEntry>());
  std::map<std::string, const MapEntry*, std::less<>> known_by_id;
  for (const auto& entry : known) known_by_id.emplace(entry.file_id, &entry);
  const auto order = ids_in_order(known);
  std::vector<MapEntry> found(order.size());
  const auto thrown = crew_->for_each(order.size(), [&](std::size_t i) {
    const auto entry = known_by_id.find(order[i]);
    const MapEntry* const before = entry == known_by_id.end() ? nullptr : entry->second;
    const bool is_same = believe_manifest && before != nullptr && is_as_listed(*before);
    found[i] = is_same ? *before : artifacts::describe_map(directory_, order[i], before);
  });
  for (std::size_t i = 0; i < order.size(); ++i) {
    try {
      if (thrown[i]) std::rethrow_exception(thrown[i]);
      add(std::move(found[i]));
    } catch (const Error& error) {
      unreadable_.emplace(order[i], error.what());
      crew_->notice(error);
    }
  }
  for (const auto& entry : entries_)
    if (entry.shape != options_.shape)
      throw Error(ErrorCode::wrong_shape,
                  fmt::format("map '{}' has the shape {}, expected {} as declared", entry.file_id,
                              entry.shape.to_string(), options_.shape.to_string()),
                  {.path = (directory_ / entry.file).string()});
}

}  // namespace neurotape::detail
