// Stored chunks of any filters. The first bytes choose: the filters, the mask, the sizes of an element and a chunk.

#include "backends/codec/decode.hpp"

#include <array>
#include <cstdlib>
#include <cstring>

#include "backends/codec/filters.hpp"
#include "backends/codec/fletcher32.hpp"
#include "backends/codec/shuffle.hpp"
#include "neurotape/error.hpp"
#include "tests/fuzz/scratch_file.hpp"

namespace codec = neurotape::codec;

namespace {

constexpr std::array kFilters = {codec::kDeflate, codec::kShuffle, codec::kFletcher32,
                                 codec::kLzf,     codec::kBlosc,   305U};

/// The fast ways give what the plain one gives.
void compare_kernels(std::span<const std::byte> bytes, std::size_t element_bytes) {
  if (codec::fletcher32(bytes) != codec::fletcher32(bytes, codec::Simd::portable)) std::abort();
  std::vector<std::byte> fast(bytes.size()), plain(bytes.size());
  codec::unshuffle(bytes, element_bytes, fast);
  codec::unshuffle(bytes, element_bytes, plain, codec::Simd::portable);
  if (fast != plain) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kHead = 8;
  if (size < kHead) return 0;
  const auto stored = std::as_bytes(std::span(data, size).subspan(kHead));
  const std::uint32_t element_bytes = data[4];
  std::vector<neurotape::Filter> filters;
  for (std::size_t i = 0; i < 3; ++i)
    if (data[i] < kFilters.size()) filters.push_back({kFilters[data[i]], false, {element_bytes}});
  std::vector<std::byte> out(std::size_t{data[5]} + data[6] * std::size_t{256} + data[7] % 4 * std::size_t{65536});
  try {
    codec::decode(filters, data[3], stored, out);
  } catch (const neurotape::Error&) {
  }
  if (element_bytes != 0) compare_kernels(stored, element_bytes);
  return 0;
}
