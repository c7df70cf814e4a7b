#include <algorithm>
#include <fmt/format.h>
#include <neurotape/error.hpp>
#include <neurotape/npz.hpp>

#include "exchange/import/exported.hpp"

namespace neurotape::exchange {
namespace {

/// The arrays of a file, as those of a stream; what is wrong is told with the file.
class Arrays {
 public:
  explicit Arrays(const std::filesystem::path& path) : file_(path) {}

  const NpzFile& file() const noexcept { return file_; }
  [[noreturn]] void fail(ErrorCode code, const std::string& what) const {
    throw Error(code, what, {.path = file_.path().string()});
  }

  /// An array of numbers, whatever their type, of one dimension.
  template <Arithmetic T>
  Array<T> column(const std::string& name) const {
    const auto array = numbers(name);
    if (array.shape().rank() != 1)
      fail(ErrorCode::wrong_shape,
           fmt::format("array '{}': expected one dimension, got the shape {}", name, array.shape().to_string()));
    Array<T> values(array.size());
    visit_dtype(array.dtype(), [&]<class U>(U) {
      if constexpr (std::is_integral_v<T> && std::is_floating_point_v<U>)
        fail(ErrorCode::wrong_type, fmt::format("array '{}': expected integers, got {}", name, array.type_name()));
      else
        std::transform(array.values<U>().begin(), array.values<U>().end(), values.begin(),
                       [](U value) { return static_cast<T>(value); });
    });
    return values;
  }

  NpyArray numbers(const std::string& name) const {
    auto array = file_.read(name);
    if (array.is_text())
      fail(ErrorCode::wrong_type, fmt::format("array '{}': expected numbers, got {}", name, array.type_name()));
    return array;
  }
  std::string text(const std::string& name) const { return file_.contains(name) ? file_.read(name).text() : ""; }

  /// \param strictly each comes after the one before; else not before it
  Array<std::int64_t> timesteps(bool strictly) const {
    auto timesteps = column<std::int64_t>("timesteps");
    for (std::size_t i = 1; i < timesteps.size(); ++i)
      if (strictly ? timesteps[i] <= timesteps[i - 1] : timesteps[i] < timesteps[i - 1])
        fail(ErrorCode::damaged, fmt::format("row {}: timestep {} comes after {}", i, timesteps[i], timesteps[i - 1]));
    return timesteps;
  }
  void expect_rows(const std::string& name, std::uint64_t got, std::uint64_t expected) const {
    if (got != expected)
      fail(ErrorCode::wrong_shape,
           fmt::format("array '{}': expected {} rows, one for each timestep, got {}", name, expected, got));
  }
  /// A column with a row for each timestep.
  template <Arithmetic T>
  Array<T> column(const std::string& name, std::uint64_t rows) const {
    auto values = column<T>(name);
    expect_rows(name, values.size(), rows);
    return values;
  }

 private:
  NpzFile file_;
};

/// Rows of an array along its first axis.
std::uint64_t rows_of(const NpyArray& array) { return array.shape().dimensions().at(0); }

Shape shape_of_row(const NpyArray& array) {
  return Shape(std::span<const std::uint64_t>(array.shape().dimensions()).subspan(1));
}

void record_dense(const NpyArray& array, const Array<std::int64_t>& timesteps, const StreamPath& path,
                  const DenseLayout& layout, Episode& episode) {
  visit_dtype(array.dtype(), [&]<class T>(T) {
    DenseWriter<T> writer(episode, path, layout);
    const auto width = static_cast<std::size_t>(layout.shape.values());
    const auto values = array.values<T>();
    for (std::size_t i = 0; i < timesteps.size(); ++i) writer.record(timesteps[i], values.subspan(i * width, width));
  });
}

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

void record_rewards(const Array<std::int64_t>& timesteps, const Array<double>& values, const std::string& unit,
                    Episode& episode, NewRun& run) {
  auto stream = episode.rewards({.unit = unit});
  for (std::size_t i = 0; i < timesteps.size(); ++i) stream.record(timesteps[i], values[i]);
  run.count("rewards", timesteps.size());
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

/// A file of `export`.
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

/// A file of somebody else's, whose arrays are streams of their own.
class ForeignArrays {
 public:
  explicit ForeignArrays(const std::filesystem::path& path) : arrays_(path) {
    if (arrays_.file().contains("timesteps")) timesteps_ = arrays_.timesteps(true);
  }

  void import(Episode& episode, NewRun& run) const {
    bool any = false;
    for (const auto& name : arrays_.file().names())
      if (name != "timesteps") any = import(name, episode, run) || any;
    if (!any)
      arrays_.fail(ErrorCode::not_found,
                   "there is no array of numbers in it whose first axis could be time: " + names_text());
  }

 private:
  /// \returns whether it became a stream
  bool import(const std::string& name, Episode& episode, NewRun& run) const {
    NpyArray array;
    try {
      array = arrays_.file().read(name);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unsupported) throw;
      run.note(name + " was left out: " + error.what());
      return false;
    }
    if (array.is_text() || array.shape().rank() == 0) {
      keep(name, array, episode, run);
      return false;
    }
    const auto rows = rows_of(array);
    if (timesteps_) arrays_.expect_rows(name, rows, timesteps_->size());
    const auto timesteps = timesteps_ ? *timesteps_ : counted(rows);
    if (name == "rewards" && array.shape().rank() == 1) {
      record_rewards(timesteps, arrays_.column<double>(name), "", episode, run);
    } else {
      const StreamPath path{StreamKind::behavior, name};
      record_dense(array, timesteps, path, {.shape = shape_of_row(array)}, episode);
      run.count(path.text(), rows);
    }
    return true;
  }

  /// What is no series says something of all of them.
  static void keep(const std::string& name, const NpyArray& array, Episode& episode, NewRun& run) {
    nlohmann::json value;
    if (array.is_text())
      value = array.shape().rank() == 0 ? nlohmann::json(array.text()) : nlohmann::json(array.texts());
    else
      visit_dtype(array.dtype(), [&]<class T>(T) { value = array.values<T>()[0]; });
    episode.set_attribute(name, value);
    run.note(name + " became an attribute of the episode: it has no axis of time");
  }

  static Array<std::int64_t> counted(std::uint64_t rows) {
    Array<std::int64_t> timesteps(static_cast<std::size_t>(rows));
    for (std::size_t i = 0; i < timesteps.size(); ++i) timesteps[i] = static_cast<std::int64_t>(i);
    return timesteps;
  }
  std::string names_text() const {
    const auto& names = arrays_.file().names();
    return names.empty() ? "it is empty" : fmt::format("it has {}", fmt::join(names, ", "));
  }

  Arrays arrays_;
  std::optional<Array<std::int64_t>> timesteps_;
};

}  // namespace

ImportReport import_npz(const ImportOptions& options) {
  if (std::filesystem::is_directory(options.source)) return import_exported(options, ".npz", import_arrays);
  if (!options.stream.empty()) return import_single(options, options.stream, import_arrays);
  const ForeignArrays arrays(options.source);
  NewRun run(options, stem_of(options.source));
  auto episode = run.start_episode({});
  arrays.import(episode, run);
  run.finish(episode);
  return run.publish();
}

}  // namespace neurotape::exchange
