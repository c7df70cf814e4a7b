#pragma once
/// \file
/// The world of the example cartpole.cpp: a pole that stands on a cart, to be balanced by pushing the cart.
///
/// Barto, A. G., Sutton, R. S., Anderson, C. W. (1983): Neuronlike adaptive elements that can solve difficult
/// learning control problems. IEEE Trans. Syst. Man Cybern. SMC-13:834-846. Constants, integration and limits
/// are those of Gymnasium's CartPole-v1, so that returns can be compared: 500 is perfect.

#include <array>
#include <cmath>
#include <cstdint>
#include <random>

class CartPole {
 public:
  static constexpr int kLimit = 500;     ///< steps after which an episode is truncated
  static constexpr double kDt_s = 0.02;  ///< length of a step

  struct Outcome {
    double reward;
    bool terminated;  ///< the pole has fallen, or the cart has left the track
    bool truncated;   ///< time is up
  };

  explicit CartPole(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (double& value : state_) value = (static_cast<double>(random() >> 11) * 0x1p-53 - 0.5) * 0.1;
  }

  /// Position (m), velocity (m/s), angle of the pole (rad), its angular velocity (rad/s).
  std::array<float, 4> observe() const {
    return {static_cast<float>(state_[0]), static_cast<float>(state_[1]), static_cast<float>(state_[2]),
            static_cast<float>(state_[3])};
  }

  /// Pushes the cart to the left (0) or to the right (1) for one step.
  Outcome step(std::int64_t action) {
    constexpr double kGravity = 9.8, kCartMass = 1.0, kPoleMass = 0.1, kHalfLength = 0.5, kForce = 10.0;
    constexpr double kMass = kCartMass + kPoleMass, kPoleMoment = kPoleMass * kHalfLength;
    auto& [x, x_dot, theta, theta_dot] = state_;
    const double force = action == 1 ? kForce : -kForce, cosine = std::cos(theta), sine = std::sin(theta);
    const double push = (force + kPoleMoment * theta_dot * theta_dot * sine) / kMass;
    const double theta_acc =
        (kGravity * sine - cosine * push) / (kHalfLength * (4.0 / 3.0 - kPoleMass * cosine * cosine / kMass));
    const double x_acc = push - kPoleMoment * theta_acc * cosine / kMass;
    x += kDt_s * x_dot;
    x_dot += kDt_s * x_acc;
    theta += kDt_s * theta_dot;
    theta_dot += kDt_s * theta_acc;

    constexpr double kEdge_m = 2.4, kFallen_rad = 12 * 2 * 3.14159265358979323846 / 360;
    const bool terminated = std::abs(x) > kEdge_m || std::abs(theta) > kFallen_rad;
    return {1.0, terminated, ++steps_ == kLimit};
  }

 private:
  std::array<double, 4> state_{};
  int steps_ = 0;
};
