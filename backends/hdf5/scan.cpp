#include "backends/hdf5/scan.hpp"

#include <algorithm>
#include <fmt/format.h>
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
/// What a stream has beside its timesteps, by the first name of its path; `times` where they were recorded.
const std::map<std::string, std::vector<std::string>> kColumns = {
    {"behavior", {"values"}},
    {"events", {"types", "data_end"}},
    {"neural_states", {"values"}},
    {"rewards", {"values"}},
    {"spikes", {"neuron_ids", "times"}},
    {"weight_changes", {"synapse_ids", "old_weights", "new_weights"}}};

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
    add_streams_that_are_gone();
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
        const auto dataset = open_dataset(group, name, library_.dataset_access());
        record_.bytes_stored += H5Dget_storage_size(dataset.get());
        if (const auto id = committed_ ? stream_id(dataset.get()) : std::nullopt; id) found_ids_.insert(*id);
      }
    }
  }

  void stream(hid_t group, const std::string& path) {
    const auto timesteps = open_dataset(group, "timesteps", library_.dataset_access());
    const auto stored = length_of(timesteps.get());
    const auto committed = committed_of(timesteps.get());
    const auto rows = std::min(stored, committed.value_or(stored));
    const auto whole = committed ? whole_rows(group, path, rows) : rows;
    rows_[path] = {whole, stored - rows, committed.value_or(rows) - whole};
    streams_[path] = rows;
    record_.rows += rows;
    try {
      if (rows != 0) span(group, timesteps.get(), rows);
      if (path == "rewards" && rows != 0) sum(open_dataset(group, "values", library_.dataset_access()).get(), rows);
    } catch (const Error&) {
      // Its chunks cannot be decoded here; the rest of the record holds.
    }
  }

  /// -1, which no stream has, where the attribute is no number.
  std::optional<std::int64_t> stream_id(hid_t dataset) {
    if (!attribute_exists(dataset, "stream_id")) return std::nullopt;
    const auto id = json_attribute(library_, dataset, "stream_id");
    return id.is_number_integer() ? id.get<std::int64_t>() : -1;
  }

  /// Nothing where all rows count that are stored.
  std::optional<std::uint64_t> committed_of(hid_t dataset) {
    const auto id = committed_ ? stream_id(dataset) : std::nullopt;
    if (!id) return std::nullopt;
    const auto found = committed_->find(*id);
    return found == committed_->end() ? 0 : found->second;
  }

  std::uint64_t length_in(hid_t group, const std::string& name) {
    return has_dataset(group, name) ? length_of(open_dataset(group, name, library_.dataset_access()).get()) : 0;
  }

  /// Of these rows, those that all columns have: a row that lacks a value is lost.
  std::uint64_t whole_rows(hid_t group, const std::string& path, std::uint64_t rows) {
    const auto columns = kColumns.find(path.substr(0, path.find('/')));
    if (columns == kColumns.end()) return rows;
    for (const auto& name : columns->second)
      if (name != "times" || has_dataset(group, name)) rows = std::min(rows, length_in(group, name));
    return path == "events" ? events_with_data(group, rows) : rows;
  }

  /// The bytes of events are a stream of their own, which may have lost its end alone.
  std::uint64_t events_with_data(hid_t group, std::uint64_t rows) try {
    std::uint64_t bytes = 0, whole = 0;
    if (has_dataset(group, "data")) {
      const auto data = open_dataset(group, "data", library_.dataset_access());
      bytes = length_of(data.get());
      if (committed_of(data.get()) <= bytes) return rows;
    }
    const auto ends = open_dataset(group, "data_end", library_.dataset_access());
    for_each_block<std::uint64_t>(ends.get(), H5T_NATIVE_UINT64, rows, [&](const auto& block) {
      whole += static_cast<std::uint64_t>(
          std::count_if(block.begin(), block.end(), [&](const auto end) { return end <= bytes; }));
    });
    return whole;
  } catch (const Error&) {
    return 0;  // bytes are missing, and whose they are cannot be found out
  }

  /// Nothing but their numbers in `commits` tells of them.
  void add_streams_that_are_gone() {
    if (!committed_) return;
    for (const auto& [id, rows] : *committed_)
      if (!found_ids_.contains(id)) rows_[fmt::format("stream_id {}", id)] = {0, 0, rows};
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
  std::set<std::int64_t> found_ids_;
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
