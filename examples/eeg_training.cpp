// Trains a classifier of EEG windows (eeg_classifier.hpp) and leaves behind what one needs to judge it: the epochs as CSV with
// their curves, the best state as a checkpoint, a prediction and a saliency map for each window that it was evaluated on, and the
// evaluated signals themselves as an episode. docs/artifacts.md opens that directory with numpy and pandas.
//
//   eeg_training [--epochs N] [--windows N] [--samples N] [--data DIR] [output directory]
//
// --data: a directory of NPZ files with `signal` (channels x samples) and `label` (0 or 1); without it, windows are made.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "eeg_classifier.hpp"
#include "eeg_windows.hpp"
#include "neurotape/eigen.hpp"
#include "neurotape/neurotape.hpp"

namespace {

using neurotape::Experiment;

constexpr double kLearningRate = 0.02;

/// A window of any type of numbers: EDF has int16, numpy computes float64.
eeg::Window load_window(const std::filesystem::path& path) {
  const neurotape::NpzFile file(path);
  const auto signal = file.read("signal");
  if (signal.is_text() || signal.shape().rank() != 2)
    throw std::invalid_argument(path.string() + ": array 'signal': expected channels x samples, got " +
                                signal.type_name() + " of the shape " + signal.shape().to_string());
  const double label = file.read("label").number();
  if (label != 0 && label != 1)
    throw std::invalid_argument(path.string() + ": array 'label': expected 0 (rest) or 1 (seizure), got " +
                                std::to_string(label));
  eeg::Window window{{}, static_cast<int>(label), path.stem().string()};
  neurotape::visit_dtype(signal.dtype(),
                         [&]<class T>(T) { window.signal = neurotape::as_matrix<T>(signal).template cast<float>(); });
  return window;
}

std::vector<eeg::Window> load_windows(const std::filesystem::path& directory) {
  std::vector<eeg::Window> windows;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".npz") continue;
    windows.push_back(load_window(entry.path()));
    if (windows.back().signal.rows() != windows.front().signal.rows() ||
        windows.back().signal.cols() != windows.front().signal.cols())
      throw std::invalid_argument(entry.path().string() + ": a window of another shape than the others");
  }
  if (windows.size() < 8) throw std::invalid_argument(directory.string() + ": fewer than 8 windows");
  std::sort(windows.begin(), windows.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return windows;
}

/// Every fourth window is for the evaluation.
std::pair<std::vector<eeg::Window>, std::vector<eeg::Window>> split(std::vector<eeg::Window> windows) {
  std::vector<eeg::Window> train, evaluate;
  for (std::size_t i = 0; i < windows.size(); ++i) (i % 8 < 2 ? evaluate : train).push_back(std::move(windows[i]));
  return {std::move(train), std::move(evaluate)};
}

/// \returns the validation losses
std::vector<double> train(Experiment& experiment, eeg::Classifier& classifier, const eeg::Samples& train,
                          const eeg::Samples& validate, long epochs) {
  auto statistics = experiment.metrics("epoch_statistics.csv");
  auto checkpoint = experiment.checkpoint("best_model.npz");
  std::vector<double> losses;
  for (long epoch = 1; epoch <= epochs; ++epoch) {
    const double learning_rate = kLearningRate / (1 + 0.05 * static_cast<double>(epoch));
    classifier.train_epoch(train, learning_rate);
    const auto [train_loss, train_accuracy] = classifier.score(train);
    const auto [val_loss, val_accuracy] = classifier.score(validate);
    statistics.append({{"epoch", epoch},
                       {"train_loss", train_loss},
                       {"val_loss", val_loss},
                       {"train_accuracy", train_accuracy},
                       {"val_accuracy", val_accuracy},
                       {"learning_rate", learning_rate}});
    checkpoint.save({{"weights", classifier.weights},
                     {"bias", classifier.bias},
                     {"mean", classifier.mean},
                     {"spread", classifier.spread}},
                    {{"momentum", classifier.momentum}}, epoch,
                    {{"val_loss", val_loss}, {"val_accuracy", val_accuracy}});
    losses.push_back(val_loss);
  }
  return losses;
}

/// The best state is what is evaluated, not the last one.
void restore(eeg::Classifier& classifier, const neurotape::LoadedCheckpoint& best) {
  const auto weights = best.model.at("weights").values<double>();
  classifier.weights = Eigen::Map<const Eigen::VectorXd>(weights.data(), static_cast<Eigen::Index>(weights.size()));
  classifier.bias = best.model.at("bias").number();
}

