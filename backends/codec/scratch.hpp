#pragma once
/// \file
/// Working memory of the codecs: per thread, kept between chunks.

#include <cstddef>
#include <memory>
#include <span>

namespace neurotape::codec {

/// Bytes that grow to the largest size asked for and stay: after a thread's first chunk of a size,
/// coding more of them allocates nothing here. Each use below asks for at most one chunk and a few
/// checksums, so a thread never holds more than its largest chunk for each `Scratch` it owns.
class Scratch {
 public:
  /// Uninitialised; what was here before is lost. Valid until the next call.
  std::span<std::byte> take(std::size_t bytes) {
    if (bytes > capacity_) {
      memory_.reset();  // first, so that the old and the new never stand beside each other
      capacity_ = 0;
      memory_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
      capacity_ = bytes;
    }
    return {memory_.get(), bytes};
  }

 private:
  std::unique_ptr<std::byte[]> memory_;
  std::size_t capacity_ = 0;
};

}  // namespace neurotape::codec
