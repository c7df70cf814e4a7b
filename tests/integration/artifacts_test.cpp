// Artifacts of an experiment: in the run's directory, by its workers, with its promises.

#include <atomic>
#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <neurotape/neurotape.hpp>
#include <thread>

#include "backends/io/operations.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/process.hpp"

namespace neurotape {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ArtifactsOfARun : public testing::Test {
 protected:
  Experiment create(ExperimentOptions options = {}) {
    if (!options.on_error) options.on_error = [this](const Error& error) { told.push_back(error.what()); };
    return Experiment::create(directory_.path(), "eeg", options);
  }
  static AttentionMapOptions small() {
    AttentionMapOptions options;
    options.shape = {2, 50};
    return options;
  }
  const std::vector<float> map_ = std::vector<float>(100, 0.5F);
  support::TemporaryDirectory directory_;
  std::vector<std::string> told;
};

/// Which threads write.
class Writers : public io::Operations {
 public:
  ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset) override {
    if (std::this_thread::get_id() == caller_) ++by_caller;
    return Operations::pwrite(file, bytes, count, offset);
  }
  std::atomic<int> by_caller{0};

 private:
  const std::thread::id caller_ = std::this_thread::get_id();
};

TEST_F(ArtifactsOfARun, AreInItsDirectoryBesideEpisodes) {
  auto experiment = create();
  auto maps = experiment.attention_maps(small());
  auto metrics = experiment.metrics("epoch_statistics.csv");
  auto evaluation = experiment.evaluation({"rest", "seizure"});
  auto checkpoint = experiment.checkpoint();
  auto episode = experiment.start_episode();
  auto loss = episode.behavior<double>("loss", {});
  for (int epoch = 0; epoch < 10; ++epoch) {
    loss.record(epoch, 1.0 / (1 + epoch));
    metrics.append({{"epoch", epoch}, {"val_loss", 1.0 / (1 + epoch)}});
    checkpoint.save({{"w", map_}}, {}, epoch, {{"val_loss", 1.0 / (1 + epoch)}});
    maps.save(map_, "epoch_" + std::to_string(epoch));
    evaluation.record("sample_" + std::to_string(epoch), static_cast<std::size_t>(epoch % 2), 1);
  }
  evaluation.save_metadata();
  episode.finish();
  experiment.close();
  const auto run = experiment.path();
  for (const char* name : {"attention_maps/epoch_9_attention.npz", "attention_maps/manifest.json",
                           "attention_maps/metadata.json", "epoch_statistics.csv", "predictions_eval.csv",
                           "confusion_matrices.json", "class_distributions.json", "best_model.npz"})
    EXPECT_TRUE(std::filesystem::exists(run / name)) << name;
  EXPECT_EQ(load_checkpoint(run / "best_model.npz").epoch, 9);
  EXPECT_EQ(read_metrics(run / "epoch_statistics.csv").rows(), 10U);
  EXPECT_EQ(neurotape::Run(run).episode(0).behavior<double>("loss").rows(), 10U);
  EXPECT_TRUE(verify(run).faults.empty());
  EXPECT_TRUE(verify(run).left_behind.empty());
  EXPECT_TRUE(told.empty());
}

TEST_F(ArtifactsOfARun, AreWrittenByTheWorkersAlone) {
  auto experiment = create({.n_workers = 1});
  auto maps = experiment.attention_maps(small());
  auto metrics = experiment.metrics("m.csv");
  auto checkpoint = experiment.checkpoint();
  auto evaluation = experiment.evaluation({"a"});
  Writers writers;
  {
    const io::Replaced watched(writers);
    maps.save_batch({map_, map_}, {"a", "b"});
    maps.save_metadata({{"model", "x"}});
    metrics.append({{"epoch", 1}});
    checkpoint.save({{"w", map_}}, {}, 1, {{"val_loss", 1}});
    evaluation.record("a", "a", "a");
    evaluation.save_metadata();
    experiment.flush();
  }
  EXPECT_EQ(writers.by_caller, 0);
  experiment.close();
}

