#pragma once
/// \file
/// The names in a packed file of attention maps.

namespace neurotape::artifacts::packed {

inline constexpr const char* kFormat = "neurotape attention maps";
inline constexpr const char* kMaps = "attention_maps";
inline constexpr const char* kFileIds = "file_ids";
inline constexpr const char* kSources = "sources";
inline constexpr const char* kClipped = "values_clipped";
inline constexpr const char* kArrays = "arrays";
/// Of an array of one value that had no dimension.
inline constexpr const char* kScalar = "scalar";

}  // namespace neurotape::artifacts::packed
