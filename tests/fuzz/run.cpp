// Runs of which one file has a few bytes changed: index, setup, or a segment of episodes. They are read, verified and
// recovered.

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <neurotape/neurotape.hpp>

#include "tests/fuzz/in_child.hpp"

namespace {

namespace fs = std::filesystem;
namespace fuzz = neurotape::fuzz;
using Bytes = std::vector<std::uint8_t>;

/// A sound run, recorded by another process: this one has no threads.
class Base {
 public:
  Base() {
    fs::create_directories(directory_);
    const pid_t child = fork();
    if (child == 0) {
      record();
      _exit(0);
    }
    waitpid(child, nullptr, 0);
    for (const auto& entry : fs::directory_iterator(directory_)) run_ = entry.path();
    for (const auto* name : {"experiment_data.h5", "setup.h5", "episodes/segment_0000.h5"}) {
      std::ifstream file(run_ / name, std::ios::binary);
      files_.emplace_back(name, Bytes{std::istreambuf_iterator<char>(file), {}});
      if (files_.back().second.empty()) std::abort();
    }
  }
  ~Base() {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }
  Base(const Base&) = delete;
  Base& operator=(const Base&) = delete;

  /// All files as they were, but for the one that the first byte chooses.
  const fs::path& changed(std::span<const std::uint8_t> choices) const {
    fs::remove_all(run_);
    fs::create_directories(run_ / "episodes");
    for (std::size_t i = 0; i < files_.size(); ++i) {
      auto [name, bytes] = files_[i];
      if (i == choices[0] % files_.size()) fuzz::change(bytes, choices.subspan(1));
      std::ofstream(run_ / name, std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    return run_;
  }

 private:
  void record() const {
    auto experiment = neurotape::Experiment::create(directory_, "run", {.memory_cap = 16'000'000});
    experiment.save_config({{"learning_rate", 0.25}, {"nested", {{"a", {1, 2, 3}}}}});
    experiment.save_neurons({{"ids", std::vector<int>{1, 2, 3}}});
    for (int i = 0; i < 3; ++i) {
      auto episode = experiment.start_episode({.seed = 7, .attributes = {{"maze", "T"}}});
      auto dense = episode.neural_state<float>("v", {4});
      auto spikes = episode.spikes("p");
      auto rewards = episode.rewards();
      for (int t = 0; t < 40; ++t) {
        dense.record(t, std::vector<float>(4, static_cast<float>(t)));
        spikes.record(t, std::vector<int>{t, t + 1});
        rewards.record(t, 0.5);
      }
      episode.log_event("mark", 3, {{"t", 3}});
      episode.finish();
    }
    experiment.close();
  }

  fs::path directory_ = fs::temp_directory_path() / ("neurotape_fuzz_run_" + std::to_string(getpid()));
  fs::path run_;
  std::vector<std::pair<std::string, Bytes>> files_;
};

void use(const fs::path& path) {
  fuzz::attempt([&] {
    const neurotape::Run run(path);
    run.config().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    for (const auto& line : run.episodes())
      fuzz::attempt([&] {
        const auto episode = run.episode(line.number);
        fuzz::attempt([&] { episode.neural_state<float>("v").all(); });
        fuzz::attempt([&] { episode.spikes("p").between(10, 60); });
        fuzz::attempt([&] { episode.events(); });
      });
  });
  fuzz::attempt([&] { neurotape::verify(path, {.jobs = 1}); });
  fuzz::attempt([&] { neurotape::recover(path); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const Base base;
  const auto& path = base.changed({data, size});
  fuzz::in_child([&] { use(path); });
  return 0;
}
