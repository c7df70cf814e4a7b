#include "backends/codec/shuffle_kernels.hpp"

// A byte of a group of 16 elements has an address of which the low bits say which byte of the element it
// is and the high four which element. Taking the even bytes of the group, then the odd ones, rotates these
// bits right by one; log2(size) rounds bring the element's number down: that is the shuffle. Interleaving
// the first half with the second rotates back.
//
// 16-byte registers are enough: the loops run at the speed of memory, and wider ones gained nothing. They
// must be unrolled, though, to stay in registers, which g++ does not do by itself below -O3.

#if defined(__x86_64__)
#include <emmintrin.h>

namespace neurotape::codec {
namespace {

constexpr std::size_t kGroup = 16;

template <std::size_t kSize>
constexpr int kRounds = kSize == 8   ? 3
                        : kSize == 4 ? 2
                                     : 1;

const __m128i* vector_at(const std::byte* bytes) { return reinterpret_cast<const __m128i*>(bytes); }
__m128i* vector_at(std::byte* bytes) { return reinterpret_cast<__m128i*>(bytes); }

template <std::size_t kSize>
std::size_t shuffle_sse2(const std::byte* in, std::size_t elements, std::byte* out) {
  const __m128i low_bytes = _mm_set1_epi16(0x00ff);
  std::size_t done = 0;
  for (; done + kGroup <= elements; done += kGroup) {
    __m128i group[kSize], next[kSize];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kSize; ++i) group[i] = _mm_loadu_si128(vector_at(in + done * kSize + i * kGroup));
#pragma GCC unroll 8
    for (int round = 0; round < kRounds<kSize>; ++round) {
#pragma GCC unroll 8
      for (std::size_t i = 0; i < kSize / 2; ++i) {
        const __m128i a = group[2 * i], b = group[2 * i + 1];
        next[i] = _mm_packus_epi16(_mm_and_si128(a, low_bytes), _mm_and_si128(b, low_bytes));
        next[kSize / 2 + i] = _mm_packus_epi16(_mm_srli_epi16(a, 8), _mm_srli_epi16(b, 8));
      }
#pragma GCC unroll 8
      for (std::size_t i = 0; i < kSize; ++i) group[i] = next[i];
    }
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kSize; ++i) _mm_storeu_si128(vector_at(out + i * elements + done), group[i]);
  }
  return done;
}

template <std::size_t kSize>
std::size_t unshuffle_sse2(const std::byte* in, std::size_t elements, std::byte* out) {
  std::size_t done = 0;
  for (; done + kGroup <= elements; done += kGroup) {
    __m128i group[kSize], next[kSize];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kSize; ++i) group[i] = _mm_loadu_si128(vector_at(in + i * elements + done));
#pragma GCC unroll 8
    for (int round = 0; round < kRounds<kSize>; ++round) {
#pragma GCC unroll 8
      for (std::size_t i = 0; i < kSize / 2; ++i) {
        next[2 * i] = _mm_unpacklo_epi8(group[i], group[kSize / 2 + i]);
        next[2 * i + 1] = _mm_unpackhi_epi8(group[i], group[kSize / 2 + i]);
      }
#pragma GCC unroll 8
      for (std::size_t i = 0; i < kSize; ++i) group[i] = next[i];
    }
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kSize; ++i) _mm_storeu_si128(vector_at(out + done * kSize + i * kGroup), group[i]);
  }
  return done;
}

}  // namespace

ShuffleKernel shuffle_kernel(std::size_t element_bytes, Simd simd) noexcept {
  if (simd == Simd::portable) return nullptr;
  switch (element_bytes) {
    case 2:
      return shuffle_sse2<2>;
    case 4:
      return shuffle_sse2<4>;
    case 8:
      return shuffle_sse2<8>;
    default:
      return nullptr;
  }
}

ShuffleKernel unshuffle_kernel(std::size_t element_bytes, Simd simd) noexcept {
  if (simd == Simd::portable) return nullptr;
  switch (element_bytes) {
    case 2:
      return unshuffle_sse2<2>;
    case 4:
      return unshuffle_sse2<4>;
    case 8:
      return unshuffle_sse2<8>;
    default:
      return nullptr;
  }
}

}  // namespace neurotape::codec

#else

namespace neurotape::codec {

ShuffleKernel shuffle_kernel(std::size_t, Simd) noexcept { return nullptr; }
ShuffleKernel unshuffle_kernel(std::size_t, Simd) noexcept { return nullptr; }

}  // namespace neurotape::codec
#endif
