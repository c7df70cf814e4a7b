#pragma once
/// \file
/// What a run, its episodes and their streams say of themselves, as JSON beside values that cannot say it: CSV has no types,
/// NPZ no length of a timestep. Written by exports, read by imports.

#include <cstdint>
#include <map>
#include <neurotape/episode_reader.hpp>
#include <neurotape/run.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace neurotape::exchange {

inline constexpr const char* kRunDescription = "run.json";
inline constexpr const char* kEpisodeDescription = "episode.json";

/// `name`, `attributes`, `config`; of a network the types of its columns.
nlohmann::ordered_json description_of(const Run& run);
/// `id`, `status`, `dt`, `seed`, `attributes`, ..., and `gaps`, where rows were dropped while recording.
nlohmann::ordered_json description_of(const EpisodeReader& episode);
/// By path: types of the columns, shape of a row, unit, ...
nlohmann::ordered_json description_of_streams(const EpisodeReader& episode);
/// Indented lines. What is not UTF-8 is replaced.
std::string description_text(const nlohmann::ordered_json& description);

/// A stream, as it was described.
struct DescribedStream {
  std::map<std::string, Dtype> types = {};  ///< by column: "values", "neuron_ids"
  Shape shape = {};                         ///< of a row
  std::string unit = {};
  std::int64_t every = 1;
  std::uint64_t population_size = 0;

  /// Of a column; nothing where it is not described.
  std::optional<Dtype> type_of(const std::string& column) const;
};

/// Types by column. \throws nlohmann::json::exception
std::map<std::string, Dtype> described_types(const nlohmann::json& description);
/// \throws nlohmann::json::exception: it is no such description
DescribedStream described_stream(const nlohmann::json& description);

}  // namespace neurotape::exchange
