#pragma once
/// \file
/// What an attention map must be.

#include <cstdint>
#include <span>
#include <string_view>

#include "neurotape/attention_maps.hpp"
#include "recorder/buffer_pool.hpp"

namespace neurotape::artifacts {

/// A map that keeps to its contract.
struct CheckedMap {
  std::span<const float> values;
  std::uint64_t values_clipped = 0;
  BufferHandle clipped;  ///< holds the values where some were clipped
};

/// \throws Error wrong_type, wrong_shape, out_of_range: what was expected, what there is, and where
CheckedMap check_map(const NpzValue& map, const AttentionMapOptions& contract, BufferPool& memory);

/// The same of type and shape alone.
void require_form(const NpzValue& map, const AttentionMapOptions& contract);

/// \throws Error invalid_argument, wrong_shape
void require_usable(const AttentionMapOptions& options);

}  // namespace neurotape::artifacts
