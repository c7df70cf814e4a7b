#pragma once
/// \file
/// What `metadata.json` says of a set of attention maps.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "neurotape/attention_maps.hpp"

namespace neurotape::artifacts {

std::string metadata_text(const AttentionSummary& sums, const AttentionMapOptions& options,
                          const std::vector<std::string>& unreadable, const nlohmann::json& user);

/// What only the metadata knows.
struct KeptMetadata {
  nlohmann::json user = nlohmann::json::object();
  double seconds = 0;
};
/// Nothing of a file that is not there, or cannot be read.
KeptMetadata read_metadata(const std::filesystem::path& path);

std::string_view name_of(NpzCompression compression) noexcept;

}  // namespace neurotape::artifacts
