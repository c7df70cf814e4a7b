#pragma once
/// \file
/// The file of one attention map.

#include <filesystem>
#include <string>
#include <string_view>

#include "artifacts/crew.hpp"
#include "neurotape/attention_maps.hpp"

namespace neurotape::artifacts {

std::string file_of_map(std::string_view file_id);  ///< "<file_id>_attention.npz"
/// Empty for a file that is no map's.
std::string_view file_id_of(std::string_view file);

/// \throws Error invalid_name
void require_file_id(std::string_view file_id);
/// \throws Error invalid_name: an array has the name of one that every map has
void require_details(const MapDetails& details);

/// Checks the map, writes its file and gives it its name. \throws Error with the file id
MapEntry write_map(const std::filesystem::path& directory, const NpzValue& map, std::string_view file_id,
                   const MapDetails& details, const AttentionMapOptions& options, Crew& crew);

/// \throws Error not_found, damaged, io
AttentionMap read_map(const std::filesystem::path& directory, std::string_view file_id);

/// What the manifest says of a file, from the file itself. \param known what it said before; believed where size and CRC-32
/// are still the same
MapEntry describe_map(const std::filesystem::path& directory, std::string_view file_id, const MapEntry* known);

}  // namespace neurotape::artifacts
