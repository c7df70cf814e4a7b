#pragma once
/// \file
/// What the recorder and the backends ask of codecs. Implemented in backends/codec.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "neurotape/codec.hpp"

namespace neurotape {

/// One filter of a dataset's chain, in the words of HDF5's `H5Pset_filter`.
struct Filter {
  std::uint32_t id = 0;
  /// May be left out of a chunk (its bit set in the filter mask), and need not be registered where the
  /// dataset is created: an HDF5 without the Blosc or LZF plug-in can still write such a dataset.
  bool optional = false;
  std::vector<unsigned> parameters;  ///< `cd_values`

  friend bool operator==(const Filter&, const Filter&) = default;
};

struct Encoded {
  std::size_t bytes = 0;          ///< how many of the output bytes are used
  std::uint32_t filter_mask = 0;  ///< HDF5's: bit i set = filter i of the chain was left out
};

/// Turns the raw bytes of one chunk of one column into what is stored.
/// Thread safety: const calls from any number of threads at once.
class Encoder {
 public:
  virtual ~Encoder() = default;
  /// The most bytes that `encode` writes for this much input.
  virtual std::size_t bound(std::size_t raw_bytes) const = 0;
  /// `out` holds at least `bound(raw.size())` bytes. Always succeeds: what cannot be compressed is stored.
  virtual Encoded encode(std::span<const std::byte> raw, std::span<std::byte> out) const = 0;
  /// The same, by one that can choose, as quickly as it can: lanes are about to wait.
  virtual Encoded encode_in_haste(std::span<const std::byte> raw, std::span<std::byte> out) const {
    return encode(raw, out);
  }
  /// The setting that one that can choose has chosen by now; empty for the others.
  virtual std::string chosen() const { return {}; }
};

/// Where encoders and their filter chains come from.
/// Thread safety: const calls from any number of threads at once.
class CodecLibrary {
 public:
  virtual ~CodecLibrary() = default;
  virtual std::unique_ptr<Encoder> make_encoder(const Codec& codec, std::size_t element_bytes) const = 0;
  virtual std::vector<Filter> filters(const Codec& codec, std::size_t element_bytes, std::size_t chunk_bytes) const = 0;
};

}  // namespace neurotape
