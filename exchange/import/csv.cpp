#include <fmt/format.h>
#include <neurotape/error.hpp>

#include "exchange/import/csv_rows.hpp"
#include "exchange/import/csv_streams.hpp"

namespace neurotape::exchange {
namespace {

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
  if (std::filesystem::is_directory(options.source))
    return import_exported(options, ".csv", {import_table, read_network_table});
  if (!options.stream.empty() && !StreamPath::parse(options.stream).is_dense())
    return import_single(options, options.stream, import_table);
  const auto path = options.stream.empty() ? "behavior/" + stem_of(options.source) : options.stream;
  return import_single(
      options, path,
      [&](const StreamFile& file, Episode& episode, NewRun& run) { import_foreign(options, file, episode, run); },
      {{"columns", names_of_columns(options.source)}});
}

}  // namespace neurotape::exchange
