#include "golden.hpp"

namespace neurotape {
namespace {

using SparseReaderTest = LoaderTest;

TEST_F(SparseReaderTest, SpikesComeWithIdsAndTimes) {
  const Golden files("sparse");
  const auto all = files.episode().spikes("e").all();
  ASSERT_EQ(all.size(), 5000u);
  expect_golden(std::vector<std::uint32_t>(all.neuron_ids.begin(), all.neuron_ids.end()));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto timestep = static_cast<std::int64_t>(i / 7);
    ASSERT_EQ(all.timesteps[i], timestep);
    ASSERT_EQ(all.times[i], static_cast<double>(timestep) + 0.25);
  }
}

TEST_F(SparseReaderTest, BetweenIsHalfOpen) {
  const Golden files("sparse");
  const auto some = files.episode().spikes("e").between(100, 102);
  ASSERT_EQ(some.size(), 14u);
  EXPECT_EQ(some.timesteps.front(), 100);
  EXPECT_EQ(some.timesteps.back(), 101);
  for (std::size_t i = 0; i < 14; ++i) EXPECT_EQ(some.neuron_ids[i], golden<std::uint32_t>(700 + i));
}

TEST_F(SparseReaderTest, IdsAreReadAsTheTypeAskedFor) {
  const Golden files("sparse");
  const auto narrow = files.episode().spikes<std::uint32_t>("e").all();
  static_assert(std::is_same_v<decltype(narrow.neuron_ids)::value_type, std::uint32_t>);
  expect_golden(narrow.neuron_ids);
  EXPECT_EQ(files.episode().spikes("wide").all().neuron_ids[1], golden<std::uint64_t>(1) + (std::uint64_t{1} << 40));
  EXPECT_TRUE(files.episode().spikes("wide").all().times.empty());
  expect_error(ErrorCode::out_of_range, {"spikes/wide", "uint32"},
               [&] { files.episode().spikes<std::uint32_t>("wide").all(); });
  expect_golden(files.episode().spikes("signed").all().neuron_ids);
}

TEST_F(SparseReaderTest, RowsAreReadIntoTheCallersMemory) {
  const Golden files("sparse");
  const auto stream = files.episode().spikes<std::uint32_t>("e");
  const auto all = stream.all();
  std::vector<std::int64_t> timesteps(1000, -1);
  std::vector<std::uint32_t> ids(1001, 77);
  std::vector<double> times(1000, -1);
  stream.read_into({500, 1000}, timesteps, ids, times);
  for (std::size_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(timesteps[i], all.timesteps[500 + i]);
    ASSERT_EQ(ids[i], all.neuron_ids[500 + i]);
    ASSERT_EQ(times[i], all.times[500 + i]);
  }
  EXPECT_EQ(ids[1000], 77u);
  stream.read_into({0, 3}, {}, ids);
  EXPECT_EQ(ids[2], all.neuron_ids[2]);
  EXPECT_EQ(ids[3], all.neuron_ids[503]);
  expect_error(ErrorCode::wrong_shape, {"spikes/e", "room for 1001 rows of 'timesteps', got 1000"}, [&] {
    stream.read_into({0, 1001}, timesteps, ids);
  });
  expect_error(ErrorCode::out_of_range, {"spikes/e", "5000 rows"}, [&] {
    stream.read_into({4999, 2}, timesteps, ids);
  });
  expect_error(ErrorCode::not_found, {"spikes/wide", "no times"}, [&] {
    files.episode().spikes("wide").read_into({0, 1}, {}, {}, times);
  });
}

TEST_F(SparseReaderTest, OfKeepsTheseNeuronsOnly) {
  const Golden files("sparse");
  const auto stream = files.episode().spikes("e").of(std::vector<int>{200, 7, 7});
  std::vector<std::int64_t> timesteps;
  for (std::uint64_t i = 0; i < 5000; ++i)
    if (golden<std::uint32_t>(i) == 7 || golden<std::uint32_t>(i) == 200)
      timesteps.push_back(static_cast<std::int64_t>(i / 7));
  const auto all = stream.all();
  EXPECT_EQ(all.timesteps, timesteps);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all.times[i], static_cast<double>(all.timesteps[i]) + 0.25);
  std::erase_if(timesteps, [](auto t) { return t < 50 || t >= 300; });
  EXPECT_EQ(stream.between(50, 300).timesteps, timesteps);
  EXPECT_TRUE(files.episode().spikes("e").of({100000}).all().empty());
  EXPECT_TRUE(files.episode().spikes("e").of(Indices()).all().empty());
  EXPECT_EQ(stream.rows(), 5000u) << "rows() counts the stream";
}

TEST_F(SparseReaderTest, RewardsAndWeightChanges) {
  const Golden files("sparse");
  const auto rewards = files.episode().rewards().between(10, 20);
  ASSERT_EQ(rewards.size(), 10u);
  expect_golden(rewards.values, 10);
  const auto changes = files.episode().weight_changes().all();
  ASSERT_EQ(changes.size(), 300u);
  expect_golden(changes.synapse_ids);
  expect_golden(changes.old_weights);
  for (std::size_t i = 0; i < 300; ++i) EXPECT_EQ(changes.new_weights[i], golden<float>(i) + 1);
  for (const auto& part : files.episode().weight_changes().of({golden<std::uint64_t>(3)}).chunks(1000))
    for (const auto id : part.synapse_ids) EXPECT_EQ(id, golden<std::uint64_t>(3));
  expect_error(ErrorCode::wrong_type, {"weight_changes", "old_weights", "float32", "weight_changes<float>"},
               [&] { files.episode().weight_changes<double>(); });
}

TEST_F(SparseReaderTest, EventsHaveTheirJson) {
  const Golden files("sparse");
  const auto events = files.episode().events();
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0].type, "start");
  EXPECT_EQ(events[0].timestep, 0);
  EXPECT_EQ(events[0].data, nlohmann::json::object());
  EXPECT_EQ(events[1].type, "lesion");
  EXPECT_EQ(events[1].timestep, 500);
  EXPECT_EQ(events[1].data, nlohmann::json::parse(R"({"region": "CA3", "depth": [1, 2.5]})"));
  EXPECT_EQ(events[2].type, "größe");
  EXPECT_EQ(events[2].data, "text");
  EXPECT_EQ(events[3].data, nullptr);
}

TEST_F(SparseReaderTest, StreamsWithoutRowsAreEmpty) {
  const Golden files("empty");
  const auto stream = files.episode().spikes("e");
  EXPECT_TRUE(stream.all().empty());
  EXPECT_TRUE(stream.between(0, 10).empty());
  EXPECT_TRUE(stream.of({1}).all().empty());
  for (const auto& part : stream.chunks(100)) ADD_FAILURE() << part.size();
  EXPECT_TRUE(files.episode().events().empty());
  EXPECT_TRUE(files.episode(1).events().empty());
  EXPECT_TRUE(files.episode(1).gaps().empty());
  expect_error(ErrorCode::not_found, {"spikes/e"}, [&] { files.episode().spikes("declared_only"); });
}

}  // namespace
}  // namespace neurotape
