// What a handle takes is decided when the program is compiled: anything else would be recorded as other numbers.

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <list>
#include <neurotape/eigen.hpp>
#include <neurotape/neurotape.hpp>
#include <span>
#include <vector>

#include "tests/integration/support.hpp"

namespace neurotape::outside {
namespace {

template <class Handle, class... Values>
concept Records = requires(Handle handle, const Values&... values) {
  handle.record(0, values...);
};
template <class Handle>
concept RecordsLiteralZero = requires(Handle handle) {
  handle.record(0, 0);
};

template <class E, class T>
concept Aborts = requires(E& episode, T how) {
  episode.abort(how);
};
static_assert(Aborts<Episode, bool>);
static_assert(!Aborts<Episode, const char*>, "it would be discarded for a reason that is given");

// Rows of its own type, in every form that lies in row order.
using Dense = DenseStream<float>;
static_assert(Records<Dense, float>);
static_assert(Records<Dense, const float*>);
static_assert(Records<Dense, std::vector<float>>);
static_assert(Records<Dense, std::array<float, 3>>);
static_assert(Records<Dense, std::span<float>>);
static_assert(Records<Dense, std::span<const float>>);
static_assert(Records<Dense, Eigen::VectorXf>);
static_assert(Records<Dense, Eigen::RowVectorXf>);
static_assert(Records<Dense, RowMatrix<float>>);
static_assert(Records<Dense, Eigen::Map<const Eigen::VectorXf>>);
static_assert(RecordsLiteralZero<DenseStream<int>>);

// Of another type: the bytes would be taken for floats.
static_assert(!Records<Dense, double>);
static_assert(!Records<Dense, int>);
static_assert(!Records<Dense, bool>);
static_assert(!RecordsLiteralZero<Dense>, "a null pointer");
static_assert(!RecordsLiteralZero<DenseStream<double>>);
static_assert(!RecordsLiteralZero<DenseStream<std::int64_t>>);
static_assert(!Records<Dense, const double*>);
static_assert(!Records<Dense, const void*>);
static_assert(!Records<Dense, std::vector<double>>);
static_assert(!Records<Dense, std::vector<std::int32_t>>);
static_assert(!Records<Dense, std::array<double, 3>>);
static_assert(!Records<Dense, std::span<const double>>);
static_assert(!Records<Dense, Eigen::VectorXd>);
static_assert(!Records<Dense, RowMatrix<double>>);
static_assert(!Records<DenseStream<std::int32_t>, std::vector<std::uint32_t>>);
static_assert(!Records<DenseStream<std::uint8_t>, std::vector<std::int8_t>>);
static_assert(!Records<DenseStream<double>, std::vector<float>>);

// In another order, or not one after the other.
static_assert(!Records<Dense, Eigen::MatrixXf>, "column by column");
static_assert(!Records<Dense, Eigen::Map<const Eigen::VectorXf, 0, Eigen::InnerStride<2>>>);
static_assert(!Records<Dense, Eigen::Map<const RowMatrix<float>, 0, Eigen::OuterStride<>>>);
static_assert(!Records<Dense, Eigen::Block<RowMatrix<float>>>);
static_assert(!Records<Dense, decltype(RowMatrix<float>().col(0))>);
static_assert(!Records<Dense, std::list<float>>);
static_assert(!Records<DenseStream<bool>, std::vector<bool>>);

// Ids are integers of any type, times are double.
static_assert(Records<SpikeStream, int>);
static_assert(Records<SpikeStream, std::vector<std::uint16_t>>);
static_assert(Records<SpikeStream, std::span<const std::int64_t>>);
static_assert(Records<SpikeStream, std::vector<int>, std::vector<double>>);
static_assert(!Records<SpikeStream, double>);
static_assert(!Records<SpikeStream, std::vector<float>>);
static_assert(!Records<SpikeStream, std::vector<double>>);
static_assert(!Records<SpikeStream, std::vector<double>, std::vector<double>>);
static_assert(!Records<SpikeStream, std::vector<int>, std::vector<float>>);

// Weights are of the stream's type.
using Changes = WeightChangeStream<float>;
static_assert(Records<Changes, int, float, float>);
static_assert(Records<Changes, std::vector<int>, std::vector<float>, std::vector<float>>);
static_assert(Records<WeightChangeStream<double>, std::vector<int>, std::vector<double>, std::vector<double>>);
static_assert(!Records<Changes, double, float, float>);
static_assert(!Records<Changes, std::vector<float>, std::vector<float>, std::vector<float>>);
static_assert(!Records<Changes, std::vector<int>, std::vector<double>, std::vector<float>>);
static_assert(!Records<Changes, std::vector<int>, std::vector<float>, std::vector<double>>);
static_assert(!Records<WeightChangeStream<double>, std::vector<int>, std::vector<float>, std::vector<float>>);

class Types : public RunTest {};

// What compiles is recorded as it is.
TEST_F(Types, EveryFormOfARowIsTheSameRow) {
  auto experiment = create();
  auto episode = experiment.start_episode();
  auto stream = episode.neural_state<float>("v", {3});
  const std::array<float, 3> row = {1.5F, -2.5F, 3.5F};
  const Eigen::Map<const Eigen::VectorXf> mapped(row.data(), 3);
  stream.record(0, row);
  stream.record(1, row.data());
  stream.record(2, std::vector<float>(row.begin(), row.end()));
  stream.record(3, std::span<const float>(row));
  stream.record(4, mapped);
  stream.record(5, Eigen::VectorXf(mapped));
  stream.record(6, RowMatrix<float>(mapped.transpose()));
  episode.finish();
  experiment.close();
  const auto rows = Run(experiment.path()).episode(0).neural_state<float>("v").all();
  ASSERT_EQ(rows.size(), 7U);
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t c = 0; c < row.size(); ++c) EXPECT_EQ(rows.row(i)[c], row[c]) << i;
}

}  // namespace
}  // namespace neurotape::outside
