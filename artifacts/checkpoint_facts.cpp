#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>

#include "artifacts/checkpoint_file.hpp"
#include "backends/io/new_file.hpp"

namespace neurotape::artifacts {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kFormat = "neurotape checkpoint";
constexpr std::uint64_t kMostBytes = 16U << 20U;

/// JSON has no NaN and no infinity.
ordered_json json_of(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  return value;
}

double number_of(const ordered_json& value) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (value == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf") return kInfinity;
  return value == "-inf" ? -kInfinity : value.get<double>();
}

ordered_json json_of(const StateFacts& state) {
  auto metrics = ordered_json::object();
  for (const auto& [name, value] : state.metrics) metrics[name] = json_of(value);
  return {{"epoch", state.epoch}, {"metrics", metrics}, {"bytes", state.bytes}, {"crc32", state.crc32}};
}

StateFacts state_of(const ordered_json& json) {
  StateFacts state{json.at("epoch").get<std::int64_t>(),
                   {},
                   json.at("bytes").get<std::uint64_t>(),
                   json.at("crc32").get<std::uint32_t>()};
  for (const auto& [name, value] : json.at("metrics").items()) state.metrics[name] = number_of(value);
  return state;
}

}  // namespace

std::filesystem::path facts_path(const std::filesystem::path& path) { return path.string() + ".json"; }

OpaqueFacts read_facts(const std::filesystem::path& path) {
  const auto text = io::read_text(facts_path(path), kMostBytes);
  try {
    const auto json = ordered_json::parse(text);
    OpaqueFacts facts{json.at("criterion").get<std::string>(), json.at("lowest").get<bool>(), {}};
    for (const auto& state : json.at("states")) {
      facts.states.push_back(state_of(state));
      if (!facts.states.back().metrics.contains(facts.criterion))
        throw Error(ErrorCode::damaged, fmt::format("its metrics lack the criterion '{}'", facts.criterion));
    }
    return facts;
  } catch (const std::exception& error) {
    throw Error(ErrorCode::damaged, fmt::format("it does not say what a checkpoint is: {}", error.what()),
                {.path = facts_path(path).string()});
  }
}

void write_facts(const std::filesystem::path& path, const OpaqueFacts& facts, bool durable) {
  ordered_json json{
      {"format", kFormat}, {"format_version", 1}, {"criterion", facts.criterion}, {"lowest", facts.lowest}};
  json["states"] = ordered_json::array();
  for (const auto& state : facts.states) json["states"].push_back(json_of(state));
  io::replace_file(facts_path(path), json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n", durable);
}

}  // namespace neurotape::artifacts
