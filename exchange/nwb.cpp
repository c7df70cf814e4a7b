#include <chrono>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <neurotape/analysis.hpp>
#include <random>

#include "exchange/export.hpp"
#include "exchange/hdf5_out.hpp"

namespace neurotape::exchange {
namespace {

constexpr std::size_t kReadAtOnceBytes = 4'000'000;
constexpr double kMillisecondsPerSecond = 1000;

std::string random_uuid() {
  static std::random_device entropy;
  std::array<std::uint32_t, 4> bits{};
  for (auto& word : bits) word = entropy();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:04x}{:08x}", bits[0], bits[1] >> 16, bits[1] & 0xFFFU,
                     (bits[2] >> 16 & 0x3FFFU) | 0x8000U, bits[2] & 0xFFFFU, bits[3]);
}

void set_type(hid_t object, const char* type, const char* name_space = "core") {
  h5::set_text(object, "namespace", name_space);
  h5::set_text(object, "neurodata_type", type);
  h5::set_text(object, "object_id", random_uuid());
}

h5::Id typed_group(hid_t parent, const std::string& name, const char* type) {
  auto group = h5::create_group(parent, name);
  set_type(group, type);
  return group;
}

/// "2026-11-20T10:15:00.5Z" with the offset spelled out.
std::string with_offset(std::string time) {
  if (time.ends_with('Z')) time.replace(time.size() - 1, 1, "+00:00");
  return time.empty() ? "1970-01-01T00:00:00+00:00" : time;
}

std::string now() {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}+00:00", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

/// One episode, a session of its own.
class NwbFile {
 public:
  NwbFile(const Run& run, const EpisodeReader& episode, const ExportOptions& options, NewDirectory& output)
      : episode_(episode),
        step_seconds_(milliseconds_of_step(episode, options) / kMillisecondsPerSecond),
        output_(output),
        file_(output.file(episode.id() + ".nwb")) {
    write_head(run);
  }

  void write() {
    {
      const auto acquisition = h5::create_group(file_, "acquisition");
      const auto processing = h5::create_group(file_, "processing");
      std::optional<h5::Id> behavior;
      for (const auto& stream : episode_.streams()) {
        if (stream.kind == StreamKind::neural_state) {
          write_dense(acquisition, stream);
        } else if (stream.kind == StreamKind::weight_changes) {
          output_.note(stream.path + " was left out: NWB has no place for it");
        } else if (stream.kind != StreamKind::spikes) {
          if (!behavior) behavior = behavior_module(processing);
          write_behavior(*behavior, stream);
        }
      }
      write_units();
      write_trial();
    }
    file_.close();
  }

 private:
  void write_head(const Run& run) {
    set_type(file_, "NWBFile");
    h5::set_text(file_, "nwb_version", "2.7.0");
    const auto started = with_offset(episode_.started());
    h5::write_texts(file_, "file_create_date", {now()});
    h5::write_text(file_, "identifier", run.name() + "/" + episode_.id() + "/" + episode_.started());
    h5::write_text(file_, "session_description", run.name() + ", " + episode_.id());
    h5::write_text(file_, "session_start_time", started);
    h5::write_text(file_, "timestamps_reference_time", started);
    for (const char* group : {"analysis", "general"}) h5::create_group(file_, group);
    const auto stimulus = h5::create_group(file_, "stimulus");
    for (const char* group : {"presentation", "templates"}) h5::create_group(stimulus, group);
  }

  h5::Id behavior_module(hid_t processing) {
    auto module = typed_group(processing, "behavior", "ProcessingModule");
    h5::set_text(module, "description", "behavior, rewards and events");
    return module;
  }

  /// The behaviour, the rewards and the events are in one group, where a behaviour may have the name of the others.
  static std::string series_name(const StreamInfo& stream) {
    const std::string name(stream.name());
    return stream.kind == StreamKind::behavior && (name == "rewards" || name == "events") ? name + "_behavior" : name;
  }

  h5::Id time_series(hid_t parent, const StreamInfo& stream, const char* type = "TimeSeries") {
    auto series = typed_group(parent, series_name(stream), type);
    h5::set_text(series, "description", stream.path);
    h5::set_text(series, "comments", "no comments");
    return series;
  }

  static void describe_data(hid_t data, const StreamInfo& stream) {
    h5::set_text(data, "unit", stream.unit.empty() ? "unknown" : stream.unit);
    h5::set_number(data, "conversion", 1.0F);
    h5::set_number(data, "offset", 0.0F);
    h5::set_number(data, "resolution", -1.0F);
  }

  void write_dense(hid_t parent, const StreamInfo& stream) {
    visit_dense(episode_, stream, [&]<class T>(const DenseReader<T>& reader) {
      const auto series = time_series(parent, stream);
      h5::Dimensions shape{stream.rows};
      shape.insert(shape.end(), reader.shape().dimensions().begin(), reader.shape().dimensions().end());
      const hid_t type = h5::type_of(dtype_of<T>());
      const auto data = h5::create_dataset(series, "data", type, shape);
      describe_data(data, stream);
      std::uint64_t row = 0;
      for (const auto& part : reader.chunks(kReadAtOnceBytes)) {
        h5::write_rows(data, type, row, part.size(), part.values.data());
        file_.check();
        row += part.size();
      }
      write_timestamps(series, reader.timesteps());
    });
  }

  void write_behavior(hid_t parent, const StreamInfo& stream) {
    if (stream.is_dense()) {
      write_dense(parent, stream);
    } else if (stream.kind == StreamKind::rewards) {
      const auto rewards = episode_.rewards().all();
      const auto series = time_series(parent, stream);
      describe_data(h5::write_array<double>(series, "data", rewards.values), stream);
      write_timestamps(series, rewards.timesteps);
    } else {
      write_events(parent, stream);
    }
  }

