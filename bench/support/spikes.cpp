#include "bench/support/population.hpp"
#include "bench/support/workload.hpp"

namespace neurotape::bench {

Workload make_spikes(std::size_t steps) {
  constexpr std::size_t kNeurons = 1'000'000;
  constexpr int kSettling = 150;
  Workload workload{{{Kind::spikes, "spikes/all", {{"neuron_ids", Dtype::u32, 1, {}}}}}};
  auto& spikes = workload.series[0];
  Population population(kNeurons, 3.5F);
  for (int i = 0; i < kSettling; ++i) population.step();
  for (std::size_t t = 0; t < steps; ++t) {
    population.step();
    spikes.add(0, population.fired());
    spikes.end_step();
  }
  return workload;
}

}  // namespace neurotape::bench
