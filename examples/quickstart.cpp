// neurotape on one page: record an episode, then read from it.
//
//   quickstart [directory in which "experiments" is made]

// clang-format off
#include <neurotape/neurotape.hpp>
#include <neurotape/eigen.hpp>                           // optional: Eigen in and out
using namespace neurotape::literals;
// clang-format on

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string_view>
#include <vector>

int main(int argc, char** argv) try {
  if (argc > 1 && std::string_view(argv[1]) == "--help")
    return std::puts("usage: quickstart [directory in which \"experiments\" is made]") < 0 ? 1 : 0;
  if (argc > 1) {
    std::filesystem::create_directories(argv[1]);
    std::filesystem::current_path(argv[1]);
  }

  // What a simulator has.
  const std::size_t n = 1'000;
  const std::int64_t steps = 1'000;
  const std::vector<std::uint32_t> ids = {0, 1, 2}, sources = {0, 1}, targets = {1, 2}, fired = {17, 42};
  const std::vector<double> xs = {0.1, 0.2, 0.3};
  const std::vector<float> weights = {0.5f, 0.7f}, v(n, -65.0f);
  const Eigen::Vector3f position(0.5f, 1.5f, 2.5f);
  const std::uint64_t synapse = 1;
  const float w_before = 0.7f, w_after = 0.8f;

  // clang-format off
    auto experiment = neurotape::Experiment::create("experiments", "cartpole",
        {.memory_cap = 500_MB, .codec = neurotape::Codec::blosc("lz4", 5)});
    experiment.save_config({{"learning_rate", 1e-3}, {"network", {{"size", 10'000}}}});
    experiment.save_neurons({{"ids", ids}, {"x", xs}});      // columns by name, any arithmetic type
    experiment.save_connections({{"sources", sources}, {"targets", targets}, {"weights", weights}});

    auto episode = experiment.start_episode();               // episode_0000; RAII: finishes itself
    auto voltage = episode.neural_state<float>("membrane_potential", {n}, {.unit = "mV", .every = 10});
    auto spikes  = episode.spikes("excitatory");
    auto joint   = episode.behavior<float>("position", {3}, {.unit = "m"});
    auto reward  = episode.rewards();
    auto plastic = episode.weight_changes();
    for (std::int64_t t = 0; t < steps; ++t) {
        voltage.record(t, v);                                // span, vector, Eigen vector, pointer
        spikes.record(t, fired);                             // neuron ids of this timestep
        joint.record(t, position);
        reward.record(t, 0.5);
        plastic.record(t, synapse, w_before, w_after);       // one; or spans of many
    }
    episode.log_event("lesion", 500, {{"region", "CA3"}});
    episode.finish();                                        // seals and returns; does not wait for the disk
    experiment.close();                                      // waits, writes the index, throws what went wrong

    neurotape::Run run(experiment.path());
    auto some  = run.episode(0).neural_state<float>("membrane_potential").between(500, 900);  // timesteps, values
    auto train = run.episode(0).spikes("excitatory").between(0, 1000);                        // timesteps, neuron_ids
  // clang-format on

  std::printf("read back %zu rows of %llu membrane potentials, timesteps %lld to %lld, and %zu spikes\n", some.size(),
              static_cast<unsigned long long>(some.shape.values()), static_cast<long long>(some.timesteps.front()),
              static_cast<long long>(some.timesteps.back()), train.size());
  std::printf("files: %s\n", std::filesystem::absolute(experiment.path()).c_str());
  return some.size() == 40 && (neurotape::as_matrix(some).array() == -65.0f).all() && train.size() == 2'000 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "quickstart: %s\n", error.what());
  return 2;
}