/// Records the signals, the predictions, and a saliency map for each window.
void evaluate(Experiment& experiment, const eeg::Classifier& classifier, const std::vector<eeg::Window>& windows) {
  const auto& first = windows.front().signal;
  auto evaluation = experiment.evaluation({"rest", "seizure"}, {.class_set = "seizure_detection"});
  neurotape::AttentionMapOptions contract;
  contract.shape = {first.rows(), first.cols()};
  auto maps = experiment.attention_maps(contract);
  for (const auto& window : windows) {
    auto episode = experiment.start_episode({.name = window.id, .attributes = {{"label", window.label}}});
    auto signal = episode.neural_state<float>("eeg", {window.signal.rows()}, {.unit = "uV"});
    for (Eigen::Index t = 0; t < window.signal.cols(); ++t) signal.record(t, window.signal.col(t).eval());
    episode.finish();
    const double p = classifier.probabilities(eeg::features_of(window).transpose())[0];
    const std::vector<double> probabilities{1 - p, p};
    evaluation.record(window.id, static_cast<std::size_t>(window.label), p > 0.5 ? 1 : 0, probabilities);
    maps.save(classifier.saliency(window), window.id, {window.id, {{"probability", p}, {"label", window.label}}});
  }
  const auto saved = maps.save_metadata({{"method", "band power x weight"}, {"bands", eeg::kBands.size()}});
  std::printf("%llu saliency maps, %.1f MB in %.1f MB\n", static_cast<unsigned long long>(saved.maps),
              static_cast<double>(saved.raw_bytes) * 1e-6, static_cast<double>(saved.stored_bytes) * 1e-6);
  evaluation.save_metadata();
}

void draw(Experiment& experiment) {
  try {
    experiment.draw_training_curves("epoch_statistics.csv", "training_curves.png");
    experiment.draw_training_curves("epoch_statistics.csv", "training_curves.svg");
  } catch (const neurotape::Error& error) {
    if (error.code() != neurotape::ErrorCode::unsupported) throw;
    std::printf("no pictures: %s\n", error.what());
  }
}

/// What the files say, read again. \returns whether it is right
bool check(const std::filesystem::path& run, const std::vector<double>& losses, std::size_t evaluated) {
  const auto best = neurotape::load_checkpoint(run / "best_model.npz");
  const auto matrix = neurotape::load_confusion_matrices(run / "confusion_matrices.json").at("seizure_detection");
  const neurotape::AttentionMapReader maps(run / "attention_maps");
  std::printf("val_loss  %s  best %.3f at epoch %lld\n", neurotape::spark_line(losses, 40).c_str(), best.value(),
              static_cast<long long>(best.epoch));
  std::printf("seizures: precision %.2f, recall %.2f, F1 %.2f\n", matrix.precision(1), matrix.recall(1), matrix.f1(1));
  return best.value() == *std::min_element(losses.begin(), losses.end()) && matrix.total() == evaluated &&
         maps.size() == evaluated && neurotape::Run(run).episodes().size() == evaluated && matrix.accuracy() > 0.8;
}

int run(const Arguments& arguments) {
  auto windows = arguments.text("--data").empty() ? eeg::make_windows(static_cast<int>(arguments.number("--windows")),
                                                                      arguments.number("--samples"), 1)
                                                  : load_windows(arguments.text("--data"));
  const auto [for_training, for_evaluation] = split(std::move(windows));
  auto experiment = Experiment::create(arguments.output(), "eeg", {.dt = 1000 / eeg::kRate, .dt_unit = "ms"});
  experiment.save_config({{"learning_rate", kLearningRate}, {"windows", for_training.size() + for_evaluation.size()}});
  const auto training = eeg::samples_of(for_training), validation = eeg::samples_of(for_evaluation);
  eeg::Classifier classifier(training);
  const auto losses = train(experiment, classifier, training, validation, arguments.number("--epochs"));
  restore(classifier, neurotape::load_checkpoint(experiment.path() / "best_model.npz"));
  evaluate(experiment, classifier, for_evaluation);
  draw(experiment);
  experiment.close();
  std::printf("%s\n", experiment.path().c_str());
  return check(experiment.path(), losses, for_evaluation.size()) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(Arguments(argc, argv, "[--epochs N] [--windows N] [--samples N] [--data DIR] [DIR]",
                         {{"--epochs", "60"}, {"--windows", "200"}, {"--samples", "1280"}, {"--data", ""}}));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "eeg_training: %s\n", error.what());
    return 1;
  }
}
