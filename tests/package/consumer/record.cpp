// Records and reads back, so that a library that is left out of the link is noticed.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <neurotape/neurotape.hpp>
#include <vector>

using namespace neurotape::literals;

namespace {

constexpr std::int64_t kSteps = 1'000;

std::filesystem::path record(const neurotape::Codec& codec) {
  auto experiment = neurotape::Experiment::create("runs", "consumer", {.memory_cap = 64_MB, .codec = codec});
  auto episode = experiment.start_episode();
  auto voltage = episode.neural_state<float>("voltage", {4}, {.every = 1});
  auto spikes = episode.spikes("all");
  std::vector<float> row(4);
  for (std::int64_t t = 0; t < kSteps; ++t) {
    row.assign(4, static_cast<float>(t));
    voltage.record(t, row);
    spikes.record(t, std::vector<std::uint32_t>{1, 3});
  }
  episode.finish();
  experiment.close();
  return experiment.path();
}

bool reads_back(const std::filesystem::path& path) {
  const neurotape::Run run(path);
  const auto spikes = run.episode(0).spikes("all").between(10, 20);
  const auto voltage = run.episode(0).neural_state<float>("voltage").between(0, kSteps);
  return spikes.neuron_ids.size() == 20 && voltage.timesteps.size() == kSteps &&
         voltage.timesteps[kSteps - 1] == kSteps - 1;
}

}  // namespace

int main() {
  std::filesystem::remove_all("runs");
  std::filesystem::create_directory("runs");
  const neurotape::Codec codecs[] = {neurotape::Codec::none(), neurotape::Codec::gzip(1), neurotape::Codec::gzip(6),
                                     neurotape::Codec::lzf(), neurotape::Codec::blosc()};
  for (const auto& codec : codecs) {
    const bool right = reads_back(record(codec));
    std::printf("%s: %s\n", codec.to_string().c_str(), right ? "as recorded" : "WRONG");
    if (!right) return 1;
  }
  return 0;
}
