#include "bench/support/population.hpp"

#include <algorithm>
#include <random>

namespace neurotape::bench {

Population::Population(std::size_t neurons, float noise, std::uint64_t seed)
    : v_(neurons, -65.0F),
      u_(neurons),
      g_(neurons),
      a_(neurons),
      b_(neurons),
      c_(neurons),
      d_(neurons),
      noise_(neurons),
      random_(neurons) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> uniform(0, 1);
  for (std::size_t i = 0; i < neurons; ++i) {
    const float r = uniform(random);
    const bool excitatory = i < neurons / 5 * 4;
    a_[i] = excitatory ? 0.02F : 0.02F + 0.08F * r;
    b_[i] = excitatory ? 0.2F : 0.25F - 0.05F * r;
    c_[i] = excitatory ? -65.0F + 15.0F * r * r : -65.0F;
    d_[i] = excitatory ? 8.0F - 6.0F * r * r : 2.0F;
    noise_[i] = excitatory ? noise : 0.4F * noise;
    u_[i] = b_[i] * v_[i];
    random_[i] = static_cast<std::uint32_t>(random() | 1);
  }
}

void Population::step() {
  fired_.clear();
  for (std::size_t i = 0; i < v_.size(); ++i) {
    if (v_[i] < 30.0F) continue;
    fired_.push_back(static_cast<std::uint32_t>(i));
    v_[i] = c_[i];
    u_[i] += d_[i];
  }
  // One xorshift a neuron, whose four bytes add up to nearly normal noise: this loop has no branch and no call,
  // so compilers turn it into vector instructions.
  for (std::size_t i = 0; i < v_.size(); ++i) {
    std::uint32_t x = random_[i];
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    random_[i] = x;
    const auto sum = static_cast<float>((x & 255) + (x >> 8 & 255) + (x >> 16 & 255) + (x >> 24));
    const float input = noise_[i] * (sum - 510.0F) * (1.0F / 147.8F) + g_[i];
    g_[i] *= 0.8F;
    float v = v_[i];
    v += 0.5F * (0.04F * v * v + 5.0F * v + 140.0F - u_[i] + input);
    v += 0.5F * (0.04F * v * v + 5.0F * v + 140.0F - u_[i] + input);
    u_[i] += a_[i] * (b_[i] * v - u_[i]);
    v_[i] = std::min(v, 30.0F);
  }
}

RowBank::RowBank(std::size_t neurons, std::size_t bytes)
    : neurons_(neurons), rows_(std::max<std::size_t>(bytes / (neurons * sizeof(float)), 2)) {
  Population population(neurons);
  for (int i = 0; i < 100; ++i) population.step();  // past the start, where all neurons are alike
  values_.reserve((rows_ + 1) * neurons);
  for (std::size_t t = 0; t <= rows_; ++t) {
    population.step();
    values_.insert(values_.end(), population.potentials().begin(), population.potentials().end());
    ids_.insert(ids_.end(), population.fired().begin(), population.fired().end());
    ends_.push_back(ids_.size());
  }
}

}  // namespace neurotape::bench
