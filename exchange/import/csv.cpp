#include <algorithm>
#include <fmt/format.h>
#include <neurotape/error.hpp>

#include "exchange/import/csv_table.hpp"
#include "exchange/import/exported.hpp"
#include "exchange/import/times.hpp"

namespace neurotape::exchange {
namespace {

using Survey = std::vector<ColumnSurvey>;

/// The timesteps of a table: its first column has them, or times.
class Clock {
 public:
  /// \param dt of times; 0: they are timesteps
  explicit Clock(double dt, bool strict) : dt_(dt), strict_(strict) {}

  /// \throws Error damaged: it does not come after the one before
  std::int64_t timestep(const CsvTable& table) {
    const auto now = dt_ == 0 ? table.number<std::int64_t>(0) : of_time(table);
    if (!first_ && (strict_ ? now <= last_ : now < last_))
      table.fail(fmt::format("timestep {} comes after {}{}", now, last_,
                             dt_ == 0 ? "" : "; a smaller --dt keeps times apart"));
    first_ = false;
    return last_ = now;
  }

 private:
  std::int64_t of_time(const CsvTable& table) const {
    const auto time = table.number<double>(0);
    if (!is_in_range(time, dt_)) table.fail(fmt::format("{} is no time", time));
    return timestep_of(time, dt_);
  }

  double dt_;
  bool strict_, first_ = true;
  std::int64_t last_ = 0;
};

void expect_columns(const CsvTable& table, const std::vector<std::string>& expected, std::size_t optional = 0) {
  const auto& names = table.names();
  const bool enough = names.size() + optional >= expected.size() && names.size() <= expected.size();
  if (!enough || !std::equal(names.begin(), names.end(), expected.begin()))
    table.fail(fmt::format("expected the columns {}, got {}", fmt::join(expected, ","), fmt::join(names, ",")));
}

/// \param use called for each row \returns how many there were
template <class Use>
std::uint64_t for_each_row(CsvTable& table, const StreamFile& file, NewRun& run, Use use) {
  std::uint64_t rows = 0;
  for (; table.next(); ++rows) use();
  if (table.ends_without_newline())
    run.note(file.path.filename().string() + ": its last line has no end, as if it had been cut off");
  run.count(file.stream.text(), rows);
  return rows;
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
  return are_counted(ids) ? std::vector<std::uint64_t>() : ids;
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
  std::uint64_t missing = 0;
  for (const auto& column : columns) missing += column.missing;
  if (missing != 0) run.note(fmt::format("{}: {} empty fields became NaN", file.path.filename().string(), missing));
  visit_dtype(type ? *type : type_of_values(columns),
              [&]<class T>(T) { record_dense<T>(table, file, layout, dt, episode, run); });
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

/// A table whose first column has timesteps; also one of `export`.
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

bool is_name_of_time(const std::string& name) {
  return name == "t" || name == "time" || name.starts_with("time_") || name.starts_with("time (");
}

/// Times that are not on timesteps are kept beside the values, as a stream of their own.
void keep_times(const StreamFile& file, double dt, Episode& episode, NewRun& run) {
  bool on_steps = true;
  for (CsvTable table(file.path); on_steps && table.next();) on_steps = is_on_a_step(table.number<double>(0), dt);
  if (on_steps) return;
  CsvTable table(file.path);
  const StreamFile times{file.path, {file.stream.kind, file.stream.name + "_" + table.names()[0]}, {}};
  DenseWriter<double> writer(episode, times.stream, {});
  Clock clock(dt, true);
  for_each_row(table, times, run, [&] {
    const auto timestep = clock.timestep(table);
    const auto time = table.number<double>(0);
    writer.record(timestep, std::span(&time, 1));
  });
  run.note("its times lie between timesteps: they are in " + times.stream.text());
}

/// A table of somebody else's: timesteps, or times, and numbers.
void import_foreign(const ImportOptions& options, const StreamFile& file, Episode& episode, NewRun& run) {
  const auto columns = survey(file.path);
  CsvTable head(file.path);
  const auto& first = head.names()[0];
  const bool are_integers = columns[0].dtype() == Dtype::i64 || columns[0].kind == csv::FieldKind::missing;
  const bool are_times = options.dt > 0 && (!are_integers || is_name_of_time(first));
  if (!are_integers && !are_times)
    head.fail(
        fmt::format("the column '{}' comes first, and has no timesteps: they are integers. If it has times, --dt "
                    "says how long a timestep is",
                    first));
  if (are_times) keep_times(file, options.dt, episode, run);
  import_dense(file, episode, run, are_times ? options.dt : 0, columns);
}

std::vector<std::string> names_of_columns(const std::filesystem::path& path) {
  auto names = CsvTable(path).names();
  names.erase(names.begin());
  return names;
}

}  // namespace

ImportReport import_csv(const ImportOptions& options) {
  if (std::filesystem::is_directory(options.source)) return import_exported(options, ".csv", import_table);
  if (!options.stream.empty() && !StreamPath::parse(options.stream).is_dense())
    return import_single(options, options.stream, import_table);
  const auto path = options.stream.empty() ? "behavior/" + stem_of(options.source) : options.stream;
  return import_single(
      options, path,
      [&](const StreamFile& file, Episode& episode, NewRun& run) { import_foreign(options, file, episode, run); },
      {{"columns", names_of_columns(options.source)}});
}

}  // namespace neurotape::exchange
