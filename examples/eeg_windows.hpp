#pragma once
/// \file
/// EEG-like windows of two classes, made here: rest, with an alpha rhythm, and seizure, with spike-and-wave discharges of 3 Hz
/// over some channels. Knows nothing of neurotape.

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <string>
#include <vector>

namespace eeg {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

inline constexpr int kChannels = 22;
inline constexpr double kRate = 128;  // Hz

struct Window {
  Matrix signal;  ///< channels x samples, microvolts
  int label = 0;  ///< 0: rest, 1: seizure
  std::string id;
};

/// 1/f-like background: a leaky sum of white noise.
inline void add_background(Matrix& signal, std::mt19937& random) {
  std::normal_distribution<float> noise(0, 4);
  for (Eigen::Index c = 0; c < signal.rows(); ++c) {
    float level = 0;
    for (Eigen::Index t = 0; t < signal.cols(); ++t) signal(c, t) += level = 0.95F * level + noise(random);
  }
}

inline void add_rhythm(Matrix& signal, double hertz, double amplitude, double sharpness, Eigen::Index first,
                       Eigen::Index count, std::mt19937& random) {
  std::uniform_real_distribution<double> phase(0, 2 * std::numbers::pi);
  const double start = phase(random);
  for (Eigen::Index c = first; c < first + count; ++c)
    for (Eigen::Index t = 0; t < signal.cols(); ++t) {
      const double angle = start + 2 * std::numbers::pi * hertz * static_cast<double>(t) / kRate;
      const double wave = std::sin(angle) + sharpness * std::pow(std::max(0.0, std::sin(angle + 0.7)), 9);
      signal(c, t) += static_cast<float>(amplitude * wave);
    }
}

inline Window make_window(int number, Eigen::Index samples, std::mt19937& random) {
  Window window{Matrix::Zero(kChannels, samples), number % 2, "window_" + std::to_string(number)};
  std::uniform_real_distribution<double> strength(0.2, 1.2);
  add_background(window.signal, random);
  add_rhythm(window.signal, 10, 12 * strength(random), 0, 14, 8, random);
  if (window.label == 1) add_rhythm(window.signal, 3, 20 * strength(random), 2.5, 4, 6, random);
  return window;
}

inline std::vector<Window> make_windows(int count, Eigen::Index samples, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Window> windows;
  for (int i = 0; i < count; ++i) windows.push_back(make_window(i, samples, random));
  return windows;
}

}  // namespace eeg
