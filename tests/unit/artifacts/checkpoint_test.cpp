#include <limits>
#include <numeric>

#include "artifacts.hpp"

namespace neurotape::artifacts {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Both kinds of checkpoint keep the same promises.
class CheckpointTest : public Artifacts, public testing::WithParamInterface<const char*> {
 protected:
  std::filesystem::path file() const { return path(GetParam()); }
  bool is_npz() const { return file().extension() == ".npz"; }
  Checkpoint checkpoint(const CheckpointOptions& options = {}) const { return Checkpoint(file(), options, kQuick); }
  /// The state of an epoch has its number in it.
  bool save(Checkpoint& to, int epoch, const CheckpointMetrics& metrics) const {
    const std::vector<float> weights(100, static_cast<float>(epoch));
    if (is_npz()) return to.save({{"w", {weights, {10, 10}}}}, {{"momentum", weights}}, epoch, metrics);
    return to.save_bytes(std::as_bytes(std::span(weights)), epoch, metrics);
  }
  /// What is in the file is the state of this epoch, with its metrics.
  void expect_epoch(int epoch, const CheckpointMetrics& metrics) const {
    const auto loaded = load_checkpoint(file());
    EXPECT_EQ(loaded.epoch, epoch);
    EXPECT_EQ(loaded.metrics, metrics);
    const std::vector<float> weights(100, static_cast<float>(epoch));
    if (is_npz()) {
      EXPECT_EQ(loaded.model.at("w"), NpyArray({weights, {10, 10}}));
      EXPECT_EQ(loaded.optimizer.at("momentum"), NpyArray(weights));
    } else {
      EXPECT_THAT(loaded.bytes, testing::ElementsAreArray(std::as_bytes(std::span(weights))));
    }
  }
};

TEST_P(CheckpointTest, OnlyABetterStateReplacesTheOneThatIsThere) {
  auto best = checkpoint();
  EXPECT_FALSE(best.best());
  EXPECT_TRUE(save(best, 1, {{"val_loss", 0.5}, {"accuracy", 0.7}}));
  EXPECT_FALSE(save(best, 2, {{"val_loss", 0.6}, {"accuracy", 0.9}}));
  expect_epoch(1, {{"val_loss", 0.5}, {"accuracy", 0.7}});
  EXPECT_TRUE(save(best, 3, {{"val_loss", 0.4}, {"accuracy", 0.6}}));
  expect_epoch(3, {{"val_loss", 0.4}, {"accuracy", 0.6}});
  EXPECT_EQ(best.best(), 0.4);
  EXPECT_EQ(best.best_epoch(), 3);
}

TEST_P(CheckpointTest, OrTheHighestOfAnotherMetric) {
  auto best = checkpoint({.criterion = "f1", .lowest = false});
  EXPECT_TRUE(save(best, 1, {{"f1", 0.5}}));
  EXPECT_FALSE(save(best, 2, {{"f1", 0.4}}));
  EXPECT_TRUE(save(best, 3, {{"f1", 0.6}}));
  expect_epoch(3, {{"f1", 0.6}});
}

TEST_P(CheckpointTest, OfEqualStatesTheEarlierStays) {
  auto best = checkpoint();
  save(best, 1, {{"val_loss", 0.5}});
  EXPECT_FALSE(save(best, 2, {{"val_loss", 0.5}}));
  expect_epoch(1, {{"val_loss", 0.5}});
}

TEST_P(CheckpointTest, NanIsWorseThanAnyNumberAndBetterThanNothing) {
  auto best = checkpoint();
  EXPECT_TRUE(save(best, 1, {{"val_loss", kNan}}));
  EXPECT_TRUE(std::isnan(load_checkpoint(file()).value()));
  EXPECT_FALSE(save(best, 2, {{"val_loss", kNan}}));
  EXPECT_TRUE(save(best, 3, {{"val_loss", kInfinity}}));
  EXPECT_FALSE(save(best, 4, {{"val_loss", kNan}}));
  EXPECT_TRUE(save(best, 5, {{"val_loss", 7}}));
  expect_epoch(5, {{"val_loss", 7}});
}

TEST_P(CheckpointTest, ALaterRunHasToBeBetter) {
  {
    auto best = checkpoint();
    save(best, 4, {{"val_loss", 0.5}});
  }
  {
    auto best = checkpoint();
    EXPECT_EQ(best.best(), 0.5);
    EXPECT_FALSE(save(best, 5, {{"val_loss", 0.7}}));
    expect_epoch(4, {{"val_loss", 0.5}});
    EXPECT_TRUE(save(best, 6, {{"val_loss", 0.3}}));
  }
  expect_error(ErrorCode::invalid_argument, "it was saved for the lowest 'val_loss', expected the highest 'accuracy'",
               [&] { checkpoint({.criterion = "accuracy", .lowest = false}); });
}

TEST_P(CheckpointTest, NoOtherReplacesItMeanwhile) {
  auto best = checkpoint();
  expect_error(ErrorCode::already_exists, "another checkpoint has this file open", [&] { checkpoint(); });
  save(best, 4, {{"val_loss", 0.5}});
  expect_epoch(4, {{"val_loss", 0.5}});
}

TEST_P(CheckpointTest, MetricsHaveTheCriterion) {
  auto best = checkpoint();
  expect_error(ErrorCode::not_found, "lack the criterion 'val_loss'", [&] { save(best, 1, {{"loss", 1}}); });
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_P(CheckpointTest, AFullDiskKeepsTheOneThatIsThere) {
  auto best = checkpoint();
  save(best, 1, {{"val_loss", 0.5}});
  for (const char* call : {"pwrite", "rename"}) {
    for (const int from : {1, 2}) {
      Failing disk(call, ENOSPC, from);
      const io::Replaced full(disk);
      if (from == 2 && is_npz()) continue;  // it makes one such call
      expect_error(ErrorCode::io, "No space left", [&] { save(best, 2, {{"val_loss", 0.1}}); });
      expect_epoch(1, {{"val_loss", 0.5}});
    }
  }
  EXPECT_TRUE(save(best, 3, {{"val_loss", 0.2}}));
  expect_epoch(3, {{"val_loss", 0.2}});
  EXPECT_EQ(best.best(), 0.2);
}

TEST_P(CheckpointTest, AFileThatHasItsNameIsTheBestAlsoWhereTheDiskFailsThen) {
  Checkpoint best(file(), {}, {.durability = Durability::power});
  save(best, 1, {{"val_loss", 0.5}});
  {
    Failing disk("fsync", EIO, is_npz() ? 1 : 2);
    const io::Replaced failing(disk);
    expect_error(ErrorCode::io, "names are on the disk", [&] { save(best, 2, {{"val_loss", 0.3}}); });
  }
  expect_epoch(2, {{"val_loss", 0.3}});
  EXPECT_EQ(best.best(), 0.3);
  EXPECT_EQ(best.best_epoch(), 2);
  EXPECT_FALSE(save(best, 3, {{"val_loss", 0.4}}));
  EXPECT_TRUE(save(best, 4, {{"val_loss", 0.2}}));
  expect_epoch(4, {{"val_loss", 0.2}});
}

TEST_P(CheckpointTest, WhatIsDamagedIsRefused) {
  {
    auto best = checkpoint();
    save(best, 1, {{"val_loss", 0.5}});
  }
  const auto whole = content(file());
  put(file(), whole.substr(0, whole.size() / 2));
  expect_error(ErrorCode::damaged, GetParam(), [&] { load_checkpoint(file()); });
  expect_error(ErrorCode::damaged, GetParam(), [&] { checkpoint(); });
  auto changed = whole;
  changed[whole.size() / 3] = static_cast<char>(changed[whole.size() / 3] ^ 1);
  put(file(), changed);
  expect_error(ErrorCode::damaged, GetParam(), [&] { load_checkpoint(file()); });
  expect_error(ErrorCode::not_found, "nowhere", [&] { load_checkpoint(path("nowhere") / GetParam()); });
}

INSTANTIATE_TEST_SUITE_P(Every, CheckpointTest, testing::Values("best_model.npz", "best_model.pth"));

class CheckpointFiles : public Artifacts {};

TEST_F(CheckpointFiles, AnEpochThatCannotBeIsDamage) {
  const auto file = path("best_model.npz");
  for (const double epoch : {kNan, 1e300, -kInfinity}) {
    write_npz(file, {{"epoch", epoch}, {"criterion", "val_loss"}, {"lowest", true}, {"metrics/val_loss", 0.5}});
    expect_error(ErrorCode::damaged, "its epoch is", [&] { load_checkpoint(file); });
  }
}

TEST_F(CheckpointFiles, NumpyFindsTheArrays) {
  if (!support::have_python()) GTEST_SKIP() << "no python3 with numpy";
  std::vector<double> weights(6);
  std::iota(weights.begin(), weights.end(), 0.5);
  Checkpoint(path("best_model.npz"), {}, kQuick)
      .save({{"layer.0/weight", {weights, {2, 3}}}, {"bias", 0.25F}}, {{"step", std::int64_t{7}}}, 12,
            {{"val_loss", 0.125}, {"accuracy", 1.0 / 3}});
  const auto seen = support::run_command("'" NEUROTAPE_PYTHON "' -c \"import numpy, json; f = numpy.load('" +
                                         path("best_model.npz").string() +
                                         "'); print(json.dumps({k: f[k].tolist() for k in f.files}))\"");
  EXPECT_EQ(json::parse(seen.output), json({{"model/layer.0/weight", {{0.5, 1.5, 2.5}, {3.5, 4.5, 5.5}}},
                                            {"model/bias", 0.25},
                                            {"optimizer/step", 7},
                                            {"epoch", 12},
                                            {"metrics/accuracy", 1.0 / 3},
                                            {"metrics/val_loss", 0.125},
                                            {"criterion", "val_loss"},
                                            {"lowest", true}}));
}

TEST_F(CheckpointFiles, BytesAreInTheFileAsTheyAre) {
  const std::string state = "PK\3\4 whatever torch.save has written";
  Checkpoint best(path("best_model.pth"), {}, kQuick);
  best.save_bytes(std::as_bytes(std::span(state)), 3, {{"val_loss", 0.5}});
  EXPECT_EQ(content(path("best_model.pth")), state);
  expect_error(ErrorCode::invalid_argument, "arrays is named .npz", [&] { best.save({}, {}, 4, {{"val_loss", 0.1}}); });
  Checkpoint arrays(path("best_model.npz"), {}, kQuick);
  expect_error(ErrorCode::invalid_argument, "bytes cannot be", [&] { arrays.save_bytes({}, 4, {{"val_loss", 0.1}}); });
}

TEST_F(CheckpointFiles, AStateBetweenTheTwoFilesHasItsOwnMetrics) {
  const auto file = path("best_model.pth");
  const std::string first = "first", second = "second";
  Checkpoint best(file, {}, kQuick);
  best.save_bytes(std::as_bytes(std::span(first)), 1, {{"val_loss", 0.5}});
  best.save_bytes(std::as_bytes(std::span(second)), 2, {{"val_loss", 0.4}});
  put(file, first);  // as if the process had died between the two renames
  EXPECT_EQ(load_checkpoint(file).epoch, 1);
  put(file, "third");
  expect_error(ErrorCode::damaged, "best_model.pth.json does not know this state", [&] { load_checkpoint(file); });
}

TEST_F(CheckpointFiles, LargeArraysNeedLittleMemoryAndAreWhole) {
  std::vector<float> weights(3'000'000);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = std::sin(static_cast<float>(i));
  Checkpoint(path("best_model.npz"), {}, kQuick).save({{"w", weights}, {"v", weights}}, {}, 1, {{"val_loss", 1}});
  const auto loaded = load_checkpoint(path("best_model.npz"));
  EXPECT_EQ(loaded.model.at("w"), NpyArray(weights));
  EXPECT_EQ(loaded.model.at("v"), NpyArray(weights));
}

}  // namespace
}  // namespace neurotape::artifacts
