#include "backends/hdf5/scan.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include "backends/hdf5/attributes.hpp"
#include "backends/hdf5/episode_attributes.hpp"

namespace neurotape::hdf5 {
namespace {

constexpr std::uint64_t kReadAtOnce = 1U << 16;
constexpr std::size_t kStreamsTextBytes = 256;
/// Datasets that are not columns of a stream.
const std::set<std::string> kTables = {"chunk_index", "columns", "commits", "gaps"};

using RowsByStream = std::map<std::int64_t, std::uint64_t>;

bool has_dataset(hid_t group, const std::string& name) { return link_exists(group, name) && !is_group(group, name); }

std::uint64_t length_of(hid_t dataset) {
  const auto extent = dataset_extent(dataset);
  return extent.empty() ? 0 : extent.front();
}

/// Calls `see(values, count)` for all rows of a one-dimensional dataset.
template <class T, class See>
void for_each_block(hid_t dataset, hid_t type, std::uint64_t rows, const See& see) {
  std::vector<T> values;
  for (std::uint64_t first = 0; first < rows; first += values.size()) {
    values.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kReadAtOnce, rows - first)));
    read_rows(dataset, type, first, values.size(), values.data());
    see(values);
  }
}

/// Rows that are committed; nothing where they all are.
std::optional<RowsByStream> committed_rows(Library& library, hid_t episode) {
  if (!is_cut_off(text_attribute(episode, "status"))) return std::nullopt;
  RowsByStream rows;
  if (!has_dataset(episode, "commits")) return rows;
  const auto dataset = open_dataset(episode, "commits", library.dataset_access());
  const auto take = [&](const auto& records) {
    for (const auto& record : records) rows[record.stream] = record.rows;
  };
  for_each_block<CommitRecord>(dataset.get(), library.commit_record(), length_of(dataset.get()), take);
  return rows;
}

class Scan {
 public:
  Scan(Library& library, hid_t episode)
      : library_(library), episode_(episode), committed_(committed_rows(library, episode)) {}

  EpisodeRecord run() {
    record_.status = text_attribute(episode_, "status");
    visit(episode_, "", 0);
    record_.streams = streams_.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    if (record_.streams.size() > kStreamsTextBytes) record_.streams.clear();
    return record_;
  }

  const std::map<std::string, RecoveredEpisode::Rows>& rows() const noexcept { return rows_; }

 private:
  void visit(hid_t group, const std::string& path, int depth) {
    constexpr int kMostDepth = 4;  // streams are two deep; links may go in circles
    if (depth > kMostDepth) return;
    const bool is_stream = has_dataset(group, "timesteps");
    if (is_stream) stream(group, path);
    for (const auto& name : link_names(group)) {
      if (is_group(group, name)) {
        if (is_stream) continue;  // an index by neuron: the same spikes again
        visit(open_group(group, name).get(), path.empty() ? name : path + "/" + name, depth + 1);
      } else if (!kTables.contains(name)) {
        record_.bytes_stored += H5Dget_storage_size(open_dataset(group, name, library_.dataset_access()).get());
      }
    }
  }

  void stream(hid_t group, const std::string& path) {
    const auto timesteps = open_dataset(group, "timesteps", library_.dataset_access());
    const auto rows = rows_of(timesteps.get());
    rows_[path] = {rows, length_of(timesteps.get()) - rows};
    streams_[path] = rows;
    record_.rows += rows;
    try {
      if (rows != 0) span(group, timesteps.get(), rows);
      if (path == "rewards" && rows != 0) sum(open_dataset(group, "values", library_.dataset_access()).get(), rows);
    } catch (const Error&) {
      // Its chunks cannot be decoded here; the rest of the record holds.
    }
  }

  std::uint64_t rows_of(hid_t timesteps) {
    const auto stored = length_of(timesteps);
    if (!committed_ || !attribute_exists(timesteps, "stream_id")) return stored;
    const auto id = json_attribute(library_, timesteps, "stream_id");
    const auto found = id.is_number_integer() ? committed_->find(id.get<std::int64_t>()) : committed_->end();
    return found == committed_->end() ? 0 : std::min(stored, found->second);
  }

  void span(hid_t group, hid_t timesteps, std::uint64_t rows) {
    const bool sorted = !attribute_exists(group, "sorted") || json_attribute(library_, group, "sorted") != 0;
    std::vector<std::int64_t> ends(2);
    if (sorted) {
      read_rows(timesteps, H5T_NATIVE_INT64, 0, 1, ends.data());
      read_rows(timesteps, H5T_NATIVE_INT64, rows - 1, 1, &ends[1]);
      return widen(ends);
    }
    for_each_block<std::int64_t>(timesteps, H5T_NATIVE_INT64, rows, [&](const auto& values) { widen(values); });
  }

  void widen(const std::vector<std::int64_t>& timesteps) {
    const auto [least, most] = std::minmax_element(timesteps.begin(), timesteps.end());
    record_.first_timestep = any_ ? std::min(record_.first_timestep, *least) : *least;
    record_.last_timestep = any_ ? std::max(record_.last_timestep, *most) : *most;
    any_ = true;
  }

  void sum(hid_t values, std::uint64_t rows) {
    for_each_block<double>(values, H5T_NATIVE_DOUBLE, rows, [&](const auto& block) {
      record_.sum_of_rewards = std::accumulate(block.begin(), block.end(), record_.sum_of_rewards);
    });
  }

  Library& library_;
  hid_t episode_;
  std::optional<RowsByStream> committed_;
  EpisodeRecord record_;
  nlohmann::json streams_ = nlohmann::json::object();
  std::map<std::string, RecoveredEpisode::Rows> rows_;
  bool any_ = false;
};

}  // namespace

EpisodeRecord scan_episode(Library& library, hid_t episode) { return Scan(library, episode).run(); }

std::map<std::string, RecoveredEpisode::Rows> committed_and_stored(Library& library, hid_t episode) {
  Scan scan(library, episode);
  scan.run();
  return scan.rows();
}

}  // namespace neurotape::hdf5
