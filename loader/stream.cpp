#include <algorithm>
#include <fmt/format.h>
#include <span>

#include "loader/attributes.hpp"
#include "loader/convert.hpp"
#include "loader/episode_file.hpp"
#include "loader/exporter.hpp"
#include "loader/neuron_index.hpp"

namespace neurotape {
namespace loader {

std::vector<ColumnRule> columns_of(StreamKind kind) {
  switch (kind) {
    case StreamKind::spikes:
      return {{"timesteps"}, {"neuron_ids"}, {"times", true}};
    case StreamKind::weight_changes:
      return {{"timesteps"}, {"synapse_ids"}, {"old_weights"}, {"new_weights"}};
    case StreamKind::events:
      return {{"timesteps"}, {"types"}, {"data_end"}, {"data"}};
    default:
      return {{"timesteps"}, {"values"}};
  }
}

}  // namespace loader

namespace detail {
namespace {

using loader::Dataset;
using loader::Hdf5Lock;
using loader::LinkKind;
using loader::OpenRows;
using loader::OpenStream;
using loader::StreamGroup;

/// Where streams with names of their own stand.
struct NamedGroup {
  const char* name;
  StreamKind kind;
};
constexpr NamedGroup kNamedGroups[] = {
    {"behavior", StreamKind::behavior}, {"neural_states", StreamKind::neural_state}, {"spikes", StreamKind::spikes}};
constexpr NamedGroup kSingleGroups[] = {
    {"events", StreamKind::events}, {"rewards", StreamKind::rewards}, {"weight_changes", StreamKind::weight_changes}};

std::string path_of_stream(StreamKind kind, std::string_view name) {
  for (const auto& group : kNamedGroups)
    if (group.kind == kind) return fmt::format("{}/{}", group.name, name);
  for (const auto& group : kSingleGroups)
    if (group.kind == kind) return group.name;
  return std::string(name);
}

std::string codec_of(const nlohmann::json& attributes, const Dataset& widest) {
  if (auto codec = loader::text_of(attributes, "codec"); !codec.empty()) return codec;
  std::vector<std::string> names;
  for (const auto& filter : widest.layout().filters) {
    switch (filter.id) {
      case 1:
        names.emplace_back("deflate");
        break;
      case 2:
        names.emplace_back("shuffle");
        break;
      case 3:
        names.emplace_back("fletcher32");
        break;
      case 32000:
        names.emplace_back("lzf");
        break;
      case 32001:
        names.emplace_back("blosc");
        break;
      default:
        names.push_back(fmt::format("filter {}", filter.id));
    }
  }
  return fmt::format("{}", fmt::join(names, "+"));
}

StreamColumn describe(const std::string& name, const Dataset& dataset, std::uint64_t rows) {
  const auto& layout = dataset.layout();
  return {.name = name,
          .dtype = layout.dtype.value_or(Dtype::u8),
          .text_bytes = layout.dtype ? 0 : static_cast<std::uint32_t>(layout.element_bytes),
          .shape = Shape(std::span(layout.dimensions).subspan(1)),
          .chunk_rows = dataset.chunk_rows(),
          .stored_bytes = dataset.stored_bytes(),
          .raw_bytes = rows * dataset.row_bytes()};
}

/// Columns are of equal length where an episode is finished; before, they have at least the committed rows.
std::uint64_t rows_of(const EpisodeFile& episode, const OpenStream& stream) {
  std::uint64_t fewest = stream.columns[0]->rows(), most = fewest;
  for (std::size_t i = 1; i < stream.columns.size(); ++i) {
    if (stream.info.kind == StreamKind::events && stream.info.columns[i].name == "data") continue;
    fewest = std::min(fewest, stream.columns[i]->rows());
    most = std::max(most, stream.columns[i]->rows());
  }
  if (!episode.is_cut_off() && fewest != most)
    loader::damaged(fmt::format("its columns have {} to {} rows", fewest, most), stream.place);
  return episode.committed(stream.columns[0]->stream_id(), fewest, stream.place);
}

void fill_info(StreamInfo& info, const nlohmann::json& attributes,
               const std::vector<std::shared_ptr<const Dataset>>& columns) {
  info.unit = loader::text_of(attributes, "unit");
  info.every = loader::integer_of(attributes, "every", 1);
  info.population_size = loader::count_of(attributes, "population_size").value_or(0);
  info.sorted = loader::integer_of(attributes, "sorted", 1) != 0;
  const auto widest = *std::max_element(columns.begin(), columns.end(),
                                        [](const auto& a, const auto& b) { return a->row_bytes() < b->row_bytes(); });
  info.codec = codec_of(attributes, *widest);
  info.chunk_rows = widest->chunk_rows();
  for (const auto& column : info.columns) {
    info.stored_bytes += column.stored_bytes;
    info.raw_bytes += column.raw_bytes;
  }
}

}  // namespace

std::vector<StreamGroup> EpisodeFile::groups() const {
  const Hdf5Lock lock;
  std::vector<StreamGroup> found;
  // Declared, but nothing was recorded before the last commit: there are no datasets yet.
  const auto add = [&](std::string path, StreamKind kind) {
    if (exported ? loader::has_exported(*this, path, kind) : has_dataset(path + "/timesteps"))
      found.push_back({std::move(path), kind});
  };
  for (const auto& group : kNamedGroups) {
    if (loader::kind_of(file->id(), path_of(group.name), place()) != LinkKind::group) continue;
    if (exported) {
      for (const auto& child : loader::exported_streams(*this, group.name))
        found.push_back({fmt::format("{}/{}", group.name, child), group.kind});
      continue;
    }
    for (const auto& child : loader::names_in(file->id(), path_of(group.name), place()))
      add(fmt::format("{}/{}", group.name, child), group.kind);
  }
  for (const auto& group : kSingleGroups) add(group.name, group.kind);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return found;
}

OpenStream EpisodeFile::find_stream(StreamKind kind, std::string_view stream_name) const {
  return find_stream(path_of_stream(kind, stream_name));
}

OpenStream EpisodeFile::find_stream(std::string_view wanted) const {
  const auto there = groups();
  std::vector<std::string> paths;
  for (const auto& group : there) {
    if (group.path == wanted) return open_stream(group);
    paths.push_back(group.path);
  }
  throw Error(ErrorCode::not_found,
              paths.empty() ? "there is no such stream; the episode has none"
                            : fmt::format("there is no such stream; there are: {}", fmt::join(paths, ", ")),
              loader::context_of({file->path().string(), id, std::string(wanted)}));
}

/// Null where there is none.
std::shared_ptr<const Dataset> EpisodeFile::open_column(const StreamGroup& group, const std::string& column,
                                                        const loader::Place& where) const {
  if (exported) return loader::open_exported(*this, group, column, where);
  const auto path = fmt::format("{}/{}", group.path, column);
  return has_dataset(path) ? Dataset::open(file, path_of(path), where) : nullptr;
}

/// Of the group of a stream; the older exporter has datasets in their place, or nothing.
nlohmann::json EpisodeFile::attributes_of(const std::string& stream_path, const loader::Place& where) const {
  const auto path = path_of(stream_path);
  if (exported && loader::kind_of(file->id(), path, where) == LinkKind::none) return nlohmann::json::object();
  const loader::Handle handle(
      loader::check(H5Oopen(file->id(), path.c_str(), H5P_DEFAULT), "cannot open a stream", where), H5Oclose);
  return loader::read_attributes(handle.get(), where);
}

OpenStream EpisodeFile::open_stream(const StreamGroup& group) const {
  const Hdf5Lock lock;
  OpenStream stream;
  stream.place = {file->path().string(), id, group.path};
  stream.file = file;
  stream.info.path = group.path;
  stream.info.kind = group.kind;
  for (const auto& rule : loader::columns_of(group.kind)) {
    auto column = open_column(group, rule.name, stream.place);
    if (!column) {
      if (rule.optional) continue;
      loader::damaged(fmt::format("its dataset '{}' is missing", rule.name), stream.place);
    }
    stream.columns.push_back(std::move(column));
    stream.info.columns.push_back({.name = rule.name, .shape = {}});
  }
  stream.info.rows = rows_of(*this, stream);
  for (std::size_t i = 0; i < stream.columns.size(); ++i) {
    auto& column = stream.info.columns[i];
    const Dataset& dataset = *stream.columns[i];
    const bool json_bytes = group.kind == StreamKind::events && column.name == "data";
    column = describe(column.name, dataset,
                      json_bytes ? committed(dataset.stream_id(), dataset.rows(), stream.place) : stream.info.rows);
  }
  fill_info(stream.info, attributes_of(group.path, stream.place), stream.columns);
  if (!exported && has_dataset(group.path + "/chunk_index")) stream.chunk_index = path_of(group.path + "/chunk_index");
  if (!exported && has_dataset(group.path + "/columns")) stream.selected_columns = path_of(group.path + "/columns");
  const auto index = fmt::format("{}/{}", group.path, loader::kNeuronIndex);
  if (!exported && group.kind == StreamKind::spikes && has_dataset(index + "/neuron_ids"))
    stream.neuron_index = path_of(index);
  const auto& timesteps = stream.columns[0]->layout();
  if (!timesteps.dtype || !loader::is_integer(*timesteps.dtype) || timesteps.dimensions.size() != 1)
    loader::damaged(fmt::format("its timesteps are not one column of integers but {}", timesteps.type), stream.place);
  guard_open_rows(stream);
  return stream;
}

/// Columns of one `stream_id` are hashed together; the bytes of events have one of their own.
void EpisodeFile::guard_open_rows(OpenStream& stream) const {
  const auto guard_together = [&](const std::vector<std::shared_ptr<const Dataset>>& columns) {
    const auto stream_id = columns.front()->stream_id();
    const auto found = stream_id ? committed_.find(*stream_id) : committed_.end();
    if (found == committed_.end()) return;
    auto open_rows = std::make_shared<const OpenRows>(columns, found->second.rows, found->second.open_rows_xxh3);
    // Then there is nothing to read, and nothing that would ask for a check.
    if (open_rows->first_row() == open_rows->rows()) open_rows->check();
    for (const auto& column : columns) column->guard(open_rows);
    stream.open_rows.push_back(std::move(open_rows));
  };
  if (!is_cut_off()) return;
  auto columns = stream.columns;
  if (stream.info.kind == StreamKind::events) {
    guard_together({columns.back()});
    columns.pop_back();
  }
  guard_together(columns);
}

}  // namespace detail
}  // namespace neurotape
