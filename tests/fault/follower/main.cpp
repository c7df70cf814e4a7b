// Follows a run that fault_victim records, with the loader: reads what is new after each commit, and compares it with
// what it must be.
//
//   fault_follower serve
//   fault_follower RUN follow|reopen
//
// Lines: {"looks": 7} after each look, with "advanced" where the episode has grown; at the end {"looks", "rows": {stream:
// rows}, "status", "episodes", "wrong": [text]}. Ends when the run is no longer recorded and standard input has ended.

#include <chrono>
#include <iostream>
#include <map>
#include <neurotape/neurotape.hpp>
#include <set>

#include "tests/fault/served.hpp"

namespace {

using namespace neurotape;
using namespace std::chrono_literals;

constexpr std::size_t kLeastRewards = 5;        // of an episode that was finished
constexpr std::size_t kMostSmallEpisodes = 20;  // in one look: the next commit of the large one is due

class Follower {
 public:
  Follower(Run run, bool reopens) : run_(std::move(run)), reopens_(reopens), episode_(run_.episode(0)) {}

  void run() {
    do {
      look();
    } while (wait() || episode_.is_live());
    std::cin.get();
    episode_.refresh();
    look();
    while (check_new_episodes()) {
    }
    nlohmann::json end{{"looks", looks_}, {"rows", seen_}, {"status", episode_.status()}};
    end.update({{"episodes", small_.size()}, {"wrong", wrong_}});
    std::cout << end.dump() << std::endl;
  }

 private:
  bool wait() {
    if (!reopens_) return episode_.wait_for_commit(20ms);
    episode_ = Run(run_.path()).episode(0);
    return false;
  }

  void look() {
    bool grew = false;
    for (const auto& stream : episode_.streams()) {
      const auto before = seen_[stream.path];
      if (stream.rows < before) fault(stream.path + " became shorter");
      check(stream, before);
      grew = grew || stream.rows > before;
      seen_[stream.path] = stream.rows;
    }
    run_.refresh();
    check_new_episodes();
    nlohmann::json line{{"looks", ++looks_}};
    if (grew) line["advanced"] = true;
    std::cout << line.dump() << std::endl;
  }

  void check(const StreamInfo& stream, std::uint64_t before) {
    if (stream.path.starts_with("neural_states/v")) {
      check_dense(stream.path.substr(14), std::stoll(stream.path.substr(15)), before);
    } else if (stream.kind == StreamKind::rewards) {
      const auto rows = episode_.rewards().since(before);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto t = static_cast<std::int64_t>(before + i);
        if (rows.timesteps[i] != t || rows.values[i] != static_cast<double>(t) / 4) return fault("wrong rewards");
      }
    } else if (stream.kind == StreamKind::spikes) {
      const auto rows = episode_.spikes("p").since(before);
      // Two in each timestep, in any order where they come from several lanes.
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto t = static_cast<std::uint64_t>(rows.timesteps[i]);
        const bool is_second = (before + i) % 2 != 0;
        const bool is_other = is_second && i > 0 && rows.neuron_ids[i] == rows.neuron_ids[i - 1];
        if (t != (before + i) / 2 || rows.neuron_ids[i] - t > 1 || is_other) return fault("wrong spikes");
      }
    } else if (stream.kind == StreamKind::weight_changes) {
      const auto rows = episode_.weight_changes().since(before);
      for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows.synapse_ids[i] != before + i || rows.new_weights[i] != static_cast<float>(before + i) / 2)
          return fault("wrong weight changes");
    }
  }

  void check_dense(const std::string& name, std::int64_t shift, std::uint64_t before) {
    const auto stream = episode_.neural_state<float>(name);
    const auto rows = stream.since(before);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto t = rows.timesteps[i];
      const auto [expected, is_first] = next_.try_emplace(name, t);
      if (!is_first && t != expected->second) return fault("wrong timesteps in " + name);
      expected->second = t + 1;
      for (std::size_t c = 0; c < rows.row(i).size(); ++c)
        if (rows.row(i)[c] != static_cast<float>(t * 31 + static_cast<std::int64_t>(c) + shift))
          return fault("wrong values in " + name);
    }
  }

  /// \returns whether there was one. Any number may be new: a list can lack some that are being moved.
  bool check_new_episodes() {
    const auto before = small_.size();
    for (const auto number : run_.numbers()) {
      if (number == 0 || small_.contains(number)) continue;
      if (small_.size() - before == kMostSmallEpisodes) break;
      const auto episode = run_.episode(number);
      const auto rewards = episode.rewards().all();
      const bool is_cut_off = episode.status() != "complete";
      const auto is_right = [&] {
        for (std::size_t i = 0; i < rewards.size(); ++i)
          if (rewards.values[i] != static_cast<double>(i) / 4) return false;
        return is_cut_off || rewards.size() >= kLeastRewards;
      };
      if (!is_right()) fault("wrong rewards in episode " + std::to_string(number));
      small_.insert(number);
    }
    return small_.size() > before;
  }

  void fault(const std::string& text) { wrong_.push_back(text); }

  Run run_;
  bool reopens_;
  EpisodeReader episode_;
  std::map<std::string, std::uint64_t> seen_;
  std::map<std::string, std::int64_t> next_;  ///< timesteps of dense streams
  std::vector<std::string> wrong_;
  int looks_ = 0;
  std::set<std::uint64_t> small_;  ///< episodes that were looked at
};

int program(int argc, char** argv) try {
  if (argc != 3) return 2;
  Follower(Run(argv[1]), std::string_view(argv[2]) == "reopen").run();
  return 0;
} catch (const std::exception& error) {
  std::cerr << "fault_follower: " << error.what() << "\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) { return neurotape::fault::run_or_serve(argc, argv, program); }
