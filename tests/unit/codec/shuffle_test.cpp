#include "backends/codec/shuffle.hpp"

#include <gtest/gtest.h>

#include "tests/unit/codec/cases.hpp"

namespace neurotape::codec {
namespace {

constexpr std::size_t kElements[] = {0, 1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 129, 1000};

std::vector<Simd> every_simd() {
  std::vector<Simd> all = {Simd::portable};
  for (const Simd simd : {Simd::sse2, Simd::avx2})
    if (simd <= best_simd()) all.push_back(simd);
  return all;
}

/// The definition, as HDF5's documentation gives it.
Bytes reference(const Bytes& in, std::size_t size) {
  const std::size_t elements = in.size() / size;
  Bytes out(in);
  for (std::size_t i = 0; i < elements; ++i)
    for (std::size_t byte = 0; byte < size; ++byte) out[byte * elements + i] = in[i * size + byte];
  return out;
}

class ShuffleSizes : public testing::TestWithParam<std::size_t> {};

TEST_P(ShuffleSizes, EqualsTheDefinitionAndComesBack) {
  const std::size_t size = GetParam();
  for (const std::size_t elements : kElements) {
    for (std::size_t rest : {std::size_t{0}, size / 2, size - 1}) {
      const Bytes in = random_bytes(elements * size + rest);
      const Bytes expected = reference(in, size);
      for (const Simd simd : every_simd()) {
        SCOPED_TRACE(testing::Message() << elements << " elements and " << rest << " bytes");
        Bytes shuffled(in.size()), back(in.size());
        shuffle(in, size, shuffled, simd);
        EXPECT_EQ(shuffled, expected);
        unshuffle(shuffled, size, back, simd);
        EXPECT_EQ(back, in);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shuffle, ShuffleSizes, testing::Values(1, 2, 3, 4, 5, 7, 8, 12, 16, 64, 300),
                         testing::PrintToStringParamName());

TEST(Shuffle, WorksOnUnalignedMemory) {
  const Bytes in = random_bytes(1 + 4 * 200);
  const Bytes expected = reference(Bytes(in.begin() + 1, in.end()), 4);
  Bytes out(expected.size() + 3);
  shuffle(std::span(in).subspan(1), 4, std::span(out).subspan(3));
  EXPECT_EQ(Bytes(out.begin() + 3, out.end()), expected);
}

}  // namespace
}  // namespace neurotape::codec
