#include "backends/codec/shuffle_kernels.hpp"

// A byte of a group of 16 elements has an address of which the low bits say which byte of the element it
// is and the high four which element. Taking the even bytes of the group, then the odd ones, rotates these
// bits right by one; log2(size) rounds bring the element's number down: that is the shuffle. Interleaving
// the first half with the second rotates back. An AVX2 register is used as two such groups side by side.

#if defined(__x86_64__)
#include <immintrin.h>

namespace neurotape::codec {
namespace {

constexpr std::size_t kGroup = 16;

constexpr int rounds(std::size_t size) { return size == 8 ? 3 : size == 4 ? 2 : 1; }

template <std::size_t kSize>
std::size_t shuffle_sse2(const std::byte* in, std::size_t elements, std::byte* out) {
  const __m128i low_bytes = _mm_set1_epi16(0x00ff);
  std::size_t done = 0;
  for (; done + kGroup <= elements; done += kGroup) {
    __m128i group[kSize], next[kSize];
    for (std::size_t i = 0; i < kSize; ++i)
      group[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + done * kSize + i * kGroup));
    for (int round = 0; round < rounds(kSize); ++round) {
      for (std::size_t i = 0; i < kSize / 2; ++i) {
        const __m128i a = group[2 * i], b = group[2 * i + 1];
        next[i] = _mm_packus_epi16(_mm_and_si128(a, low_bytes), _mm_and_si128(b, low_bytes));
        next[kSize / 2 + i] = _mm_packus_epi16(_mm_srli_epi16(a, 8), _mm_srli_epi16(b, 8));
      }
      for (std::size_t i = 0; i < kSize; ++i) group[i] = next[i];
    }
    for (std::size_t i = 0; i < kSize; ++i)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i * elements + done), group[i]);
  }
  return done;
}

template <std::size_t kSize>
std::size_t unshuffle_sse2(const std::byte* in, std::size_t elements, std::byte* out) {
  std::size_t done = 0;
  for (; done + kGroup <= elements; done += kGroup) {
    __m128i group[kSize], next[kSize];
    for (std::size_t i = 0; i < kSize; ++i)
      group[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i * elements + done));
    for (int round = 0; round < rounds(kSize); ++round) {
      for (std::size_t i = 0; i < kSize / 2; ++i) {
        next[2 * i] = _mm_unpacklo_epi8(group[i], group[kSize / 2 + i]);
        next[2 * i + 1] = _mm_unpackhi_epi8(group[i], group[kSize / 2 + i]);
      }
      for (std::size_t i = 0; i < kSize; ++i) group[i] = next[i];
    }
    for (std::size_t i = 0; i < kSize; ++i)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + done * kSize + i * kGroup), group[i]);
  }
  return done;
}

template <std::size_t kSize>
[[gnu::target("avx2")]] std::size_t shuffle_avx2(const std::byte* in, std::size_t elements, std::byte* out) {
  const __m256i low_bytes = _mm256_set1_epi16(0x00ff);
  std::size_t done = 0;
  for (; done + 2 * kGroup <= elements; done += 2 * kGroup) {
    __m256i group[kSize], next[kSize];
    for (std::size_t i = 0; i < kSize; ++i) {
      const std::byte* first = in + done * kSize + i * kGroup;
      group[i] = _mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(first + kSize * kGroup),
                                     reinterpret_cast<const __m128i*>(first));
    }
    for (int round = 0; round < rounds(kSize); ++round) {
      for (std::size_t i = 0; i < kSize / 2; ++i) {
        const __m256i a = group[2 * i], b = group[2 * i + 1];
        next[i] = _mm256_packus_epi16(_mm256_and_si256(a, low_bytes), _mm256_and_si256(b, low_bytes));
        next[kSize / 2 + i] = _mm256_packus_epi16(_mm256_srli_epi16(a, 8), _mm256_srli_epi16(b, 8));
      }
      for (std::size_t i = 0; i < kSize; ++i) group[i] = next[i];
    }
    for (std::size_t i = 0; i < kSize; ++i)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i * elements + done), group[i]);
  }
  return done;
}

template <std::size_t kSize>
[[gnu::target("avx2")]] std::size_t unshuffle_avx2(const std::byte* in, std::size_t elements, std::byte* out) {
  std::size_t done = 0;
  for (; done + 2 * kGroup <= elements; done += 2 * kGroup) {
    __m256i group[kSize], next[kSize];
    for (std::size_t i = 0; i < kSize; ++i)
      group[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + i * elements + done));
    for (int round = 0; round < rounds(kSize); ++round) {
      for (std::size_t i = 0; i < kSize / 2; ++i) {
        next[2 * i] = _mm256_unpacklo_epi8(group[i], group[kSize / 2 + i]);
        next[2 * i + 1] = _mm256_unpackhi_epi8(group[i], group[kSize / 2 + i]);
      }
      for (std::size_t i = 0; i < kSize; ++i) group[i] = next[i];
    }
    for (std::size_t i = 0; i < kSize; ++i) {
      std::byte* first = out + done * kSize + i * kGroup;
      _mm256_storeu2_m128i(reinterpret_cast<__m128i*>(first + kSize * kGroup), reinterpret_cast<__m128i*>(first),
                           group[i]);
    }
  }
  return done;
}

template <std::size_t kSize>
ShuffleKernel shuffle_of(Simd simd) {
  return simd == Simd::avx2 ? shuffle_avx2<kSize> : simd == Simd::sse2 ? shuffle_sse2<kSize> : nullptr;
}

template <std::size_t kSize>
ShuffleKernel unshuffle_of(Simd simd) {
  return simd == Simd::avx2 ? unshuffle_avx2<kSize> : simd == Simd::sse2 ? unshuffle_sse2<kSize> : nullptr;
}

}  // namespace

ShuffleKernel shuffle_kernel(std::size_t element_bytes, Simd simd) noexcept {
  switch (element_bytes) {
    case 2:
      return shuffle_of<2>(simd);
    case 4:
      return shuffle_of<4>(simd);
    case 8:
      return shuffle_of<8>(simd);
    default:
      return nullptr;
  }
}

ShuffleKernel unshuffle_kernel(std::size_t element_bytes, Simd simd) noexcept {
  switch (element_bytes) {
    case 2:
      return unshuffle_of<2>(simd);
    case 4:
      return unshuffle_of<4>(simd);
    case 8:
      return unshuffle_of<8>(simd);
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
