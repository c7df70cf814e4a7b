#include "loader/verify/stream_check.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "loader/attributes.hpp"
#include "loader/convert.hpp"
#include "neurotape/codec.hpp"

namespace neurotape::loader {

StreamCheck::StreamCheck(Checks& checks, StreamGroup group, std::vector<GapRecord> gaps)
    : checks_(checks),
      group_(std::move(group)),
      gaps_(std::move(gaps)),
      place_{checks.episode.file->path().string(), checks.episode.id, group_.path} {}

StreamFacts StreamCheck::run() {
  read_attributes();
  open_columns();
  find_rows();
  check_lengths();
  check_types();
  check_storage();
  check_timesteps();
  for (const auto& column : columns_)
    if (column.dataset) check_column(column);
  if (group_.kind == StreamKind::events) check_events();
  if (is_dense()) check_selected_columns();
  if (group_.kind == StreamKind::spikes) check_neuron_index();
  check_open_rows();
  checks_.findings.count({.streams = 1, .rows = facts_.rows});
  return facts_;
}

void StreamCheck::fault(const std::string& column, std::string what, std::optional<std::uint64_t> chunk,
                        std::optional<RowRange> rows) {
  Fault found{checks_.file, checks_.episode.id, group_.path, column, chunk, {}, std::move(what)};
  if (rows && rows->count != 0) {
    found.what = fmt::format("rows {} to {}: {}", rows->first, rows->first + rows->count - 1, found.what);
    found.timesteps = timesteps_of(*rows);
  }
  checks_.findings.add(std::move(found));
}

bool StreamCheck::is_dense() const {
  return group_.kind == StreamKind::neural_state || group_.kind == StreamKind::behavior;
}

bool StreamCheck::is_events_data(const Column& column) const {
  return group_.kind == StreamKind::events && std::string_view(column.rule.name) == "data";
}

void StreamCheck::read_attributes() try {
  const Hdf5Lock lock;
  const auto path = checks_.episode.path_of(group_.path);
  attributes_ = loader::read_attributes(open_group(checks_.episode.file->id(), path, place_).get(), place_);
  const auto every = attributes_.find("every");
  if (is_dense() && (every == attributes_.end() || integer_of(attributes_, "every", 0) < 1))
    fault("", "its attribute 'every' is missing, or no number of timesteps");
  if (const auto sorted = attributes_.find("sorted"); sorted != attributes_.end() && *sorted != 0 && *sorted != 1)
    fault("", fmt::format("its attribute 'sorted' is {}, not 0 or 1", sorted->dump()));
  if (attributes_.contains("codec")) Codec::parse(text_of(attributes_, "codec"));
} catch (const Error& error) {
  fault("", "its attributes: " + cause_of(error));
}

void StreamCheck::open_columns() {
  for (const auto& rule : columns_of(group_.kind)) {
    auto dataset = open_column(rule.name);
    if (dataset || !rule.optional) columns_.push_back({rule, std::move(dataset)});
  }
}

/// \returns null where there is none, which is told here where it is a fault.
std::shared_ptr<const Dataset> StreamCheck::open_column(const char* name) {
  const bool optional = std::string_view(name) == "times" || std::string_view(name) == "columns";
  try {
    const Hdf5Lock lock;
    const auto path = checks_.episode.path_of(group_.path + "/" + name);
    const auto kind = kind_of(checks_.episode.file->id(), path, place_);
    if (kind == LinkKind::dataset) return Dataset::open(checks_.episode.file, path, place_);
    if (kind != LinkKind::none) fault(name, "it is not a dataset of this file");
    if (kind == LinkKind::none && !optional) fault(name, "the dataset is missing");
  } catch (const Error& error) {
    fault(name, cause_of(error));
  }
  if (!optional) facts_.known = false;
  return nullptr;
}

void StreamCheck::find_rows() {
  const bool cut_off = checks_.episode.is_cut_off();
  for (auto& column : columns_)
    if (column.dataset)
      column.rows = cut_off ? std::min(committed(column), column.dataset->rows()) : column.dataset->rows();
  for (const auto& column : columns_) facts_.stored_bytes += column.dataset ? column.dataset->stored_bytes() : 0;
  const auto& timesteps = columns_.front();
  facts_.rows = timesteps.rows;
  if (!timesteps.dataset) return;
  for (const auto& column : columns_)
    if ((&column == &timesteps || is_events_data(column)) && column.dataset && !column.dataset->stream_id())
      fault(column.rule.name, "its attribute 'stream_id' is missing");
}

/// Rows of the last commit; columns of a stream are committed together, the bytes of events by themselves.
std::uint64_t StreamCheck::committed(const Column& column) {
  const auto& owner = is_events_data(column) ? column : columns_.front();
  if (!owner.dataset || !owner.dataset->stream_id()) return 0;
  const auto found = checks_.last_commits.find(*owner.dataset->stream_id());
  return found == checks_.last_commits.end() ? 0 : found->second.rows;
}

void StreamCheck::check_lengths() {
  for (const auto& column : columns_) {
    if (!column.dataset) continue;
    const auto there = column.dataset->rows();
    if (const auto rows = committed(column); rows > there)
      fault(column.rule.name, fmt::format("{} rows were committed, but it has {}", rows, there));
    const auto& timesteps = columns_.front();
    if (checks_.episode.is_cut_off() || is_events_data(column) || !timesteps.dataset) continue;
    if (there != timesteps.dataset->rows())
      fault(column.rule.name,
            fmt::format("it has {} rows, but there are {} timesteps", there, timesteps.dataset->rows()));
  }
}

void StreamCheck::check_selected_columns() try {
  const auto ids = open_column("columns");
  if (!ids || !columns_.back().dataset) return;
  const auto& values = *columns_.back().dataset;
  if (ids->layout().dtype != Dtype::u64 || ids->layout().dimensions.size() != 1)
    return fault("columns", fmt::format("it is {}, not one column of uint64", ids->layout().type));
  if (values.layout().dimensions.size() != 2 || ids->rows() != values.row_values())
    return fault("columns",
                 fmt::format("it names {} columns, but a row has {} values", ids->rows(), values.row_values()));
  std::vector<std::uint64_t> read(static_cast<std::size_t>(ids->rows()));
  ids->read({0, ids->rows()}, std::as_writable_bytes(std::span(read)));
} catch (const Error& error) {
  fault("columns", cause_of(error));
}

void StreamCheck::check_open_rows() {
  std::vector<std::shared_ptr<const Dataset>> together;
  for (const auto& column : columns_) {
    if (!column.dataset) return;
    if (is_events_data(column)) {
      check_open_rows({column.dataset});
    } else {
      together.push_back(column.dataset);
    }
  }
  check_open_rows(together);
}

/// A finished episode still has the rows that were open when its last commit was made.
void StreamCheck::check_open_rows(const std::vector<std::shared_ptr<const Dataset>>& columns) try {
  const auto id = columns.front()->stream_id();
  const auto found = id ? checks_.last_commits.find(*id) : checks_.last_commits.end();
  if (found == checks_.last_commits.end()) return;
  const auto& [rows, xxh3] = found->second;
  for (const auto& column : columns)
    if (column->rows() < rows) return;  // told before
  const OpenRows open_rows(columns, rows, xxh3);
  if (xxh3_of_open_rows(columns, rows) == xxh3) return;
  fault(columns.size() == 1 ? "data" : "", "they are not what was committed: their checksum in 'commits' is another",
        {}, RowRange{open_rows.first_row(), rows - open_rows.first_row()});
  facts_.known = false;
} catch (const Error&) {
  // Told of the chunk that cannot be read.
}

}  // namespace neurotape::loader
