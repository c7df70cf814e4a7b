#include "exchange/import/csv_streams.hpp"

#include <algorithm>
#include <neurotape/error.hpp>
#include <neurotape/loaded.hpp>
#include <set>

#include "exchange/import/csv_rows.hpp"

namespace neurotape::exchange {
namespace {

using Survey = std::vector<ColumnSurvey>;

void expect_columns(const CsvTable& table, const std::vector<std::string>& expected, std::size_t optional = 0) {
  const auto& names = table.names();
  const bool enough = names.size() + optional >= expected.size() && names.size() <= expected.size();
  if (!enough || !std::equal(names.begin(), names.end(), expected.begin()))
    table.fail(fmt::format("expected the columns {}, got {}", fmt::join(expected, ","), fmt::join(names, ",")));
}

/// The ids in the names of the columns behind the first; empty: they are 0, 1, 2, ..., or other names.
std::vector<std::uint64_t> column_ids(const CsvTable& table) {
  std::vector<std::uint64_t> ids;
  for (std::size_t i = 1; i < table.columns(); ++i) {
    std::uint64_t id = 0;
    const auto& name = table.names()[i];
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (error != std::errc() || end != name.data() + name.size()) return {};
    ids.push_back(id);
  }
  const bool are_different = std::set<std::uint64_t>(ids.begin(), ids.end()).size() == ids.size();
  return are_counted(ids) || !are_different ? std::vector<std::uint64_t>() : ids;
}

template <class T>
void record_dense(CsvTable& table, const StreamFile& file, const DenseLayout& layout, double dt, Episode& episode,
                  NewRun& run) {
  DenseWriter<T> writer(episode, file.stream, layout);
  Clock clock(dt, true);
  Array<T> row(table.columns() - 1);
  for_each_row(table, file, run, [&] {
    const auto timestep = clock.timestep(table);
    if (timestep % layout.every != 0)
      table.fail(fmt::format("timestep {} is none of every {}, as its description says", timestep, layout.every));
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = table.number<T>(i + 1);
    writer.record(timestep, row);
  });
}

/// The type of all columns but the first.
Dtype type_of_values(const Survey& columns) {
  ColumnSurvey all;
  for (std::size_t i = 1; i < columns.size(); ++i) {
    const auto type = columns[i].dtype();
    if (i > 1 && type != all.dtype()) return Dtype::f64;
    all = columns[i];
  }
  return all.dtype();
}

/// What the values are not that the fields were.
void tell_losses(const StreamFile& file, const Survey& columns, Dtype type, NewRun& run) {
  constexpr std::uint64_t kLargestExact = std::uint64_t{1} << 53;
  const auto name = file.path.filename().string();
  std::uint64_t missing = 0;
  bool rounded = false;
  for (std::size_t i = 1; i < columns.size(); ++i) {
    missing += columns[i].missing;
    rounded = rounded || (type == Dtype::f64 && columns[i].largest > kLargestExact);
  }
  if (missing != 0) run.note(fmt::format("{}: {} empty fields became NaN", name, missing));
  if (rounded) run.note(name + ": integers above 2^53 were rounded, for others of its numbers are no integers");
}

void import_spikes(const StreamFile& file, Episode& episode, NewRun& run) {
  CsvTable table(file.path);
  expect_columns(table, {"timestep", "neuron_id", "time"}, 1);
  constexpr std::uint64_t kLargest32 = std::numeric_limits<std::uint32_t>::max();
  SpikeWriter::Layout layout{.timed = table.columns() == 3};
  if (file.described) {
    layout.ids = file.described->type_of("neuron_ids").value_or(Dtype::u32);
    layout.population_size = file.described->population_size;
  } else if (survey(file.path)[1].largest > kLargest32) {
    layout.ids = Dtype::u64;
  }
  SpikeWriter writer(episode, file.stream.name, layout);
  Clock clock(0, false);
  for_each_row(table, file, run, [&] {
    writer.record(clock.timestep(table), table.number<std::uint64_t>(1), layout.timed ? table.number<double>(2) : 0);
  });
  writer.flush();
}

void import_rewards(const StreamFile& file, Episode& episode, NewRun& run) {
  CsvTable table(file.path);
  expect_columns(table, {"timestep", "value"});
  auto stream = episode.rewards({.unit = file.described ? file.described->unit : ""});
  Clock clock(0, false);
  for_each_row(table, file, run, [&] { stream.record(clock.timestep(table), table.number<double>(1)); });
}

template <std::floating_point T>
void record_weight_changes(CsvTable& table, const StreamFile& file, Episode& episode, NewRun& run) {
  auto stream = episode.weight_changes<T>({.unit = file.described ? file.described->unit : ""});
  Clock clock(0, false);
  for_each_row(table, file, run, [&] {
    stream.record(clock.timestep(table), table.number<std::uint64_t>(1), table.number<T>(2), table.number<T>(3));
  });
}

void import_weight_changes(const StreamFile& file, Episode& episode, NewRun& run) {
  CsvTable table(file.path);
  expect_columns(table, {"timestep", "synapse_id", "old_weight", "new_weight"});
  if (file.described && file.described->type_of("new_weights") == Dtype::f32)
    record_weight_changes<float>(table, file, episode, run);
  else
    record_weight_changes<double>(table, file, episode, run);
}

void import_events(const StreamFile& file, Episode& episode, NewRun& run) {
  CsvTable table(file.path);
  expect_columns(table, {"timestep", "type", "data"});
  Clock clock(0, false);
  for_each_row(table, file, run, [&] {
    const auto data = nlohmann::json::parse(table.text(2), nullptr, false);
    if (data.is_discarded()) table.fail("the data of the event are no JSON");
    episode.log_event(table.text(1), clock.timestep(table), data);
  });
}

}  // namespace

void import_dense(const StreamFile& file, Episode& episode, NewRun& run, double dt, const Survey& columns) {
  CsvTable table(file.path);
  if (table.columns() < 2) table.fail("expected a column of timesteps, and columns of values behind it");
  DenseLayout layout{.shape = Shape(table.columns() - 1)};
  if (table.names()[1] == "value" && table.columns() == 2) layout.shape = {};
  if (table.names()[0] == "timestep") layout.columns = column_ids(table);
  std::optional<Dtype> type;
  if (const auto& described = file.described) {
    if (described->shape.values() != table.columns() - 1)
      table.fail(fmt::format("expected {} values in a row, as episode.json says, got {}", described->shape.values(),
                             table.columns() - 1));
    layout.shape = described->shape;
    layout.unit = described->unit;
    layout.every = std::max<std::int64_t>(1, described->every);
    type = described->type_of("values");
    if (layout.shape.rank() != 1) layout.columns.clear();
  }
  if (!type) type = type_of_values(columns);
  tell_losses(file, columns, *type, run);
  visit_dtype(*type, [&]<class T>(T) { record_dense<T>(table, file, layout, dt, episode, run); });
}

void import_table(const StreamFile& file, Episode& episode, NewRun& run) {
  switch (file.stream.kind) {
    case StreamKind::spikes:
      return import_spikes(file, episode, run);
    case StreamKind::rewards:
      return import_rewards(file, episode, run);
    case StreamKind::weight_changes:
      return import_weight_changes(file, episode, run);
    case StreamKind::events:
      return import_events(file, episode, run);
    default:
      // What is described need not be looked at first.
      import_dense(file, episode, run, 0, file.described ? Survey() : survey(file.path));
  }
}

}  // namespace neurotape::exchange
