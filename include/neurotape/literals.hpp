#pragma once
/// \file
/// Sizes with a unit: `500_MB`, `2_GiB`.

#include <cstddef>

namespace neurotape::literals {

constexpr std::size_t operator""_kB(unsigned long long n) { return n * 1'000; }
constexpr std::size_t operator""_MB(unsigned long long n) { return n * 1'000'000; }
constexpr std::size_t operator""_GB(unsigned long long n) { return n * 1'000'000'000; }
constexpr std::size_t operator""_KiB(unsigned long long n) { return n << 10; }
constexpr std::size_t operator""_MiB(unsigned long long n) { return n << 20; }
constexpr std::size_t operator""_GiB(unsigned long long n) { return n << 30; }

}  // namespace neurotape::literals
