#include <fmt/format.h>

#include "bench/support/population.hpp"
#include "bench/support/workload.hpp"

namespace neurotape::bench {

Workload make_scalars(std::size_t steps, std::size_t streams) {
  constexpr std::size_t kGroup = 20;
  Workload workload;
  for (std::size_t i = 0; i < streams; ++i)
    workload.series.emplace_back(Kind::behavior, fmt::format("behavior/rate_{:03}", i),
                                 std::vector<Field>{{"values", Dtype::f32, 1, {}}});
  Population population(streams * kGroup);
  std::vector<float> rates(streams);  // spikes a step of a group, averaged over 50 steps
  for (std::size_t t = 0; t < steps; ++t) {
    population.step();
    for (auto& rate : rates) rate *= 0.98F;
    for (const std::uint32_t neuron : population.fired()) rates[neuron / kGroup] += 0.02F;
    for (std::size_t i = 0; i < streams; ++i) {
      workload.series[i].add<float>(0, std::span(&rates[i], 1));
      workload.series[i].end_step();
    }
  }
  return workload;
}

}  // namespace neurotape::bench
