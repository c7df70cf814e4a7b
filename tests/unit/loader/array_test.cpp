#include <gtest/gtest.h>

#include "neurotape/loaded.hpp"

namespace neurotape {
namespace {

TEST(LoadedArray, IsAValue) {
  Array<int> a = {1, 2, 3};
  Array<int> b = a;
  b[0] = 9;
  EXPECT_EQ(a, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(b, (std::vector<int>{9, 2, 3}));
  a = std::move(b);
  EXPECT_EQ(a.front(), 9);
  EXPECT_EQ(a.back(), 3);
  EXPECT_FALSE(a == (std::vector<int>{9, 2}));
  const std::vector<int> copied = a;
  EXPECT_EQ(copied.size(), 3u);
}

TEST(LoadedArray, OfBooleansIsContiguous) {
  const Array<bool> a = {true, false};
  const std::span<const bool> view = a;
  EXPECT_TRUE(view[0]);
  EXPECT_FALSE(a.data()[1]);
  static_assert(ArrayLike<Array<bool>>, "can be recorded again");
}

TEST(LoadedArray, KeepsItsMemoryWhenItShrinks) {
  Array<double> a(100);
  const auto* data = a.data();
  a.resize(10);
  EXPECT_EQ(a.size(), 10u);
  a.resize(100);
  EXPECT_EQ(a.data(), data);
}

}  // namespace
}  // namespace neurotape
