// How much memory a recorder takes with all that HDF5 and the codecs take beside it, where chunks are many.

#include <fstream>
#include <iostream>
#include <random>
#include <vector>

#include "tests/integration/support.hpp"
#include "tests/life/child.hpp"
#include "tests/support/sanitizers.hpp"

namespace neurotape::outside {
namespace {

constexpr std::size_t kBesideTheCap = std::size_t{64} << 20;

std::size_t status_bytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::stoul(line.substr(name.size() + 1)) * 1024;
  return 0;
}

class ResidentMemory : public RunTest, public ::testing::WithParamInterface<Durability> {
 protected:
  void SetUp() override {
    if (support::kSanitized) GTEST_SKIP() << "what a sanitizer keeps in memory is not the recorder's";
  }
  /// In a process of its own, for what was resident once may stay so.
  template <class Record>
  void expect_under_cap(std::size_t cap, Record record) {
    const auto end = life::in_child(
        [&] {
          const auto before = status_bytes("VmRSS");
          auto experiment = create({.memory_cap = cap, .n_workers = 1, .durability = GetParam()});
          record(experiment);
          experiment.close();
          const auto grown = status_bytes("VmHWM") - before;
          std::cerr << "grown by " << grown << " bytes under a cap of " << cap << "\n";
          return grown <= cap + kBesideTheCap ? 0 : 1;
        },
        120);
    EXPECT_EQ(end, "exit 0");
  }
};

TEST_P(ResidentMemory, OfManyFastStreamsIsUnderTheCap) {
  expect_under_cap(200_MB, [](Experiment& experiment) {
    auto episode = experiment.start_episode();
    std::vector<DenseStream<float>> streams;
    for (int i = 0; i < 500; ++i) streams.push_back(episode.neural_state<float>("v" + std::to_string(i), {1}));
    for (std::int64_t t = 0; t < 16'000; ++t)
      for (auto& stream : streams) stream.record(t, std::vector<float>{static_cast<float>(t % 97)});
  });
}

TEST_P(ResidentMemory, OfManyOpenEpisodesIsUnderTheCap) {
  expect_under_cap(500_MB, [](Experiment& experiment) {
    struct Open {
      Episode episode;
      DenseStream<float> observations, actions;
    };
    std::vector<Open> all;
    for (int i = 0; i < 256; ++i) {
      auto episode = experiment.start_episode();
      auto observations = episode.neural_state<float>("observations", {17});
      auto actions = episode.behavior<float>("actions", {6});
      all.push_back({std::move(episode), std::move(observations), std::move(actions)});
    }
    std::minstd_rand numbers;
    std::vector<float> observation(17), action(6);
    for (std::int64_t t = 0; t < 10'000; ++t) {
      for (auto& one : all) {
        for (auto& value : observation) value = static_cast<float>(numbers());
        one.observations.record(t, observation);
        one.actions.record(t, action);
      }
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Of, ResidentMemory, ::testing::Values(Durability::process, Durability::power),
                         [](const auto& tested) { return tested.param == Durability::power ? "power" : "process"; });

}  // namespace
}  // namespace neurotape::outside
