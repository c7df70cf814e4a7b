#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "bench/support/population.hpp"
#include "bench/support/workload.hpp"

namespace neurotape::bench {
namespace {

constexpr std::size_t kNeurons = 10'000;
constexpr std::size_t kFanout = 50;
constexpr std::size_t kChanges = 100;
constexpr std::size_t kJoints = 12;
constexpr int kSettling = 200;

struct Changes {
  std::vector<std::uint64_t> synapses;
  std::vector<float> before, after;
};

/// A recurrent network whose excitatory synapses learn from pairs of spikes, and a body that its activity moves.
class Cortex {
 public:
  Cortex() : targets_(kNeurons * kFanout), weights_(targets_.size()), traces_(kNeurons) {
    std::mt19937 random(7);
    std::uniform_int_distribution<std::uint32_t> any(0, kNeurons - 1);
    std::uniform_real_distribution<float> weight(0.0F, 1.0F);
    for (auto& target : targets_) target = any(random);
    for (auto& w : weights_) w = weight(random);
  }

  void step() {
    population_.step();
    auto g = population_.conductances();
    for (auto& trace : traces_) trace *= 0.95F;
    for (const std::uint32_t neuron : fired()) {
      traces_[neuron] += 1.0F;
      const float sign = neuron < kNeurons / 5 * 4 ? 1.6F : -1.0F;
      for (std::size_t s = neuron * kFanout; s < (neuron + 1) * kFanout; ++s) g[targets_[s]] += sign * weights_[s];
    }
    learn();
    move();
    ++t_;
  }

  std::span<const float> potentials() const { return population_.potentials(); }
  std::span<const float> conductances() { return population_.conductances(); }
  std::span<const std::uint32_t> fired() const { return population_.fired(); }
  const Changes& changes() const { return changes_; }
  const std::array<float, kJoints>& joints() const { return joints_; }
  double reward() const {
    return std::exp(-std::abs(joints_[0] - 1.0F + 0.5F * std::sin(0.01F * static_cast<float>(t_))));
  }

 private:
  // What fired before its target is strengthened, by the target's trace; else it decays.
  void learn() {
    changes_.synapses.clear();
    changes_.before.clear();
    changes_.after.clear();
    for (std::size_t i = 0; i < kChanges && !fired().empty(); ++i) {
      const std::size_t synapse = fired()[i * fired().size() / kChanges] * kFanout + (t_ + i) % kFanout;
      changes_.synapses.push_back(synapse);
      changes_.before.push_back(weights_[synapse]);
      weights_[synapse] = std::clamp(weights_[synapse] + 0.02F * (traces_[targets_[synapse]] - 0.3F), 0.0F, 1.0F);
      changes_.after.push_back(weights_[synapse]);
    }
  }

  void move() {
    for (auto& joint : joints_) joint *= 0.98F;
    for (const std::uint32_t neuron : fired()) joints_[neuron % kJoints] += 0.0015F;
  }

  Population population_{kNeurons, 7.6F};
  std::vector<std::uint32_t> targets_;
  std::vector<float> weights_, traces_;
  Changes changes_;
  std::array<float, kJoints> joints_{};
  std::size_t t_ = 0;
};

}  // namespace

Workload make_cortex(std::size_t steps) {
  Workload workload{
      {{Kind::neural_state, "neural_states/v", {{"values", Dtype::f32, kNeurons, {}}}},
       {Kind::neural_state, "neural_states/g", {{"values", Dtype::f32, kNeurons, {}}}},
       {Kind::spikes, "spikes/all", {{"neuron_ids", Dtype::u32, 1, {}}}},
       {Kind::behavior, "behavior/joints", {{"values", Dtype::f32, kJoints, {}}}},
       {Kind::rewards, "rewards", {{"values", Dtype::f64, 1, {}}}},
       {Kind::weight_changes,
        "weight_changes",
        {{"synapse_ids", Dtype::u64, 1, {}}, {"old_weights", Dtype::f32, 1, {}}, {"new_weights", Dtype::f32, 1, {}}}}}};
  auto& all = workload.series;
  Cortex cortex;
  for (int i = 0; i < kSettling; ++i) cortex.step();
  for (std::size_t t = 0; t < steps; ++t) {
    cortex.step();
    const double reward = cortex.reward();
    all[0].add(0, cortex.potentials());
    all[1].add<float>(0, cortex.conductances());
    all[2].add(0, cortex.fired());
    all[3].add<float>(0, cortex.joints());
    all[4].add(0, std::span(&reward, 1));
    all[5].add<std::uint64_t>(0, cortex.changes().synapses);
    all[5].add<float>(1, cortex.changes().before);
    all[5].add<float>(2, cortex.changes().after);
    for (auto& series : all) series.end_step();
  }
  return workload;
}

}  // namespace neurotape::bench
