#include "backends/codec/fletcher32.hpp"

#include <gtest/gtest.h>

#include "neurotape/error.hpp"
#include "tests/unit/codec/cases.hpp"

namespace neurotape::codec {
namespace {

/// One word at a time, high byte first, sums kept between 1 and 65535 once they are not 0.
std::uint32_t reference(std::span<const std::byte> data) {
  const auto reduce = [](std::uint32_t sum) { return sum == 0 ? 0 : (sum - 1) % 65535 + 1; };
  std::uint32_t sum1 = 0, sum2 = 0;
  for (std::size_t i = 0; i < data.size(); i += 2) {
    const auto high = std::to_integer<std::uint32_t>(data[i]);
    const auto low = i + 1 < data.size() ? std::to_integer<std::uint32_t>(data[i + 1]) : 0;
    sum1 = reduce(sum1 + (high << 8 | low));
    sum2 = reduce(sum2 + sum1);
  }
  return sum2 << 16 | sum1;
}

void expect_equal(std::span<const std::byte> data) {
  for (const Simd simd : {Simd::portable, Simd::sse2, Simd::avx2})
    if (simd <= best_simd()) {
      EXPECT_EQ(fletcher32(data, simd), reference(data)) << data.size() << " bytes";
    }
}

TEST(Fletcher32, EqualsTheReferenceForEveryShortLength) {
  const Bytes data = random_bytes(300);
  for (std::size_t length = 0; length <= data.size(); ++length) expect_equal(std::span(data).first(length));
}

TEST(Fletcher32, EqualsTheReferenceAcrossReductions) {
  std::mt19937 random(7);
  const Bytes data = random_bytes(100'000, 3);
  for (int i = 0; i < 200; ++i) {
    const std::size_t first = random() % 64;
    expect_equal(std::span(data).subspan(first, random() % (data.size() - first)));
  }
  for (const std::size_t edge : {std::size_t{11520}, std::size_t{23040}})
    for (std::size_t length = edge - 3; length <= edge + 35; ++length) expect_equal(std::span(data).first(length));
}

TEST(Fletcher32, DoesNotOverflowOnTheLargestWords) {
  constexpr std::size_t kLengths[] = {1, 2, 719, 720, 721, 11520, 11521, 65536, 1'000'001};
  for (const std::size_t length : kLengths) expect_equal(Bytes(length, std::byte{0xff}));
}

TEST(Fletcher32, ZeroIsOnlyTheSumOfZeros) {
  EXPECT_EQ(fletcher32(Bytes(1000)), 0u);
  const Bytes multiple(2 * 65535, std::byte{1});  // the sum is a multiple of 65535
  EXPECT_EQ(fletcher32(multiple) & 0xffff, 0xffffu);
  expect_equal(multiple);
}

TEST(Fletcher32, StandsBehindTheDataLowByteFirst) {
  Bytes buffer = {std::byte{0x01}, std::byte{0x02}, std::byte{0x03}, {}, {}, {}, {}};
  EXPECT_EQ(append_fletcher32(buffer, 3), 7u);
  // Words 0x0102 and 0x0300: sums 0x0402 and 0x0504.
  const Bytes expected = {std::byte{0x02}, std::byte{0x04}, std::byte{0x04}, std::byte{0x05}};
  EXPECT_EQ(Bytes(buffer.begin() + 3, buffer.end()), expected);
  EXPECT_EQ(verify_fletcher32(buffer).size(), 3u);
}

TEST(Fletcher32, AcceptsTheByteOrderOfOldFiles) {
  const Bytes stored = {std::byte{0x01}, std::byte{0x02}, std::byte{0x03}, std::byte{0x04}, std::byte{0x02}};
  Bytes buffer(stored);
  buffer.resize(stored.size() + kFletcher32Bytes);
  append_fletcher32(buffer, stored.size());
  std::swap(buffer[5], buffer[6]);
  std::swap(buffer[7], buffer[8]);
  EXPECT_EQ(verify_fletcher32(buffer).size(), stored.size());
}

TEST(Fletcher32, FindsEverySingleFlippedBit) {
  Bytes buffer = random_bytes(101);
  buffer.resize(105);
  append_fletcher32(buffer, 101);
  for (std::size_t bit = 0; bit < buffer.size() * 8; ++bit) {
    Bytes damaged(buffer);
    damaged[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    EXPECT_THROW(verify_fletcher32(damaged), Error) << "bit " << bit;
  }
}

TEST(Fletcher32, RefusesWhatIsShorterThanAChecksum) {
  for (std::size_t length = 0; length < 4; ++length) EXPECT_THROW(verify_fletcher32(Bytes(length)), Error);
}

}  // namespace
}  // namespace neurotape::codec
