#include "exchange/description.hpp"

#include <array>
#include <neurotape/error.hpp>

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
  return {{"name", run.name()}, {"attributes", run.attributes()}, {"config", run.config()}};
}

Json description_of(const EpisodeReader& episode) {
  const auto seed = episode.seed();
  return {{"id", episode.id()},
          {"status", episode.status()},
          {"name", episode.name()},
          {"started", episode.started()},
          {"ended", episode.ended()},
          {"dt", episode.dt()},
          {"dt_unit", episode.dt_unit()},
          {"seed", seed ? Json(*seed) : Json()},
          {"attributes", episode.attributes()}};
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

DescribedStream described_stream(const nlohmann::json& description) {
  DescribedStream stream;
  stream.unit = description.value("unit", "");
  stream.every = description.value("every", std::int64_t{1});
  stream.population_size = description.value("population_size", std::uint64_t{0});
  const auto lengths = description.value("shape", std::vector<std::uint64_t>());
  stream.shape = Shape(std::span<const std::uint64_t>(lengths));
  for (const auto& [column, name] : description.at("types").items())
    for (const auto dtype : kDtypes)
      if (name == dtype_name(dtype)) stream.types[column] = dtype;
  return stream;
}

}  // namespace neurotape::exchange
