#pragma once
/// \file
/// An encoder that chooses its settings by what the data turns out to be.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "neurotape/codec.hpp"
#include "recorder/encoder.hpp"

namespace neurotape::codec {

/// All settings are of one family, so that the same filters read every chunk: Blosc's chunks describe themselves, and
/// deflate has stored blocks.
///
/// Chunks 0, 1, 4, 16, 64, ... are occasions to try: each setting encodes a piece of the chunk, and what costs least is used
/// until the next. The cost of a byte is the processor's time that it takes, and, as the goal values it, the part of it
/// that is stored. Where one setting is the best by far these tries are a few of a thousand pieces.
/// Thread safety: any number of threads at once.
class AdaptiveEncoder final : public Encoder {
 public:
  AdaptiveEncoder(Goal goal, std::size_t element_bytes);

  std::size_t bound(std::size_t raw_bytes) const override;
  Encoded encode(std::span<const std::byte> raw, std::span<std::byte> out) const override;
  Encoded encode_in_haste(std::span<const std::byte> raw, std::span<std::byte> out) const override;
  std::string chosen() const override;

 private:
  struct Setting {
    std::string name;
    std::unique_ptr<const Encoder> encoder;
  };

  void add(const Codec& codec, std::size_t element_bytes);
  const Encoder& best() const { return *settings_[chosen_.load(std::memory_order_relaxed)].encoder; }
  bool is_time_to_try() const noexcept;
  void try_all(std::span<const std::byte> raw) const;
  double cost(const Encoder& encoder, std::span<const std::byte> piece) const;

  const double ns_for_a_stored_byte_;
  const std::size_t element_bytes_;
  std::vector<Setting> settings_;  ///< the first only stores
  std::size_t hasty_ = 0;          ///< the setting for haste

  mutable std::mutex trying_;
  mutable std::atomic<std::uint64_t> chunks_{0};
  mutable std::atomic<std::size_t> chosen_{0};
};

}  // namespace neurotape::codec
