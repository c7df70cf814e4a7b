#include <cmath>
#include <cstdlib>
#include <limits>

#include "artifacts.hpp"

namespace neurotape::artifacts {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(SparkLine, ShowsTheCourseOfValues) {
  EXPECT_EQ(spark_line(std::vector{0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0}), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(spark_line(std::vector{3.0, 3.0}), "▁▁");
  EXPECT_EQ(spark_line(std::vector{0.0, kNan, 1.0}), "▁ █");
  EXPECT_EQ(spark_line({}), "");
  EXPECT_EQ(spark_line(std::vector{kNan}), " ");
}

TEST(SparkLine, AveragesWhatIsTooLong) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(i < 500 ? 0 : 1);
  EXPECT_EQ(spark_line(values, 4), "▁▁██");
}

class Curves : public Artifacts {
 protected:
  void SetUp() override {
    if (std::system("gnuplot --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no gnuplot";
  }
  std::filesystem::path table() const { return path("epoch_statistics.csv"); }
  void train() const {
    MetricsTable metrics(table(), {}, kQuick);
    for (int epoch = 1; epoch <= 20; ++epoch)
      metrics.append({{"epoch", epoch},
                      {"train_loss", 1.0 / epoch},
                      {"val_loss", epoch == 3 ? kNan : 1.2 / epoch},
                      {"val_accuracy", 1 - 0.5 / epoch},
                      {"lr", 1e-3 / epoch},
                      {"it's a \"loss\"; system('touch hacked')", 0.5},
                      {"phase", "warm up"}});
  }
};

TEST_F(Curves, AreDrawnAsSvgWithEveryCurve) {
  train();
  draw_training_curves(table(), path("training_curves.svg"), Durability::process);
  const auto picture = content(path("training_curves.svg"));
  EXPECT_THAT(picture, testing::HasSubstr("</svg>"));
  for (const char* name : {"train_loss", "val_loss", "val_accuracy", "lr", "learning rate", "accuracy", "touch hacked"})
    EXPECT_THAT(picture, testing::HasSubstr(name));
  EXPECT_THAT(picture, testing::Not(testing::HasSubstr("phase")));
}

TEST_F(Curves, AreDrawnAsPng) {
  train();
  draw_training_curves(table(), path("training_curves.png"), Durability::process);
  EXPECT_THAT(content(path("training_curves.png")), testing::StartsWith("\x89PNG\r\n\x1a\n"));
}

TEST_F(Curves, ATableWithoutCurvesIsRefused) {
  put(table(), "epoch,note\r\n1,x\r\n");
  expect_error(ErrorCode::not_found, "no column has", [&] { draw_training_curves(table(), path("a.png")); });
  expect_error(ErrorCode::invalid_argument, "not in '.jpg'", [&] { draw_training_curves(table(), path("a.jpg")); });
  put(table(), "epoch,loss\r\n1,nan\r\n");
  expect_error(ErrorCode::not_found, "no column has", [&] { draw_training_curves(table(), path("a.png")); });
}

TEST_F(Curves, WithoutGnuplotItIsSaidWhatIsMissing) {
  train();
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", path("nowhere").c_str(), 1);
  expect_error(ErrorCode::unsupported, "gnuplot-nox", [&] { draw_training_curves(table(), path("a.png")); });
  ::setenv("PATH", before.c_str(), 1);
}

}  // namespace
}  // namespace neurotape::artifacts
