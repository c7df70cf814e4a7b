#include "tools/screen_text.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <vector>

namespace neurotape::tools {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::string spark(const std::vector<double>& values, Charset charset = Charset::utf8) {
  return spark_line(values, charset);
}

TEST(SparkLine, GoesFromTheSmallestToTheLargestValue) {
  EXPECT_EQ(spark({0, 1, 2, 3, 4, 5, 6, 7}), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(spark({-1, 1, -1}), "▁█▁");
  EXPECT_EQ(spark({0, 1, 2, 3, 4, 5, 6, 7}, Charset::ascii), "_.-=+*%#");
}

TEST(SparkLine, OfOneValueIsHalfWayUp) {
  EXPECT_EQ(spark({3, 3, 3}), "▅▅▅");
  EXPECT_EQ(spark({}), "");
}

TEST(SparkLine, WhatIsNotFiniteIsAGap) {
  EXPECT_EQ(spark({1, kNan, 2, std::numeric_limits<double>::infinity()}), "▁ █ ");
  EXPECT_EQ(spark({kNan}), " ");
}

TEST(SparkLine, TheLargestNumbersHaveADifference) {
  constexpr double kMost = std::numeric_limits<double>::max();
  EXPECT_EQ(spark({-kMost, 0, kMost}), "▁▅█");
}

TEST(Cut, KeepsAsManyCellsAsThereAre) {
  EXPECT_EQ(cut("episode", 7, Charset::utf8), "episode");
  EXPECT_EQ(cut("episode", 3, Charset::utf8), "epi");
  EXPECT_EQ(cut("episode", 0, Charset::utf8), "");
  EXPECT_EQ(cut("12 µV", 4, Charset::utf8), "12 µ");
}

TEST(Cut, ACharacterMayTakeTwoCellsOrNone) {
  EXPECT_EQ(cells_of("海馬"), 4u);
  EXPECT_EQ(cut("海馬", 3, Charset::utf8), "海");
  EXPECT_EQ(cells_of("e\u0301"), 1u);
  EXPECT_EQ(cut("e\u0301x", 1, Charset::utf8), "e\u0301");
}

TEST(Cut, WhatCannotBeShownIsAQuestionMark) {
  EXPECT_EQ(cut("µV", 9, Charset::ascii), "?V");
  EXPECT_EQ(cut("a\x1b[31mb\x7f", 9, Charset::utf8), "a?[31mb?");
  EXPECT_EQ(cut("\xc2\x9b"
                "31m",
                9, Charset::utf8),
            "?31m")
      << "a control sequence in one character";
  for (const char* broken : {"\xff", "\xc2", "\xe2\x96", "\xf0\x9f\x98"})
    EXPECT_EQ(cut(broken, 9, Charset::utf8).front(), '?') << "not UTF-8";
}

}  // namespace
}  // namespace neurotape::tools
