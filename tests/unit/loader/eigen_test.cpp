#if __has_include(<Eigen/Core>)

#include "neurotape/eigen.hpp"

#include "golden.hpp"

namespace neurotape {
namespace {

using EigenTest = LoaderTest;

TEST_F(EigenTest, RowsAreAMatrixWithoutACopy) {
  const Golden files("columns");
  auto rows = files.episode().neural_state<float>("all").between(20, 30);
  const auto matrix = as_matrix(rows);
  EXPECT_EQ(matrix.rows(), 10);
  EXPECT_EQ(matrix.cols(), 10);
  EXPECT_EQ(matrix.data(), rows.values.data());
  EXPECT_EQ(matrix(3, 7), golden<float>(23 * 10 + 7));
  as_matrix(rows)(0, 0) = 42;
  EXPECT_EQ(rows.values[0], 42);
  EXPECT_EQ(as_vector(rows.timesteps).sum(), 245);
}

TEST_F(EigenTest, ReadsStraightIntoAMatrix) {
  const Golden files("columns");
  const auto stream = files.episode().neural_state<float>("all");
  RowMatrix<float> matrix;
  read_into(stream, {40, 5}, matrix);
  EXPECT_EQ(matrix.rows(), 5);
  for (Eigen::Index i = 0; i < 5; ++i)
    for (Eigen::Index j = 0; j < 10; ++j)
      EXPECT_EQ(matrix(i, j), golden<float>(static_cast<std::uint64_t>((i + 40) * 10 + j)));
  EXPECT_EQ(read_matrix(stream, 40, 45), matrix);
  EXPECT_EQ(read_matrix(stream).middleRows(40, 5), matrix);
  EXPECT_EQ(read_matrix(stream.columns({4}), 40, 45), matrix.col(4));
}

}  // namespace
}  // namespace neurotape

#endif
