#include "backends/codec/shuffle.hpp"

#include <algorithm>
#include <cstring>

#include "backends/codec/shuffle_kernels.hpp"

namespace neurotape::codec {
namespace {

// Elements of any size are done in groups that stay in the first-level cache while every byte of them is
// read.
constexpr std::size_t kGroup = 64;

void shuffle_from(std::size_t first, const std::byte* in, std::size_t elements, std::size_t size, std::byte* out) {
  for (std::size_t group = first; group < elements; group += kGroup) {
    const std::size_t end = std::min(elements, group + kGroup);
    for (std::size_t byte = 0; byte < size; ++byte)
      for (std::size_t i = group; i < end; ++i) out[byte * elements + i] = in[i * size + byte];
  }
}

void unshuffle_from(std::size_t first, const std::byte* in, std::size_t elements, std::size_t size, std::byte* out) {
  for (std::size_t group = first; group < elements; group += kGroup) {
    const std::size_t end = std::min(elements, group + kGroup);
    for (std::size_t byte = 0; byte < size; ++byte)
      for (std::size_t i = group; i < end; ++i) out[i * size + byte] = in[byte * elements + i];
  }
}

void copy_rest(std::span<const std::byte> in, std::size_t done, std::span<std::byte> out) {
  if (done < in.size()) std::memcpy(out.data() + done, in.data() + done, in.size() - done);
}

}  // namespace

void shuffle(std::span<const std::byte> in, std::size_t element_bytes, std::span<std::byte> out, Simd simd) noexcept {
  const std::size_t elements = in.size() / element_bytes;
  const ShuffleKernel kernel = shuffle_kernel(element_bytes, simd);
  const std::size_t done = kernel != nullptr ? kernel(in.data(), elements, out.data()) : 0;
  shuffle_from(done, in.data(), elements, element_bytes, out.data());
  copy_rest(in, elements * element_bytes, out);
}

void unshuffle(std::span<const std::byte> in, std::size_t element_bytes, std::span<std::byte> out, Simd simd) noexcept {
  const std::size_t elements = in.size() / element_bytes;
  const ShuffleKernel kernel = unshuffle_kernel(element_bytes, simd);
  const std::size_t done = kernel != nullptr ? kernel(in.data(), elements, out.data()) : 0;
  unshuffle_from(done, in.data(), elements, element_bytes, out.data());
  copy_rest(in, elements * element_bytes, out);
}

}  // namespace neurotape::codec
