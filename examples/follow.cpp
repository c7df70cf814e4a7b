// An online analysis: follows a run while another program records it, and sees each row once, within a commit.
//
//   follow RUN                 a run that is being recorded: the rate of its first population, commit by commit
//   follow [directory]         the same, with a simulation of its own in another thread

#include <chrono>
#include <cstdio>
#include <neurotape/neurotape.hpp>
#include <thread>

#include "arguments.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kSteps = 2'000;
constexpr int kStepsATime = 100;

/// Neuron t % 100 fires in timestep t, 10 times.
void simulate(neurotape::Experiment& experiment, neurotape::Episode& episode, neurotape::SpikeStream& spikes) {
  for (std::int64_t t = 0; t < kSteps; ++t) {
    spikes.record(t, std::vector<std::int64_t>(10, t % 100));
    if (t % kStepsATime == kStepsATime - 1) experiment.flush();  // a long simulation leaves it to commit_interval
  }
  episode.finish();
  experiment.close();
}

std::uint64_t follow(neurotape::EpisodeReader episode) {
  const auto populations = episode.streams();
  const auto first = std::find_if(populations.begin(), populations.end(),
                                  [](const auto& stream) { return stream.kind == neurotape::StreamKind::spikes; });
  if (first == populations.end()) throw std::runtime_error("no spikes in " + episode.id());
  const std::string name = first->path.substr(first->path.find('/') + 1);
  std::uint64_t seen = 0;
  do {
    const auto spikes = episode.spikes(name);
    const auto fresh = spikes.since(seen);  // only what no look before has had
    seen = spikes.rows();
    if (fresh.empty()) continue;
    const auto steps = fresh.timesteps.back() - fresh.timesteps.front() + 1;
    std::printf("timesteps %lld to %lld: %.2f spikes a step\n", static_cast<long long>(fresh.timesteps.front()),
                static_cast<long long>(fresh.timesteps.back()),
                static_cast<double>(fresh.size()) / static_cast<double>(steps));
  } while (episode.wait_for_commit(10s) || episode.is_live());
  std::printf("%s is %s\n", episode.id().c_str(), episode.status().c_str());
  return seen;
}

}  // namespace

int main(int argc, char** argv) try {
  const Arguments arguments(argc, argv, "[RUN or directory in which one is made]", {});
  if (std::filesystem::exists(arguments.output() / "setup.h5")) {
    const neurotape::Run run(arguments.output());
    return follow(run.episode(run.numbers().back())) > 0 ? 0 : 1;
  }
  auto experiment = neurotape::Experiment::create(arguments.output(), "followed");
  auto episode = experiment.start_episode();
  auto spikes = episode.spikes("all");
  spikes.record(-1, 0);
  experiment.flush();  // from its first commit on, others see the episode
  std::jthread simulation([&] { simulate(experiment, episode, spikes); });
  const auto seen = follow(neurotape::Run(experiment.path()).episode(0));
  std::printf("files: %s\n", experiment.path().c_str());
  return seen == 10 * kSteps + 1 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "follow: %s\n", error.what());
  return 2;
}
