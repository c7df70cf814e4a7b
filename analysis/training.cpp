#include <algorithm>
#include <fmt/format.h>
#include <future>
#include <neurotape/training.hpp>
#include <numeric>
#include <random>

#include "analysis/steps.hpp"

namespace neurotape {
namespace {

using analysis::EpisodeSteps;

void shuffle(auto& items, std::mt19937_64& generator) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[generator() % i]);
}

/// A window that has not been given away.
struct Window {
  std::size_t episode;  ///< in its group
  std::size_t first;    ///< step
};

/// Some episodes, and the windows in them in the order in which they are given away.
struct Group {
  std::vector<EpisodeSteps> episodes;
  std::vector<Window> windows;
};

class Batches {
 public:
  Batches(Run run, TrainingOptions options) : run_(std::move(run)), options_(std::move(options)) {
    order_ = options_.episodes.empty() ? run_.numbers() : options_.episodes;
    if (options_.seed) {
      generator_.seed(*options_.seed);
      shuffle(order_, generator_);
    }
    read_ahead();
  }

  bool next(TrainingBatch& batch) {
    batch = {};
    batch.length = options_.length;
    while (batch.size < options_.batch && has_window()) add(batch, group_.windows[next_window_++]);
    return batch.size != 0;
  }

 private:
  bool has_window() {
    while (next_window_ == group_.windows.size()) {
      if (!coming_.valid()) return false;
      group_ = coming_.get();
      for (const auto& episode : group_.episodes) require_same_widths(episode);
      if (options_.seed) shuffle(group_.windows, generator_);
      next_window_ = 0;
      read_ahead();
    }
    return true;
  }

  /// A batch has one width.
  void require_same_widths(const EpisodeSteps& episode) {
    if (widths_.empty()) widths_ = episode.widths;
    for (std::size_t i = 0; i < episode.widths.size(); ++i) {
      if (episode.widths[i] == widths_[i]) continue;
      const auto observations = options_.observations.size();
      throw Error(ErrorCode::wrong_shape,
                  fmt::format("its rows have {} values, those of episodes before {}", episode.widths[i], widths_[i]),
                  {.episode = run_.episode(episode.episode).id(),
                   .stream = i < observations ? options_.observations[i] : options_.actions[i - observations]});
    }
  }

  void read_ahead() {
    if (next_episode_ == order_.size()) return;
    const auto count = std::min(options_.episodes_in_memory, order_.size() - next_episode_);
    const auto begin = order_.begin() + static_cast<std::ptrdiff_t>(next_episode_);
    coming_ = std::async(
        std::launch::async,
        [this, numbers = std::vector(begin, begin + static_cast<std::ptrdiff_t>(count))] { return read(numbers); });
    next_episode_ += count;
  }

  /// The one function of the other thread: uses what is constant.
  Group read(const std::vector<std::uint64_t>& numbers) const {
    Group group;
    for (const auto number : numbers) {
      group.episodes.push_back(analysis::steps_of(run_.episode(number), options_));
      const std::size_t steps = group.episodes.back().timesteps.size();
      if (steps < options_.length) continue;
      const std::size_t last = steps - options_.length;
      for (std::size_t first = 0;; first += options_.stride) {
        group.windows.push_back({group.episodes.size() - 1, first});
        if (options_.stride > last - first) break;
      }
    }
    return group;
  }

  void add(TrainingBatch& batch, Window window) const {
    const auto& from = group_.episodes[window.episode];
    const auto copy = [&](const auto& values, std::size_t width, std::size_t shift, auto& to) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>((window.first + shift) * width);
      to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(batch.length * width));
    };
    batch.observation_width = from.observation_width;
    batch.action_width = from.action_width;
    copy(from.observations, from.observation_width, 0, batch.observations);
    copy(from.observations, from.observation_width, 1, batch.next_observations);
    copy(from.actions, from.action_width, 0, batch.actions);
    copy(from.rewards, 1, 0, batch.rewards);
    copy(from.terminated, 1, 0, batch.terminated);
    copy(from.truncated, 1, 0, batch.truncated);
    batch.episodes.push_back(from.episode);
    batch.timesteps.push_back(from.timesteps[window.first]);
    ++batch.size;
  }

  const Run run_;
  const TrainingOptions options_;
  std::mt19937_64 generator_;
  std::vector<std::uint64_t> order_;
  std::size_t next_episode_ = 0;
  Group group_;
  std::size_t next_window_ = 0;
  std::vector<std::size_t> widths_;  ///< of the first episode with steps
  std::future<Group> coming_;        ///< last: whoever reads it is waited for before the rest goes
};

}  // namespace

Parts<TrainingBatch> training_batches(const Run& run, const TrainingOptions& options) {
  const bool has_sizes =
      options.length != 0 && options.stride != 0 && options.batch != 0 && options.episodes_in_memory != 0;
  if (options.observations.empty() || !has_sizes)
    throw Error(ErrorCode::invalid_argument,
                "batches need observations, and a length, stride, size and number of episodes that are not 0");
  return Parts<TrainingBatch>(
      [batches = std::make_shared<Batches>(run, options)](TrainingBatch& batch) { return batches->next(batch); });
}

}  // namespace neurotape
