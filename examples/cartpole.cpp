// Learns to balance a pole (cartpole.hpp): a linear policy, improved by the cross-entropy method. Every trial of
// every candidate is an episode of its own, recorded by several threads at once: observations, actions, rewards,
// and how it ended. The learning curve is then read from the recording.
//
//   cartpole [--iterations N] [--candidates N] [--threads N] [output directory]
//
// Cross-entropy method: Rubinstein (1999), Methodol. Comput. Appl. Probab. 1:127-190.

#include "cartpole.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <future>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

#include "arguments.hpp"
#include "neurotape/neurotape.hpp"

namespace {

using Policy = Eigen::Vector4f;

/// One trial, recorded. Observations have one row more than actions: the state in which the trial ended.
double play(neurotape::Episode& episode, std::uint64_t seed, const Policy& policy) {
  auto observation = episode.behavior<float>("observation", {4});
  auto action = episode.behavior<std::int64_t>("action", {});
  auto terminated = episode.behavior<bool>("terminated", {});
  auto truncated = episode.behavior<bool>("truncated", {});
  auto reward = episode.rewards();

  CartPole world(seed);
  double sum_of_rewards = 0;
  CartPole::Outcome outcome{};
  for (std::int64_t t = 0;; ++t) {
    const auto state = world.observe();
    observation.record(t, state);
    if (outcome.terminated || outcome.truncated) return sum_of_rewards;
    const std::int64_t push = policy.dot(Eigen::Map<const Policy>(state.data())) > 0 ? 1 : 0;
    outcome = world.step(push);
    action.record(t, push);
    reward.record(t, outcome.reward);
    terminated.record(t, outcome.terminated);
    truncated.record(t, outcome.truncated);
    sum_of_rewards += outcome.reward;
  }
}

/// Plays one episode with each policy; `threads` of them at a time. Returns their returns.
std::vector<double> play_all(neurotape::Experiment& experiment, const std::vector<Policy>& policies, long iteration,
                             long threads) {
  std::vector<double> returns(policies.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < policies.size(); i = next++) {
      const std::uint64_t seed = static_cast<std::uint64_t>(iteration) * policies.size() + i;
      const auto& p = policies[i];
      auto episode = experiment.start_episode(
          {.seed = seed,
           .attributes = {{"iteration", iteration}, {"candidate", i}, {"policy", {p[0], p[1], p[2], p[3]}}}});
      returns[i] = play(episode, seed, p);
      episode.finish();
    }
  };
  std::vector<std::future<void>> workers;
  for (long i = 0; i < threads; ++i) workers.push_back(std::async(std::launch::async, work));
  for (auto& worker : workers) worker.get();
  return returns;
}

/// The distribution from which candidates are drawn, moved to those that did best.
struct Search {
  Policy mean = Policy::Zero(), deviation = Policy::Ones();
  std::mt19937_64 random{7};

  std::vector<Policy> draw(std::size_t count) {
    std::normal_distribution<float> normal;
    std::vector<Policy> policies(count);
    for (Policy& policy : policies)
      policy = mean + deviation.cwiseProduct(Policy::NullaryExpr([&] { return normal(random); }));
    return policies;
  }

  void learn(const std::vector<Policy>& policies, const std::vector<double>& returns) {
    std::vector<std::size_t> order(policies.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](auto a, auto b) { return returns[a] > returns[b]; });
    Eigen::Matrix<float, 4, Eigen::Dynamic> best(4, policies.size() / 5);
    for (Eigen::Index i = 0; i < best.cols(); ++i) best.col(i) = policies[order[static_cast<std::size_t>(i)]];
    mean = best.rowwise().mean();
    deviation = (best.colwise() - mean).array().square().rowwise().mean().sqrt();
  }
};

