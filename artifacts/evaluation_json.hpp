#pragma once
/// \file
/// The JSON files of evaluations: sets of classes by name.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "neurotape/evaluation.hpp"

namespace neurotape::artifacts {

inline constexpr std::string_view kConfusionFormat = "neurotape confusion matrices";
inline constexpr std::string_view kDistributionFormat = "neurotape class distributions";

nlohmann::ordered_json json_of(const ConfusionMatrix& matrix);
nlohmann::ordered_json distribution_of(const ConfusionMatrix& matrix);

/// \param class_sets a JSON object
void save_class_sets(const std::filesystem::path& path, std::string_view format,
                     const nlohmann::ordered_json& class_sets, bool durable);
/// \throws Error not_found, io, damaged
nlohmann::ordered_json load_class_sets(const std::filesystem::path& path, std::string_view format);

}  // namespace neurotape::artifacts
