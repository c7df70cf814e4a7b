#include <algorithm>
#include <cmath>
#include <iostream>
#include <numeric>

#include "small_run.hpp"

namespace neurotape::tool {
namespace {

/// Every line of docs/cookbook.md.
class CookbookTest : public SmallRunTest {
 protected:
  void SetUp() override {
    if (!support::have_python()) GTEST_SKIP() << "no python3 with h5py to judge the files";
    std::filesystem::create_directory_symlink(small_run(), directory() / "RUN");
    std::filesystem::create_directory_symlink(small_run(), directory() / "OTHER");
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(directory());
  }
  void TearDown() override {
    if (!before_.empty()) std::filesystem::current_path(before_);
  }
  static void expect_well(const std::vector<std::string>& arguments) {
    std::vector<std::string> all{NEUROTAPE_SOURCE_DIR "/docs/cookbook.md"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto verdict = support::run_python("unit/tools/cookbook_judge.py", all);
    EXPECT_EQ(verdict.status, 0) << verdict.output;
  }

 private:
  std::filesystem::path before_;
};

TEST_F(CookbookTest, EveryCommandAnswers) {
  if (support::run_command("gnuplot --version").status != 0) GTEST_SKIP() << "no gnuplot to draw with";
  const std::string path = std::getenv("PATH") != nullptr ? std::getenv("PATH") : "";
  ::setenv("PATH", (tool().parent_path().string() + ":" + path).c_str(), 1);
  expect_well({"sh"});
  ::setenv("PATH", path.c_str(), 1);
}

TEST_F(CookbookTest, EveryLineOfPythonRuns) {
  text({"pack", "RUN", "-o", "maze.h5"});  // as its command does
  expect_well({"python"});
}

TEST_F(CookbookTest, EveryLineOfCppIsCompiledAndRuns) {
  expect_well({"cpp", NEUROTAPE_SOURCE_DIR "/tests/unit/tools/cookbook_test.cpp"});
  std::ostringstream told;
  auto* const before = std::cout.rdbuf(told.rdbuf());
  const neurotape::Run other("OTHER");
  neurotape::Run run("RUN");
  auto episode = run.episode(0);

  for (const auto& stream : episode.streams()) std::cout << stream.path << ' ' << stream.rows << '\n';

  for (const auto& line : run.episodes()) std::cout << line.id << ' ' << line.status << '\n';

  const double learning_rate = run.config().at("learning_rate");

  const bool sound = neurotape::verify("RUN").faults.empty();

  for (const auto& gap : episode.gaps()) std::cout << gap.stream << ' ' << gap.rows << ' ' << gap.cause << '\n';

  const auto one = run.episode(0).neural_state<float>("v").all(), two = other.episode(0).neural_state<float>("v").all();
  const auto equal = [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  const bool same = one.timesteps == two.timesteps && std::ranges::equal(one.values, two.values, equal);

  const auto so_far = neurotape::outcome_of(episode);
  const auto free = static_cast<double>(std::filesystem::space("RUN").available);
  const double steps_left = free / static_cast<double>(so_far.stored_bytes) * static_cast<double>(so_far.length);
  const double hours_left = steps_left * episode.dt() / 3.6e6;

  do {
    for (const auto& stream : episode.streams()) std::cout << stream.path << ' ' << stream.rows << '\n';
  } while (episode.wait_for_commit(std::chrono::seconds(1)) || episode.is_live());

  const auto some = episode.neural_state<float>("v").between(1, 3);

  const auto pair = episode.neural_state<float>("v").columns({0, 2}).all();

  const auto times = episode.spikes("exc").of({2}).all().timesteps;

  const auto trains = neurotape::spike_trains(episode, "exc");
  for (std::size_t i = 0; i < trains.size(); ++i)
    std::cout << trains.neuron_ids[i] << ' ' << trains.train(i).size() << '\n';

  const auto rates = neurotape::firing_rates(episode, "exc");
  const auto population = neurotape::population_statistics(episode, episode.stream("spikes/exc"));

  const auto binned = neurotape::binned_spikes(episode, "exc", 2);

  const auto changes = episode.weight_changes().all();
  std::vector<std::size_t> most(changes.size());
  std::iota(most.begin(), most.end(), std::size_t{0});
  const auto change = [&](std::size_t i) { return std::abs(changes.new_weights[i] - changes.old_weights[i]); };
  std::ranges::sort(most, std::greater<>(), change);

  const auto where = neurotape::align(episode, "behavior/position", episode.spikes("exc").all().timesteps);

  for (const auto& outcome : neurotape::outcomes(run))
    std::cout << outcome.number << ' ' << outcome.sum_of_rewards << ' ' << outcome.length << '\n';

  for (const auto& event : episode.events())
    std::cout << event.timestep << ' ' << event.type << ' ' << event.data << '\n';

  const auto drawn = episode.spikes("exc").all();
  std::ofstream raster("raster.dat");
  for (std::size_t i = 0; i < drawn.size(); ++i) raster << drawn.timesteps[i] << ' ' << drawn.neuron_ids[i] << '\n';
  std::ofstream("raster.gp") << "set terminal svg\nset output 'raster.svg'\nplot 'raster.dat' with points pt 7\n";
  raster.close();

  for (const auto& batch : neurotape::training_batches(
           run, {.observations = {"neural_states/v"}, .actions = {"behavior/position"}, .batch = 32, .seed = 1}))
    std::cout << batch.size << ' ' << batch.observations.size() << '\n';

  neurotape::pack("RUN", "packed.h5", {.codec = neurotape::Codec::gzip(9)});

  const std::vector<float> somewhere(4 * 3, 0.5F);
  const float* const foreign = somewhere.data();
  auto fresh = neurotape::Experiment::create(".", "elsewhere");
  auto trial = fresh.start_episode();
  auto v = trial.neural_state<float>("v", {3}, {.unit = "mV"});
  for (std::int64_t t = 0; t < 4; ++t) v.record(t, foreign + 3 * t);
  fresh.close();

  std::cout.rdbuf(before);
  EXPECT_EQ(learning_rate, 0.25);
  EXPECT_TRUE(sound && same);
  EXPECT_GT(hours_left, 0);
  EXPECT_EQ(some.size() + pair.size(), 2u + 4u);
  EXPECT_EQ(times.size(), 4u);
  EXPECT_EQ(rates.rates.size(), population.neurons);
  EXPECT_EQ(binned.bins, 2u);
  EXPECT_EQ(changes.synapse_ids[most.at(0)], 77u);
  EXPECT_EQ(where.values.size(), 6u * 2);
  EXPECT_EQ(std::filesystem::file_size("raster.dat"), drawn.size() * 4);
  EXPECT_EQ(neurotape::Run("packed.h5").size(), 3u);
  EXPECT_THAT(told.str(), testing::HasSubstr("2 lesion {\"region\":\"CA3, left\"}"));
}

}  // namespace
}  // namespace neurotape::tool
