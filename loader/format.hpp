#pragma once
/// \file
/// Names and numbers of the file format.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "loader/file.hpp"

namespace neurotape::loader {

inline constexpr std::int64_t kFormatVersion = 1;

std::string episode_id(std::uint64_t number);  ///< "episode_0003"
/// The number in "episode_0003" or "segment_0003" (`prefix` "episode_"); nothing for any other name.
std::optional<std::uint64_t> number_in(std::string_view name, std::string_view prefix);
/// Takes files of the older exporter, too (loader/exporter.hpp).
/// \throws Error damaged (not a neurotape file), unsupported (a newer version)
void check_format(const File& file);
/// The configuration of a run (a group), or as it stands in a file of episodes (JSON text, one of its `attributes`).
nlohmann::json read_config(const File& file, const nlohmann::json& attributes);

}  // namespace neurotape::loader
