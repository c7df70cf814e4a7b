#pragma once
/// \file
/// Which of the kernels of this folder to run.

namespace neurotape::codec {

/// All give the same bytes.
enum class Simd {
  portable,  ///< plain C++
  sse2,      ///< every x86-64
  avx2,
};

/// The fastest that this processor has.
inline Simd best_simd() noexcept {
#if defined(__x86_64__)
  static const Simd best = __builtin_cpu_supports("avx2") ? Simd::avx2 : Simd::sse2;
  return best;
#else
  return Simd::portable;
#endif
}

}  // namespace neurotape::codec
