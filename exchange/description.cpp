#include "exchange/description.hpp"

#include <array>
#include <neurotape/error.hpp>

#include "exchange/network.hpp"

namespace neurotape::exchange {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kDtypes{Dtype::i8,  Dtype::i16, Dtype::i32, Dtype::i64, Dtype::u8,     Dtype::u16,
                             Dtype::u32, Dtype::u64, Dtype::f32, Dtype::f64, Dtype::boolean};

Json description_of(const StreamInfo& stream) {
  Json types = Json::object();
  for (const auto& column : stream.columns)
    if (column.text_bytes == 0) types[column.name] = dtype_name(column.dtype);
  Json told{{"types", std::move(types)}, {"unit", stream.unit}};
  if (stream.is_dense()) {
    told["shape"] = stream.columns.at(1).shape.dimensions();
    told["every"] = stream.every;
  }
  if (stream.kind == StreamKind::spikes) told["population_size"] = stream.population_size;
  return told;
}

}  // namespace

Json description_of(const Run& run) {
  Json told{{"name", run.name()}, {"attributes", run.attributes()}, {"config", run.config()}};
  for_each_table(run, [&](const char* name, const NetworkTable& table) {
    for (const auto& column : table.columns()) told[kNetwork][name][column.name] = dtype_name(column.dtype);
  });
  return told;
}

Json description_of(const EpisodeReader& episode) {
  const auto seed = episode.seed();
  Json gaps = Json::array();
  for (const auto& gap : episode.gaps())
    gaps.push_back({{"stream", gap.stream},
                    {"first_timestep", gap.first_timestep},
                    {"last_timestep", gap.last_timestep},
                    {"rows", gap.rows},
                    {"cause", gap.cause}});
  return {{"id", episode.id()},
          {"status", episode.status()},
          {"name", episode.name()},
          {"started", episode.started()},
          {"ended", episode.ended()},
          {"dt", episode.dt()},
          {"dt_unit", episode.dt_unit()},
          {"seed", seed ? Json(*seed) : Json()},
          {"attributes", episode.attributes()},
          {"gaps", std::move(gaps)}};
}

Json description_of_streams(const EpisodeReader& episode) {
  Json streams = Json::object();
  for (const auto& stream : episode.streams()) streams[stream.path] = description_of(stream);
  return streams;
}

std::string description_text(const Json& description) {
  return description.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<Dtype> DescribedStream::type_of(const std::string& column) const {
  const auto found = types.find(column);
  return found == types.end() ? std::nullopt : std::optional(found->second);
}

std::map<std::string, Dtype> described_types(const nlohmann::json& description) {
  std::map<std::string, Dtype> types;
  for (const auto& [column, name] : description.items())
    for (const auto dtype : kDtypes)
      if (name == dtype_name(dtype)) types[column] = dtype;
  return types;
}

DescribedStream described_stream(const nlohmann::json& description) {
  DescribedStream stream;
  stream.unit = description.value("unit", "");
  stream.every = description.value("every", std::int64_t{1});
  stream.population_size = description.value("population_size", std::uint64_t{0});
  const auto lengths = description.value("shape", std::vector<std::uint64_t>());
  stream.shape = Shape(std::span<const std::uint64_t>(lengths));
  stream.types = described_types(description.at("types"));
  return stream;
}

}  // namespace neurotape::exchange
