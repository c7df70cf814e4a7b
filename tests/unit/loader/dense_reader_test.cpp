#include <random>
#include <thread>

#include "golden.hpp"

namespace neurotape {
namespace {

using DenseReaderTest = LoaderTest;

template <class T>
void expect_type(const EpisodeReader& episode, const std::string& name) {
  const auto stream = episode.neural_state<T>(name);
  SCOPED_TRACE(name);
  EXPECT_EQ(stream.rows(), 100u);
  EXPECT_EQ(stream.shape(), Shape(3));
  EXPECT_EQ(stream.unit(), "mV");
  EXPECT_EQ(stream.every(), 10);
  const auto all = stream.all();
  ASSERT_EQ(all.size(), 100u);
  ASSERT_EQ(all.values.size(), 300u);
  expect_golden(all.values);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(all.timesteps[i], static_cast<std::int64_t>(10 * i));
  EXPECT_EQ(all.row(7)[2], golden<T>(7 * 3 + 2));
}

TEST_F(DenseReaderTest, EveryElementTypeIsReadBack) {
  const Golden files("types");
  const auto episode = files.episode(3);
  expect_type<std::int8_t>(episode, "int8");
  expect_type<std::int16_t>(episode, "int16");
  expect_type<std::int32_t>(episode, "int32");
  expect_type<std::int64_t>(episode, "int64");
  expect_type<std::uint8_t>(episode, "uint8");
  expect_type<std::uint16_t>(episode, "uint16");
  expect_type<std::uint32_t>(episode, "uint32");
  expect_type<std::uint64_t>(episode, "uint64");
  expect_type<float>(episode, "float32");
  expect_type<double>(episode, "float64");
  expect_type<bool>(episode, "bool");
}

TEST_F(DenseReaderTest, RowsHaveAnyShape) {
  const Golden files("types");
  const auto scalar = files.episode(3).behavior<double>("scalar");
  EXPECT_EQ(scalar.shape(), Shape());
  expect_rows(scalar.all(), 0, 50, 1);
  const auto tensor = files.episode(3).behavior<std::int16_t>("tensor");
  EXPECT_EQ(tensor.shape(), Shape(2, 3, 4));
  expect_rows(tensor.rows(5, 20), 5, 20, 24);
}

TEST_F(DenseReaderTest, AnotherTypeIsRefusedByItsName) {
  const Golden files("types");
  expect_error(ErrorCode::wrong_type, {"neural_states/float32", "float32, not float64", "neural_state<float>"},
               [&] { files.episode(3).neural_state<double>("float32"); });
  expect_error(ErrorCode::wrong_type, {"behavior/tensor", "behavior<std::int16_t>"},
               [&] { files.episode(3).behavior<bool>("tensor"); });
}

TEST_F(DenseReaderTest, AMissingStreamNamesWhatIsThere) {
  const Golden files("types");
  expect_error(ErrorCode::not_found, {"neural_states/voltage", "behavior/scalar", "neural_states/int8"},
               [&] { files.episode(3).neural_state<float>("voltage"); });
  expect_error(ErrorCode::not_found, {"behavior/int8"}, [&] { files.episode(3).behavior<float>("int8"); });
  expect_error(ErrorCode::not_found, {"rewards"}, [&] { files.episode(3).rewards(); });
  // A name is a name, not a path.
  expect_error(ErrorCode::not_found, {}, [&] { files.episode(3).behavior<double>("../behavior/scalar"); });
  expect_error(ErrorCode::not_found, {}, [&] { files.episode(3).behavior<double>("./scalar"); });
}

TEST_F(DenseReaderTest, RowRangesAreCheckedAndExact) {
  const Golden files("tiles");
  for (const char* name : {"tiled", "crossed"}) {
    SCOPED_TRACE(name);
    const auto stream = files.episode().behavior<std::uint8_t>(name);
    EXPECT_EQ(stream.shape(), Shape(30, 40, 3));
    expect_rows(stream.all(), 0, 20, 3600);
    for (std::uint64_t first = 0; first < 20; ++first)
      expect_rows(stream.rows(first, 20 - first), first, 20 - first, 3600);
    expect_rows(stream.rows(20, 0), 20, 0, 3600);
    expect_error(ErrorCode::out_of_range, {"20"}, [&] { stream.rows(20, 1); });
    expect_error(ErrorCode::out_of_range, {}, [&] { stream.rows(1, UINT64_MAX); });
  }
}

TEST_F(DenseReaderTest, ColumnsOfATiledRowComeInTheOrderAskedFor) {
  const Golden files("tiles");
  for (const char* name : {"wide", "wide_gzip9"}) {
    SCOPED_TRACE(name);
    const std::vector<std::uint64_t> ids = {999, 0, 299, 300, 301, 640, 0};
    const auto stream = files.episode().neural_state<float>(name).columns(ids);
    EXPECT_EQ(stream.shape(), Shape(7));
    EXPECT_EQ(stream.column_ids(), ids);
    const auto rows = stream.rows(3, 11);
    ASSERT_EQ(rows.values.size(), 77u);
    for (std::size_t row = 0; row < 11; ++row)
      for (std::size_t i = 0; i < ids.size(); ++i)
        EXPECT_EQ(rows.row(row)[i], golden<float>((row + 3) * 1000 + ids[i]));
  }
  const auto image = files.episode().behavior<std::uint8_t>("crossed").columns({3599, 17, 1200}).all();
  for (std::size_t row = 0; row < 20; ++row) {
    EXPECT_EQ(image.row(row)[0], golden<std::uint8_t>(row * 3600 + 3599));
    EXPECT_EQ(image.row(row)[1], golden<std::uint8_t>(row * 3600 + 17));
    EXPECT_EQ(image.row(row)[2], golden<std::uint8_t>(row * 3600 + 1200));
  }
}

TEST_F(DenseReaderTest, StoredColumnsKeepTheSimulatorsNumbers) {
  const Golden files("columns");
  const auto stream = files.episode().neural_state<float>("chosen");
  EXPECT_THAT(stream.column_ids(), testing::ElementsAre(70, 3, 900, 12));
  const auto two = stream.columns({900, 70});
  const auto rows = two.between(20, 60);
  ASSERT_EQ(rows.size(), 40u);
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(rows.row(i)[0], golden<float>((i + 20) * 4 + 2));
    EXPECT_EQ(rows.row(i)[1], golden<float>((i + 20) * 4 + 0));
  }
  expect_error(ErrorCode::out_of_range, {"column 0", "neural_states/chosen"}, [&] { stream.columns({0}); });
  expect_error(ErrorCode::out_of_range, {"column 10"}, [&] {
    files.episode().neural_state<float>("all").columns({9, 10});
  });
  EXPECT_THAT(two.columns({3}).column_ids(), testing::ElementsAre(3)) << "chooses among all columns again";
  const auto none = stream.columns(Indices()).all();
  EXPECT_EQ(none.size(), 100u);
  EXPECT_EQ(none.values.size(), 0u);
  const auto contiguous = files.episode().neural_state<float>("contiguous").columns({8}).all();
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(contiguous.values[i], golden<float>(i * 10 + 8));
}

TEST_F(DenseReaderTest, ReadsIntoTheCallersMemory) {
  const Golden files("columns");
  const auto stream = files.episode().neural_state<float>("all");
  std::vector<std::int64_t> timesteps(30, -1);
  std::vector<float> values(301, -1);
  stream.read_into({50, 30}, timesteps, values);
  EXPECT_EQ(timesteps.front(), 50);
  EXPECT_EQ(timesteps.back(), 79);
  expect_golden(std::span(values).first(300), 500);
  EXPECT_EQ(values[300], -1) << "nothing beyond what was asked for";
  std::fill(values.begin(), values.end(), -1.f);
  stream.read_into({0, 1}, {}, values);
  expect_golden(std::span(values).first(10));
  EXPECT_EQ(values[10], -1);
  expect_error(ErrorCode::wrong_shape, {"310 values", "301"}, [&] { stream.read_into({0, 31}, {}, values); });
  expect_error(ErrorCode::wrong_shape, {"30 timesteps", "29"}, [&] {
    stream.read_into({0, 30}, std::span(timesteps).first(29), values);
  });
  expect_error(ErrorCode::out_of_range, {}, [&] { stream.read_into({90, 11}, timesteps, values); });
}

TEST_F(DenseReaderTest, StreamsWithoutRowsAreEmpty) {
  const Golden files("empty");
  const auto stream = files.episode().neural_state<float>("v");
  EXPECT_EQ(stream.rows(), 0u);
  EXPECT_EQ(stream.shape(), Shape(3));
  EXPECT_TRUE(stream.all().empty());
  EXPECT_TRUE(stream.between(-5, 5).empty());
  EXPECT_TRUE(stream.timesteps().empty());
  for (const auto& part : stream.chunks(100)) ADD_FAILURE() << part.size();
  const auto no_columns = files.episode().neural_state<float>("no_columns").all();
  EXPECT_EQ(no_columns.size(), 10u);
  EXPECT_TRUE(no_columns.values.empty());
  EXPECT_TRUE(files.episode(1).streams().empty());
  expect_error(ErrorCode::not_found, {"the episode has none"}, [&] { files.episode(1).spikes("e"); });
}

TEST_F(DenseReaderTest, ManyThreadsReadOneStream) {
  const Golden files("large");
  const Run run(files / "episode_0000.h5");
  const auto episode = run.episode(0);
  const auto shared = episode.neural_state<float>("v");
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed)
    threads.emplace_back([&, seed] {
      std::mt19937 generator(seed);
      const auto own = run.episode(0).neural_state<float>("v");
      for (int i = 0; i < 20; ++i) {
        const std::uint64_t first = generator() % 19000;
        const std::uint64_t count = generator() % 1000;
        expect_rows((i % 2 == 0 ? shared : own).rows(first, count), first, count, 100);
      }
    });
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace neurotape
