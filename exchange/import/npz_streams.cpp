#include "exchange/import/npz_streams.hpp"

namespace neurotape::exchange {
namespace {

void import_dense(const StreamFile& file, const Arrays& arrays, Episode& episode, NewRun& run) {
  const auto timesteps = arrays.timesteps(true);
  const auto values = arrays.numbers("values");
  if (values.shape().rank() == 0) arrays.fail(ErrorCode::wrong_shape, "array 'values': expected rows, got a number");
  arrays.expect_rows("values", rows_of(values), timesteps.size());
  DenseLayout layout{.shape = shape_of_row(values), .unit = arrays.text("unit")};
  if (file.described) layout.every = std::max<std::int64_t>(1, file.described->every);
  for (const auto timestep : timesteps)
    if (timestep % layout.every != 0)
      arrays.fail(ErrorCode::damaged,
                  fmt::format("timestep {} is none of every {}, as its description says", timestep, layout.every));
  if (layout.shape.rank() == 1 && arrays.file().contains("columns")) {
    const auto ids = arrays.column<std::uint64_t>("columns", layout.shape.values());
    if (!are_counted(ids)) layout.columns = ids;
  }
  record_dense(values, timesteps, file.stream, layout, episode);
  run.count(file.stream.text(), timesteps.size());
}

void import_spikes(const StreamFile& file, const Arrays& arrays, Episode& episode, NewRun& run) {
  const auto timesteps = arrays.timesteps(false);
  const auto ids = arrays.column<std::uint64_t>("neuron_ids", timesteps.size());
  const bool timed = arrays.file().contains("times");
  const auto times = timed ? arrays.column<double>("times", timesteps.size()) : Array<double>();
  SpikeWriter::Layout layout{.timed = timed};
  const auto kept = arrays.file().read("neuron_ids").dtype();
  const auto described = file.described ? file.described->type_of("neuron_ids") : std::nullopt;
  layout.ids = described.value_or(kept == Dtype::u32 ? Dtype::u32 : Dtype::u64);
  if (file.described) layout.population_size = file.described->population_size;
  SpikeWriter writer(episode, file.stream.name, layout);
  for (std::size_t i = 0; i < timesteps.size(); ++i) writer.record(timesteps[i], ids[i], timed ? times[i] : 0);
  writer.flush();
  run.count(file.stream.text(), timesteps.size());
}

void import_weight_changes(const Arrays& arrays, Episode& episode, NewRun& run) {
  const auto timesteps = arrays.timesteps(false);
  const auto rows = timesteps.size();
  const auto synapses = arrays.column<std::uint64_t>("synapse_ids", rows);
  const auto record = [&]<class T>(T) {
    auto stream = episode.weight_changes<T>({.unit = arrays.text("unit")});
    const auto before = arrays.column<T>("old_weights", rows), after = arrays.column<T>("new_weights", rows);
    for (std::size_t i = 0; i < rows; ++i) stream.record(timesteps[i], synapses[i], before[i], after[i]);
  };
  if (arrays.numbers("new_weights").dtype() == Dtype::f32)
    record(float{});
  else
    record(double{});
  run.count("weight_changes", rows);
}

void import_events(const Arrays& arrays, Episode& episode, NewRun& run) {
  const auto events = nlohmann::json::parse(arrays.text("json"), nullptr, false);
  if (!events.is_array()) arrays.fail(ErrorCode::damaged, "array 'json': expected a list of events as JSON");
  for (const auto& event : events) {
    if (!event.is_object() || !event.contains("type") || !event["type"].is_string() || !event.contains("timestep") ||
        !event["timestep"].is_number_integer())
      arrays.fail(ErrorCode::damaged, "array 'json': expected of each event a type, a timestep and data");
    episode.log_event(event["type"].get<std::string>(), event["timestep"].get<std::int64_t>(),
                      event.value("data", nlohmann::json::object()));
  }
  run.count("events", events.size());
}

}  // namespace

void record_dense(const NpyArray& array, const Array<std::int64_t>& timesteps, const StreamPath& path,
                  const DenseLayout& layout, Episode& episode) {
  visit_dtype(array.dtype(), [&]<class T>(T) {
    DenseWriter<T> writer(episode, path, layout);
    const auto width = static_cast<std::size_t>(layout.shape.values());
    const auto values = array.values<T>();
    for (std::size_t i = 0; i < timesteps.size(); ++i) writer.record(timesteps[i], values.subspan(i * width, width));
  });
}

void record_rewards(const Array<std::int64_t>& timesteps, const Array<double>& values, const std::string& unit,
                    Episode& episode, NewRun& run) {
  auto stream = episode.rewards({.unit = unit});
  for (std::size_t i = 0; i < timesteps.size(); ++i) stream.record(timesteps[i], values[i]);
  run.count("rewards", timesteps.size());
}

void import_arrays(const StreamFile& file, Episode& episode, NewRun& run) {
  const Arrays arrays(file.path);
  switch (file.stream.kind) {
    case StreamKind::spikes:
      return import_spikes(file, arrays, episode, run);
    case StreamKind::rewards: {
      const auto timesteps = arrays.timesteps(false);
      return record_rewards(timesteps, arrays.column<double>("values", timesteps.size()), arrays.text("unit"), episode,
                            run);
    }
    case StreamKind::weight_changes:
      return import_weight_changes(arrays, episode, run);
    case StreamKind::events:
      return import_events(arrays, episode, run);
    default:
      return import_dense(file, arrays, episode, run);
  }
}

}  // namespace neurotape::exchange
