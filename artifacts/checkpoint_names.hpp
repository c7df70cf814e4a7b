#pragma once
/// \file
/// What the arrays of a checkpoint are called, and what kind of checkpoint a file is.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "artifacts/checkpoint_file.hpp"

namespace neurotape::artifacts {

inline constexpr std::string_view kModel = "model/";
inline constexpr std::string_view kOptimizer = "optimizer/";
inline constexpr std::string_view kMetrics = "metrics/";
inline constexpr std::string_view kEpoch = "epoch";
inline constexpr std::string_view kCriterion = "criterion";
inline constexpr std::string_view kLowest = "lowest";

inline bool is_npz(const std::filesystem::path& path) { return path.extension() == ".npz"; }

/// Of the opaque state that is in a file, what is known of it.
/// \throws Error damaged: nothing; not_found, io
std::pair<OpaqueFacts, StateFacts> facts_of(const std::filesystem::path& path, std::span<const std::byte> state);

}  // namespace neurotape::artifacts
