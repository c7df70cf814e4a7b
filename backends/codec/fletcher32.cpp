#include "backends/codec/fletcher32.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "neurotape/error.hpp"

// Two running sums over 16-bit words w_1..w_n, both modulo 65535: sum1 of the words, sum2 of the values
// that sum1 takes, that is of (n + 1 - i) * w_i. libhdf5 reduces every 360 words and reads words with the
// high byte first. Both are avoided here:
// - kLanes columns are summed independently, kSteps rows at a time, and combined in 64 bits;
// - modulo 65535, swapping the bytes of every word multiplies the sums by 256, that is, swaps theirs.

namespace neurotape::codec {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kLanes = 16;
// The most rows before a 32-bit column of sum2 could overflow: 65535 * 360 * 361 / 2 < 2^32.
constexpr std::size_t kSteps = 360;
constexpr std::size_t kStepBytes = kLanes * sizeof(std::uint16_t);

struct Columns {
  std::uint32_t sum1[kLanes];
  std::uint32_t sum2[kLanes];
};

struct Sums {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

using Words = std::uint16_t __attribute__((vector_size(kStepBytes / 2)));
using Wide = std::uint32_t __attribute__((vector_size(kStepBytes)));

// Always inlined, so that each caller compiles it for the instructions it may use.
[[gnu::always_inline]] inline void sum_columns(const std::byte* data, std::size_t steps, Columns& columns) {
  Wide low1 = {}, low2 = {}, high1 = {}, high2 = {};
  for (std::size_t step = 0; step < steps; ++step, data += kStepBytes) {
    Words low, high;
    std::memcpy(&low, data, sizeof low);
    std::memcpy(&high, data + sizeof low, sizeof high);
    low1 += __builtin_convertvector(low, Wide);
    high1 += __builtin_convertvector(high, Wide);
    low2 += low1;
    high2 += high1;
  }
  std::memcpy(columns.sum1, &low1, sizeof low1);
  std::memcpy(columns.sum1 + kLanes / 2, &high1, sizeof high1);
  std::memcpy(columns.sum2, &low2, sizeof low2);
  std::memcpy(columns.sum2 + kLanes / 2, &high2, sizeof high2);
}

void sum_columns_baseline(const std::byte* data, std::size_t steps, Columns& columns) {
  sum_columns(data, steps, columns);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void sum_columns_avx2(const std::byte* data, std::size_t steps, Columns& columns) {
  sum_columns(data, steps, columns);
}
#endif

/// Modulo 65535 as libhdf5 leaves it: 0 only for a sum of 0, else 1 to 65535.
std::uint64_t fold(std::uint64_t sum) noexcept {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

void add_word(Sums& sums, std::uint64_t word) noexcept {
  sums.first += word;
  sums.second += sums.first;
}

void add_rows(Sums& sums, const Columns& columns, std::size_t steps) noexcept {
  sums.second += sums.first * (steps * kLanes);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    sums.first += columns.sum1[lane];
    sums.second += std::uint64_t{columns.sum2[lane]} * kLanes - std::uint64_t{columns.sum1[lane]} * lane;
  }
  sums = {fold(sums.first), fold(sums.second)};
}

std::uint32_t swap_bytes(std::uint64_t sum) noexcept {
  return static_cast<std::uint32_t>((sum << 8 | sum >> 8) & 0xffff);
}

}  // namespace

std::uint32_t fletcher32(std::span<const std::byte> data, [[maybe_unused]] Simd simd) noexcept {
  auto kernel = sum_columns_baseline;
#if defined(__x86_64__)
  if (simd == Simd::avx2) kernel = sum_columns_avx2;
#endif
  Sums sums;
  while (data.size() >= kStepBytes) {
    const std::size_t steps = std::min(kSteps, data.size() / kStepBytes);
    Columns columns;
    kernel(data.data(), steps, columns);
    add_rows(sums, columns, steps);
    data = data.subspan(steps * kStepBytes);
  }
  for (; data.size() >= 2; data = data.subspan(2))
    add_word(sums, std::to_integer<std::uint64_t>(data[0]) | std::to_integer<std::uint64_t>(data[1]) << 8);
  if (!data.empty()) add_word(sums, std::to_integer<std::uint64_t>(data[0]));
  return swap_bytes(fold(sums.second)) << 16 | swap_bytes(fold(sums.first));
}

std::size_t append_fletcher32(std::span<std::byte> buffer, std::size_t data_bytes) noexcept {
  const std::uint32_t checksum = fletcher32(buffer.first(data_bytes));
  std::memcpy(buffer.data() + data_bytes, &checksum, kFletcher32Bytes);
  return data_bytes + kFletcher32Bytes;
}

std::span<const std::byte> verify_fletcher32(std::span<const std::byte> stored) {
  if (stored.size() < kFletcher32Bytes) throw Error(ErrorCode::damaged, "a chunk is shorter than its checksum");
  const auto data = stored.first(stored.size() - kFletcher32Bytes);
  std::uint32_t expected = 0;
  std::memcpy(&expected, stored.data() + data.size(), kFletcher32Bytes);
  const std::uint32_t actual = fletcher32(data);
  // HDF5 before 1.6.3 summed words with the low byte first; its files are still valid ones.
  const std::uint32_t historic = (actual & 0x00ff00ff) << 8 | (actual >> 8 & 0x00ff00ff);
  if (expected != actual && expected != historic)
    throw Error(ErrorCode::damaged, "a chunk's bytes do not match its Fletcher32 checksum");
  return data;
}

}  // namespace neurotape::codec
