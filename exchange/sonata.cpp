#include <cmath>
#include <fmt/format.h>
#include <neurotape/error.hpp>

#include "exchange/export.hpp"
#include "exchange/hdf5_out.hpp"

namespace neurotape::exchange {
namespace {

constexpr std::size_t kReadAtOnceBytes = 4'000'000;
constexpr std::uint8_t kUnsorted = 0, kByTime = 2;

h5::NewFile create_sonata_file(const std::filesystem::path& path) {
  h5::NewFile file(path);
  h5::set_number<std::uint32_t>(file, "magic", 0x0A7A);
  const std::array<std::uint32_t, 2> version{0, 1};
  h5::set_raw(file, "version", h5::type_of(Dtype::u32), {2}, version.data());
  return file;
}

/// libsonata reads the enum by the names of its values.
void set_sorting(hid_t population, std::uint8_t value) {
  const h5::Id type = h5::enum_type(H5T_STD_U8LE, std::array{"none", "by_id", "by_time"});
  h5::set_raw(population, "sorting", type, {}, &value);
}

void write_population(const h5::NewFile& file, hid_t group, const EpisodeReader& episode, const StreamInfo& stream,
                      const ExportOptions& options, NewDirectory& output) {
  const auto spikes = episode.spikes(stream.name());
  const bool exact = stream.columns.size() > 2;
  const bool timed = exact && milliseconds_of_unit(episode) > 0;
  if (exact && !timed) output.note(stream.path + kUnknownTimes);
  const double scale = timed ? milliseconds_of_unit(episode) : milliseconds_of_step(episode, options);
  const h5::Id population = h5::create_group(group, stream.name());
  const auto timestamps = h5::create_dataset(population, "timestamps", h5::type_of(Dtype::f64), {stream.rows});
  const auto ids = h5::create_dataset(population, "node_ids", h5::type_of(Dtype::u64), {stream.rows});
  h5::set_text(timestamps, "units", "ms");  // always: libsonata refuses a population without
  std::uint64_t row = 0;
  double last = -std::numeric_limits<double>::infinity();
  bool by_time = true;
  std::vector<double> times;
  for (const auto& part : spikes.chunks(kReadAtOnceBytes)) {
    times.clear();
    for (std::size_t i = 0; i < part.size(); ++i) {
      times.push_back((timed ? part.times[i] : static_cast<double>(part.timesteps[i])) * scale);
      by_time = by_time && times.back() >= last;
      last = times.back();
    }
    h5::write_rows(timestamps, h5::type_of(Dtype::f64), row, part.size(), times.data());
    h5::write_rows(ids, h5::type_of(Dtype::u64), row, part.size(), part.neuron_ids.data());
    file.check();
    row += part.size();
  }
  set_sorting(population, by_time ? kByTime : kUnsorted);
}

void write_mapping(hid_t report, const std::vector<std::uint64_t>& ids, std::array<double, 3> time) {
  const h5::Id mapping = h5::create_group(report, "mapping");
  const auto node_ids = h5::write_array<std::uint64_t>(mapping, "node_ids", ids);
  h5::set_number<std::uint8_t>(node_ids, "sorted", std::is_sorted(ids.begin(), ids.end()) ? 1 : 0);
  std::vector<std::uint64_t> pointers(ids.size() + 1);
  for (std::size_t i = 0; i < pointers.size(); ++i) pointers[i] = i;
  h5::write_array<std::uint64_t>(mapping, "index_pointers", pointers);
  // bmtk looks for it under another name.
  h5::check(H5Lcreate_hard(mapping, "index_pointers", mapping, "index_pointer", H5P_DEFAULT, H5P_DEFAULT), "a link");
  const std::vector<std::uint32_t> elements(ids.size());
  h5::write_array<std::uint32_t>(mapping, "element_ids", elements);
  const auto times = h5::write_array<double>(mapping, "time", time);
  h5::set_text(times, "units", "ms");
}

/// Steps between rows. \returns nothing where they are not the same everywhere
std::optional<std::int64_t> step_of(const Array<std::int64_t>& timesteps, std::int64_t every) {
  if (timesteps.size() < 2) return every;
  const auto step = timesteps[1] - timesteps[0];
  for (std::size_t i = 2; i < timesteps.size(); ++i)
    if (timesteps[i] - timesteps[i - 1] != step) return std::nullopt;
  return step;
}

template <class T>
void write_values(const h5::NewFile& file, hid_t data, const DenseReader<T>& reader) {
  std::uint64_t row = 0;
  std::vector<float> values;
  for (const auto& part : reader.chunks(kReadAtOnceBytes)) {
    values.assign(part.values.begin(), part.values.end());
    h5::write_rows(data, h5::type_of(Dtype::f32), row, part.size(), values.data());
    file.check();
    row += part.size();
  }
}

/// The file of the spikes has its name from the format.
std::string report_name(const StreamInfo& stream) {
  return stream.name() == "spikes" ? "spikes_neural_state" : std::string(stream.name());
}

/// \returns why it cannot be a report; empty: it is one
std::string write_report(NewDirectory& output, const EpisodeReader& episode, const StreamInfo& stream,
                         const ExportOptions& options) {
  const double dt = milliseconds_of_step(episode, options);
  return visit_dense(episode, stream, [&](const auto& reader) -> std::string {
    const auto timesteps = reader.timesteps();
    const auto step = step_of(timesteps, reader.every());
    if (!step) return "its rows are not equally far apart, as those of a report are";
    const auto ids = reader.column_ids();
    auto file = create_sonata_file(output.file(episode.id() + "/" + report_name(stream) + ".h5"));
    {
      const h5::Id group = h5::create_group(file, "report"), report = h5::create_group(group, options.population);
      const auto data = h5::create_dataset(report, "data", h5::type_of(Dtype::f32), {stream.rows, ids.size()});
      h5::set_text(data, "units", stream.unit);
      write_values(file, data, reader);
      const double start = timesteps.empty() ? 0 : static_cast<double>(timesteps.front()) * dt;
      const double interval = static_cast<double>(*step) * dt;
      write_mapping(report, ids, {start, start + interval * static_cast<double>(stream.rows), interval});
    }
    file.close();
    return {};
  });
}

void write_spikes(NewDirectory& output, const EpisodeReader& episode, const std::vector<StreamInfo>& populations,
                  const ExportOptions& options) {
  auto file = create_sonata_file(output.file(episode.id() + "/spikes.h5"));
  {
    const h5::Id group = h5::create_group(file, "spikes");
    for (const auto& stream : populations) write_population(file, group, episode, stream, options, output);
  }
  file.close();
}

void write_episode(NewDirectory& output, const EpisodeReader& episode, const ExportOptions& options) {
  std::vector<StreamInfo> populations;
  for (const auto& stream : episode.streams()) {
    if (stream.kind == StreamKind::spikes) {
      populations.push_back(stream);
    } else if (stream.kind == StreamKind::neural_state) {
      if (const auto why = write_report(output, episode, stream, options); !why.empty())
        output.note(stream.path + " was left out: " + why);
      if (stream.columns[1].dtype != Dtype::f32)
        output.note(fmt::format("{} was {}; reports are float32", stream.path, dtype_name(stream.columns[1].dtype)));
    } else {
      output.note(stream.path + " was left out: SONATA has no place for it");
    }
  }
  if (!populations.empty()) write_spikes(output, episode, populations, options);
}

}  // namespace

ExportReport export_sonata(const Run& run, const ExportOptions& options) {
  NewDirectory output(options.output);
  for (const auto number : options.episodes) {
    const auto episode = run.episode(number);
    write_episode(output, episode, options);
    note_what_is_left_out(run, episode, output);
  }
  return output.publish();
}

}  // namespace neurotape::exchange
