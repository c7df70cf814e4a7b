#include <array>
#include <cmath>
#include <random>

#include "bench/support/workload.hpp"

namespace neurotape::bench {
namespace {

constexpr std::size_t kJoints = 6;

/// A trunk on six joints: damped springs that a noisy controller drives, and that push the trunk forward.
class Body {
 public:
  explicit Body(unsigned seed) : random_(seed) {
    for (auto& angle : angles_) angle = 0.1F * noise_(random_);
  }

  void step() {
    phase_ += 0.1F;
    float push = 0;
    for (std::size_t i = 0; i < kJoints; ++i) {
      const float wanted = 0.5F * std::sin(phase_ + static_cast<float>(i));
      actions_[i] = 2.0F * (wanted - angles_[i]) - 0.2F * speeds_[i] + 0.1F * noise_(random_);
      speeds_[i] += 0.05F * (20.0F * actions_[i] - 4.0F * angles_[i] - speeds_[i]);
      angles_[i] += 0.05F * speeds_[i];
      push += speeds_[i] * std::cos(angles_[i]);
    }
    trunk_[1] += 0.05F * (push - trunk_[1]);
    trunk_[0] += 0.05F * trunk_[1];
    trunk_[2] = 0.9F * trunk_[2] + 0.1F * (angles_[0] - angles_[5]);
  }

  std::array<float, 17> observation() const {
    std::array<float, 17> all{};
    std::copy(angles_.begin(), angles_.end(), all.begin());
    std::copy(speeds_.begin(), speeds_.end(), all.begin() + 6);
    std::copy(trunk_.begin(), trunk_.end(), all.begin() + 12);
    all[15] = std::sin(phase_);
    all[16] = std::cos(phase_);
    return all;
  }
  const std::array<float, kJoints>& actions() const { return actions_; }
  double reward() const {
    double effort = 0;
    for (const float a : actions_) effort += static_cast<double>(a * a);
    return static_cast<double>(trunk_[1]) - 0.1 * effort;
  }

 private:
  std::mt19937 random_;
  std::normal_distribution<float> noise_;
  std::array<float, kJoints> angles_{}, speeds_{}, actions_{};
  std::array<float, 3> trunk_{};  ///< place, speed, pitch
  float phase_ = 0;
};

}  // namespace

Workload make_rl(std::size_t episodes) {
  Workload workload{{{Kind::behavior, "behavior/observation", {{"values", Dtype::f32, 17, {}}}},
                     {Kind::behavior, "behavior/action", {{"values", Dtype::f32, kJoints, {}}}},
                     {Kind::rewards, "rewards", {{"values", Dtype::f64, 1, {}}}}}};
  auto& all = workload.series;
  for (std::size_t episode = 0; episode < episodes; ++episode) {
    Body body(static_cast<unsigned>(episode));
    for (std::size_t t = 0; t < kRlSteps; ++t) {
      body.step();
      const double reward = body.reward();
      all[0].add<float>(0, body.observation());
      all[1].add<float>(0, body.actions());
      all[2].add(0, std::span(&reward, 1));
      for (auto& series : all) series.end_step();
    }
  }
  return workload;
}

}  // namespace neurotape::bench