TEST_F(ArtifactsOfARun, RowsThatWaitAreWrittenAtClose) {
  auto experiment = create();
  auto metrics = experiment.metrics("m.csv", {.flush_rows = 1000});
  auto evaluation = experiment.evaluation({"a"}, {.flush_rows = 1000});
  metrics.append({{"epoch", 1}});
  evaluation.record("x", "a", "a");
  experiment.close();
  EXPECT_EQ(content(experiment.path() / "m.csv"), "epoch\r\n1\r\n");
  EXPECT_EQ(content(experiment.path() / "predictions_eval.csv"), "file_id,true,predicted,probability_a\r\nx,a,a,\r\n");
}

TEST_F(ArtifactsOfARun, OfAClosedExperimentWriteNothing) {
  auto experiment = create();
  auto maps = experiment.attention_maps(small());
  auto metrics = experiment.metrics("m.csv");
  auto checkpoint = experiment.checkpoint();
  experiment.close();
  const auto expect_closed = [](const auto& call) { EXPECT_EQ(support::error_of(call).code(), ErrorCode::closed); };
  expect_closed([&] { maps.save(map_, "a"); });
  expect_closed([&] { metrics.append({{"epoch", 1}}); });
  expect_closed([&] { checkpoint.save({}, {}, 1, {{"val_loss", 1}}); });
  expect_closed([&] { experiment.evaluation({"a"}); });
  EXPECT_TRUE(told.empty());
}

TEST_F(ArtifactsOfARun, OutliveTheirExperiment) {
  std::optional<AttentionMapWriter> maps;
  std::optional<MetricsTable> metrics;
  std::filesystem::path run;
  {
    auto experiment = create();
    run = experiment.path();
    maps.emplace(experiment.attention_maps(small()));
    metrics.emplace(experiment.metrics("m.csv", {.flush_rows = 9}));
    maps->save(map_, "a");
    metrics->append({{"epoch", 1}});
  }
  EXPECT_EQ(maps->size(), 1U);
  maps.reset();
  metrics.reset();
  EXPECT_EQ(read_metrics(run / "m.csv").rows(), 1U);
  EXPECT_TRUE(told.empty());
}

TEST_F(ArtifactsOfARun, AResumedRunGoesOnWithThem) {
  std::filesystem::path run;
  {
    auto experiment = create();
    run = experiment.path();
    experiment.attention_maps(small()).save(map_, "a");
    experiment.metrics("m.csv").append({{"epoch", 1}});
    experiment.checkpoint().save({{"w", map_}}, {}, 1, {{"val_loss", 0.5}});
  }
  auto experiment = Experiment::open(run);
  auto maps = experiment.attention_maps(small());
  maps.save(map_, "b");
  EXPECT_EQ(maps.size(), 2U);
  experiment.metrics("m.csv").append({{"epoch", 2}});
  EXPECT_FALSE(experiment.checkpoint().save({{"w", map_}}, {}, 2, {{"val_loss", 0.6}}));
  experiment.close();
  EXPECT_EQ(read_metrics(run / "m.csv").numbers("epoch"), (std::vector<double>{1, 2}));
}

TEST_F(ArtifactsOfARun, NamesCannotLeadOutOfIt) {
  auto experiment = create();
  for (const char* name : {"../m.csv", "/tmp/m.csv", "", "a/b.csv"}) {
    EXPECT_THROW(experiment.metrics(name), Error) << name;
    EXPECT_THROW(experiment.checkpoint(name), Error) << name;
  }
  experiment.close();
}

TEST_F(ArtifactsOfARun, OnErrorCannotWaitForThem) {
  std::optional<ErrorCode> code;
  std::optional<Experiment> experiment;
  std::optional<MetricsTable> metrics;
  ExperimentOptions options;
  options.on_error = [&](const Error&) {
    if (!metrics) return;
    try {
      metrics->append({{"epoch", 1}});
    } catch (const Error& error) {
      code = error.code();
    }
  };
  experiment.emplace(create(options));
  metrics.emplace(experiment->metrics("m.csv"));
  auto episode = experiment->start_episode();
  auto stream = episode.behavior<double>("x", {});
  stream.record(5, 1.0);
  stream.record(1, 1.0);  // goes back: told
  EXPECT_EQ(code, ErrorCode::invalid_argument);
  episode.abort();
}

}  // namespace
}  // namespace neurotape
