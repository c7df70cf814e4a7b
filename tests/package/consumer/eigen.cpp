// Eigen in and out, with what the package's component `eigen` brings.
#include <cstdint>
#include <filesystem>
#include <neurotape/eigen.hpp>
#include <neurotape/neurotape.hpp>

int main() {
  std::filesystem::remove_all("runs");
  std::filesystem::create_directory("runs");
  auto experiment = neurotape::Experiment::create("runs", "eigen");
  auto episode = experiment.start_episode();
  auto voltage = episode.neural_state<float>("voltage", {3}, {.every = 1});
  for (std::int64_t t = 0; t < 10; ++t) voltage.record(t, Eigen::VectorXf::Constant(3, static_cast<float>(t)).eval());
  episode.finish();
  experiment.close();

  const neurotape::Run run(experiment.path());
  const auto matrix = neurotape::read_matrix(run.episode(0).neural_state<float>("voltage"));
  return matrix.rows() == 10 && matrix(9, 2) == 9.0F ? 0 : 1;
}
