#include <neurotape/analysis.hpp>
#include <neurotape/npz.hpp>

#include "exchange/export.hpp"
#include "exchange/network.hpp"

namespace neurotape::exchange {
namespace {

template <class T>
NpzValue with_rows(const Array<T>& values, std::uint64_t rows, const Shape& row) {
  std::vector<std::uint64_t> dimensions{rows};
  dimensions.insert(dimensions.end(), row.dimensions().begin(), row.dimensions().end());
  return {ArrayView(values.data(), values.size()), Shape(std::span<const std::uint64_t>(dimensions))};
}

void write_stream(const EpisodeReader& episode, const StreamInfo& stream, const std::filesystem::path& path) {
  const NpzOptions options{.durability = Durability::process};
  const NamedValue unit{"unit", stream.unit};
  const auto write = [&](std::vector<NamedValue> arrays) {
    if (!stream.unit.empty()) arrays.push_back(unit);
    write_npz(path, arrays, options);
  };
  switch (stream.kind) {
    case StreamKind::spikes: {
      const auto rows = episode.spikes(stream.name()).all();
      std::vector<NamedValue> arrays{{"timesteps", rows.timesteps}, {"neuron_ids", rows.neuron_ids}};
      if (stream.columns.size() > 2) arrays.push_back({"times", rows.times});
      return write(arrays);
    }
    case StreamKind::rewards: {
      const auto rows = episode.rewards().all();
      return write({{"timesteps", rows.timesteps}, {"values", rows.values}});
    }
    case StreamKind::weight_changes:
      return visit_weight_changes(episode, stream, [&](const auto& reader) {
        const auto rows = reader.all();
        write({{"timesteps", rows.timesteps},
               {"synapse_ids", rows.synapse_ids},
               {"old_weights", rows.old_weights},
               {"new_weights", rows.new_weights}});
      });
    case StreamKind::events: {
      std::vector<std::int64_t> timesteps;
      auto events = nlohmann::json::array();
      for (const auto& event : episode.events()) {
        timesteps.push_back(event.timestep);
        events.push_back({{"timestep", event.timestep}, {"type", event.type}, {"data", event.data}});
      }
      const auto text = events.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      return write({{"timesteps", timesteps}, {"json", text}});
    }
    default:
      visit_dense(episode, stream, [&](const auto& reader) {
        const auto rows = reader.all();
        const auto ids = reader.column_ids();
        write({{"timesteps", rows.timesteps},
               {"values", with_rows(rows.values, rows.size(), rows.shape)},
               {"columns", ids}});
      });
  }
}

}  // namespace

ExportReport export_npz(const Run& run, const ExportOptions& options) {
  NewDirectory output(options.output);
  write_description(run, output);
  for_each_table(run, [&](const std::string& name, const NetworkTable& table) {
    const auto columns = read_columns(table);
    std::vector<NamedValue> arrays;
    for (const auto& [column, values] : columns) arrays.push_back({column, values});
    write_npz(output.file(kNetwork + ("/" + name + ".npz")), arrays, {.durability = Durability::process});
  });
  for (const auto number : options.episodes) {
    const auto episode = run.episode(number);
    write_description(episode, output);
    for (const auto& stream : episode.streams())
      write_stream(episode, stream, output.file(episode.id() + "/" + stream.path + ".npz"));
  }
  return output.publish();
}

}  // namespace neurotape::exchange