/// Plays an episode again: from its seed, the recorded actions must lead to all that was recorded.
bool is_right(const neurotape::EpisodeReader& episode) {
  const auto observation = episode.behavior<float>("observation").all();
  const auto action = episode.behavior<std::int64_t>("action").all();
  const auto terminated = episode.behavior<bool>("terminated").all();
  const auto truncated = episode.behavior<bool>("truncated").all();
  const auto reward = episode.rewards().all();
  const std::size_t steps = action.size();
  if (observation.size() != steps + 1 || terminated.size() != steps || truncated.size() != steps) return false;

  CartPole world(episode.seed().value());
  bool right = reward.size() == steps && std::ranges::equal(observation.row(0), world.observe());
  for (std::size_t t = 0; t < steps; ++t) {
    const auto outcome = world.step(action.values[t]);
    right = right && std::ranges::equal(observation.row(t + 1), world.observe()) &&
            reward.values[t] == outcome.reward && terminated.values[t] == outcome.terminated &&
            truncated.values[t] == outcome.truncated;
  }
  return right && (terminated.values.back() || truncated.values.back());
}

/// Mean return by iteration, from the recording alone.
std::vector<double> read_learning_curve(const neurotape::Run& recorded, std::size_t iterations, double candidates) {
  std::vector<double> curve(iterations);
  for (const auto episode : recorded) {
    if (!is_right(episode)) throw std::runtime_error(episode.id() + " is not what was played");
    const auto reward = episode.rewards().all();
    const double sum = std::accumulate(reward.values.begin(), reward.values.end(), 0.0);
    curve.at(episode.attributes().at("iteration").get<std::size_t>()) += sum / candidates;
  }
  return curve;
}

int run(const Arguments& arguments) {
  const long iterations = arguments.number("--iterations"), candidates = arguments.number("--candidates");
  const long threads = arguments.number("--threads");
  if (iterations < 1 || candidates < 10 || threads < 1) throw std::invalid_argument("needs 10 candidates, 1 thread");

  auto experiment =
      neurotape::Experiment::create(arguments.output(), "cartpole", {.dt = CartPole::kDt_s, .dt_unit = "s"});
  experiment.save_config({{"method", "cross-entropy"}, {"iterations", iterations}, {"candidates", candidates}});
  {
    auto rehearsal = experiment.start_episode({.name = "rehearsal"});
    play(rehearsal, 0, Policy::Ones());
    rehearsal.abort(true);  // true: nothing of it is kept
  }
  Search search;
  for (long iteration = 0; iteration < iterations; ++iteration) {
    const auto policies = search.draw(static_cast<std::size_t>(candidates));
    search.learn(policies, play_all(experiment, policies, iteration, threads));
  }
  experiment.close();

  const neurotape::Run recorded(experiment.path());
  const auto curve =
      read_learning_curve(recorded, static_cast<std::size_t>(iterations), static_cast<double>(candidates));
  std::printf("recorded %zu episodes in %ld threads; mean return by iteration, as read back:\n", recorded.size(),
              threads);
  for (std::size_t i = 0; i < curve.size(); ++i) {
    std::printf("  %2zu %6.1f %s\n", i, curve[i], std::string(static_cast<std::size_t>(curve[i] / 10), '#').c_str());
  }
  const bool learned = *std::ranges::max_element(curve) > 400;
  const bool complete = recorded.size() == static_cast<std::size_t>(iterations * candidates);
  std::printf("%s; the rehearsal was %s\n",
              learned ? "learned: above 400 of 500" : "NOT learned: never above 400 of 500",
              complete ? "discarded" : "NOT discarded, or episodes are missing");
  std::printf("files: %s\n", experiment.path().c_str());
  return learned && complete ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  const char* usage = "[--iterations N] [--candidates N] [--threads N] [DIR]";
  return run(Arguments(argc, argv, usage, {{"--iterations", "10"}, {"--candidates", "40"}, {"--threads", "4"}}));
} catch (const std::exception& error) {
  std::fprintf(stderr, "cartpole: %s\n", error.what());
  return 2;
}