  void write_events(hid_t parent, const StreamInfo& stream) {
    const auto series = time_series(parent, stream, "AnnotationSeries");
    std::vector<std::string> texts;
    std::vector<std::int64_t> timesteps;
    for (const auto& event : episode_.events()) {
      texts.push_back(event.type + " " + event.data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
      timesteps.push_back(event.timestep);
    }
    const auto data = h5::write_texts(series, "data", texts);
    h5::set_text(data, "unit", "n/a");
    h5::set_number(data, "resolution", -1.0F);
    write_timestamps(series, timesteps);
  }

  void write_timestamps(hid_t series, std::span<const std::int64_t> timesteps) {
    std::vector<double> seconds;
    for (const auto timestep : timesteps) seconds.push_back(static_cast<double>(timestep) * step_seconds_);
    const auto dataset = h5::write_array<double>(series, "timestamps", seconds);
    h5::set_number<std::int32_t>(dataset, "interval", 1);
    h5::set_text(dataset, "unit", "seconds");
  }

  h5::Id column(hid_t table, const char* name, std::span<const std::uint64_t> values, const char* description) {
    auto dataset = h5::write_array<std::uint64_t>(table, name, values);
    set_type(dataset, "VectorData", "hdmf-common");
    h5::set_text(dataset, "description", description);
    return dataset;
  }

  /// All populations in one table, a row for each neuron: NWB has no other place for them.
  void write_units() {
    std::vector<double> seconds;
    std::vector<std::uint64_t> ends, neurons;
    std::vector<std::int64_t> ids;
    std::vector<std::string> populations;
    for (const auto& stream : episode_.streams()) {
      if (stream.kind != StreamKind::spikes) continue;
      const bool exact = stream.columns.size() > 2;
      const double unit_seconds = milliseconds_of_unit(episode_) / kMillisecondsPerSecond;
      if (exact && unit_seconds == 0) output_.note(stream.path + kUnknownTimes);
      const auto trains = spike_trains(episode_, stream.name(), {.by_timestep = unit_seconds == 0});
      const double scale = seconds_of(trains);
      for (std::size_t i = 0; i < trains.size(); ++i) {
        for (const double time : trains.train(i)) seconds.push_back(time * scale);
        ends.push_back(seconds.size());
        ids.push_back(static_cast<std::int64_t>(ids.size()));
        neurons.push_back(trains.neuron_ids[i]);
        populations.push_back(stream.name());
      }
    }
    if (ids.empty()) return;
    const auto units = typed_group(file_, "units", "Units");
    h5::set_text(units, "description", "spike times of neurons");
    h5::set_texts(units, "colnames", {"spike_times", "neuron_id", "population"});
    set_type(h5::write_array<std::int64_t>(units, "id", ids), "ElementIdentifiers", "hdmf-common");
    const auto times = h5::write_array<double>(units, "spike_times", seconds);
    set_type(times, "VectorData", "hdmf-common");
    h5::set_text(times, "description", "seconds");
    h5::set_number(times, "resolution", step_seconds_);
    const auto index = h5::write_array<std::uint64_t>(units, "spike_times_index", ends);
    set_type(index, "VectorIndex", "hdmf-common");
    h5::set_text(index, "description", "where the spike times of each unit end");
    h5::set_reference(index, "target", file_, "/units/spike_times");
    column(units, "neuron_id", neurons, "number in its population");
    const auto names = h5::write_texts(units, "population", populations);
    set_type(names, "VectorData", "hdmf-common");
    h5::set_text(names, "description", "name of the population");
  }

  double seconds_of(const SpikeTrains& trains) const {
    if (trains.time_unit == "timesteps") return step_seconds_;
    const double unit = milliseconds_of_unit(episode_) / kMillisecondsPerSecond;
    return unit > 0 ? unit : step_seconds_ / episode_.dt();  // of timesteps
  }

  void write_trial() {
    const auto span = span_of(episode_);
    if (!span) return;
    const auto intervals = h5::create_group(file_, "intervals");
    const auto trials = typed_group(intervals, "trials", "TimeIntervals");
    h5::set_text(trials, "description", "the episode");
    h5::set_texts(trials, "colnames", {"start_time", "stop_time"});
    const std::array<std::int64_t, 1> id{static_cast<std::int64_t>(episode_.number())};
    set_type(h5::write_array<std::int64_t>(trials, "id", id), "ElementIdentifiers", "hdmf-common");
    const std::array<double, 2> ends{static_cast<double>(span->first) * step_seconds_,
                                     (static_cast<double>(span->last) + 1) * step_seconds_};
    for (std::size_t i = 0; const char* name : {"start_time", "stop_time"}) {
      const auto dataset = h5::write_array<double>(trials, name, std::span(ends).subspan(i++, 1));
      set_type(dataset, "VectorData", "hdmf-common");
      h5::set_text(dataset, "description", "seconds");
    }
  }

  const EpisodeReader& episode_;
  double step_seconds_;
  NewDirectory& output_;
  h5::NewFile file_;
};

}  // namespace

ExportReport export_nwb(const Run& run, const ExportOptions& options) {
  NewDirectory output(options.output);
  for (const auto number : options.episodes) {
    const auto episode = run.episode(number);
    NwbFile(run, episode, options, output).write();
    note_what_is_left_out(run, episode, output);
  }
  return output.publish();
}

}  // namespace neurotape::exchange
