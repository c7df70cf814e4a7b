#pragma once
/// \file
/// The HDF5 filter chain that a codec stands for, in plain numbers: nothing here needs HDF5's headers.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "neurotape/codec.hpp"
#include "recorder/encoder.hpp"

namespace neurotape::codec {

/// Ids of the filters, as registered with the HDF Group.
inline constexpr std::uint32_t kDeflate = 1;
inline constexpr std::uint32_t kShuffle = 2;
inline constexpr std::uint32_t kFletcher32 = 3;
inline constexpr std::uint32_t kLzf = 32000;
inline constexpr std::uint32_t kBlosc = 32001;

/// The largest chunk: HDF5 stores sizes in 32 bits, Blosc compresses at most 2 GiB - 17 bytes.
std::size_t max_chunk_bytes(const Codec& codec) noexcept;

/// The filters of a dataset, in the order in which a writer applies them.
/// \param element_bytes size of one element (more than 0); of a fixed-length string its whole length.
/// \param chunk_bytes size of a whole chunk before the filters.
/// \throws Error invalid_argument for a size of 0 or above `max_chunk_bytes`. Any thread.
std::vector<Filter> filter_pipeline(const Codec& codec, std::size_t element_bytes, std::size_t chunk_bytes);

/// \throws Error invalid_argument where a chunk of this size cannot be encoded.
void check_sizes(const Codec& codec, std::size_t element_bytes, std::size_t chunk_bytes);

/// The element size that Blosc is told: it takes larger ones for bytes.
std::size_t blosc_type_bytes(std::size_t element_bytes) noexcept;

}  // namespace neurotape::codec
