#pragma once
/// \file
/// A small classifier of EEG windows: logistic regression on the logarithm of the power in four bands of each channel, with the
/// part of a window that decides. Knows nothing of neurotape.

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "eeg_windows.hpp"

namespace eeg {

struct Band {
  double low, high;  ///< Hz
};
inline constexpr std::array<Band, 4> kBands{{{1, 4}, {4, 8}, {8, 13}, {13, 30}}};

/// The signal of a channel in a band, by two one-pole filters.
inline Eigen::ArrayXf in_band(const Eigen::ArrayXf& signal, Band band) {
  const auto rate_of = [](double hertz) {
    return static_cast<float>(1 - std::exp(-2 * std::numbers::pi * hertz / kRate));
  };
  const float fast = rate_of(band.high), slow = rate_of(band.low);
  Eigen::ArrayXf filtered(signal.size());
  float below_high = 0, below_low = 0;
  for (Eigen::Index t = 0; t < signal.size(); ++t) {
    below_high += fast * (signal[t] - below_high);
    below_low += slow * (below_high - below_low);
    filtered[t] = below_high - below_low;
  }
  return filtered;
}

inline Eigen::VectorXd features_of(const Window& window) {
  Eigen::VectorXd features(window.signal.rows() * static_cast<Eigen::Index>(kBands.size()));
  Eigen::Index at = 0;
  for (Eigen::Index c = 0; c < window.signal.rows(); ++c)
    for (const auto band : kBands)
      features[at++] = std::log(1e-3 + in_band(window.signal.row(c).transpose().array(), band).square().mean());
  return features;
}

/// Features of many windows, one a row, and their labels.
struct Samples {
  Eigen::MatrixXd features;
  Eigen::VectorXd labels;
};

inline Samples samples_of(const std::vector<Window>& windows) {
  Samples samples{Eigen::MatrixXd(static_cast<Eigen::Index>(windows.size()),
                                  windows.front().signal.rows() * static_cast<Eigen::Index>(kBands.size())),
                  Eigen::VectorXd(static_cast<Eigen::Index>(windows.size()))};
  for (std::size_t i = 0; i < windows.size(); ++i) {
    samples.features.row(static_cast<Eigen::Index>(i)) = features_of(windows[i]);
    samples.labels[static_cast<Eigen::Index>(i)] = windows[i].label;
  }
  return samples;
}

struct Score {
  double loss = 0;
  double accuracy = 0;
};

/// Trained by gradient descent with momentum.
class Classifier {
 public:
  explicit Classifier(const Samples& samples)
      : mean(samples.features.colwise().mean()),
        spread((samples.features.rowwise() - mean).array().square().colwise().mean().sqrt().max(1e-9).matrix()),
        weights(Eigen::VectorXd::Zero(samples.features.cols())),
        momentum(Eigen::VectorXd::Zero(samples.features.cols())) {}

  Eigen::VectorXd probabilities(const Eigen::MatrixXd& features) const {
    const Eigen::VectorXd sums = (normalized(features) * weights).array() + bias;
    return (1 / (1 + (-sums.array()).exp())).matrix();
  }

  void train_epoch(const Samples& samples, double learning_rate) {
    const Eigen::VectorXd errors = probabilities(samples.features) - samples.labels;
    const auto count = static_cast<double>(errors.size());
    momentum =
        0.9 * momentum - learning_rate * (normalized(samples.features).transpose() * errors / count + 1e-3 * weights);
    weights += momentum;
    bias -= learning_rate * errors.mean();
  }

  Score score(const Samples& samples) const {
    const Eigen::ArrayXd p = probabilities(samples.features).array().max(1e-12).min(1 - 1e-12);
    const Eigen::ArrayXd y = samples.labels.array();
    return {-(y * p.log() + (1 - y) * (1 - p).log()).mean(), ((p > 0.5).cast<double>() == y).cast<double>().mean()};
  }

  /// How much each moment of each channel speaks for a class, 0 to 1: the power that its bands have then, by their weights.
  Matrix saliency(const Window& window) const {
    Matrix map = Matrix::Zero(window.signal.rows(), window.signal.cols());
    Eigen::Index at = 0;
    for (Eigen::Index c = 0; c < map.rows(); ++c)
      for (const auto band : kBands) {
        const Eigen::ArrayXf power = in_band(window.signal.row(c).transpose().array(), band).square();
        const auto weight = static_cast<float>(std::abs(weights[at] / spread[at]));
        map.row(c) += (weight * power / (1e-3F + power.mean())).matrix().transpose();
        ++at;
      }
    return (map.array() / std::max(map.maxCoeff(), 1e-9F)).min(1.0F).matrix();
  }

  Eigen::RowVectorXd mean, spread;  ///< of the features that it was trained on
  Eigen::VectorXd weights, momentum;
  double bias = 0;

 private:
  Eigen::MatrixXd normalized(const Eigen::MatrixXd& features) const {
    return (features.rowwise() - mean).array().rowwise() / spread.array();
  }
};

}  // namespace eeg
