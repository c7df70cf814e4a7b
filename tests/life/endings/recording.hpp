#pragma once
/// \file
/// A recording that its program leaves in some way.

#include <neurotape/neurotape.hpp>
#include <string>

namespace neurotape::endings {

inline constexpr int kSafe = 20;  ///< rows that a flush has made safe
inline constexpr int kMore = 10;

struct Recording {
  explicit Recording(const std::string& directory)
      : experiment(Experiment::create(directory, "run", {.n_workers = 1, .codec = Codec::gzip(1)})),
        episode(experiment.start_episode()),
        rewards(episode.rewards()) {}

  void record(int rows) {
    for (int i = 0; i < rows; ++i, ++t) rewards.record(t, static_cast<double>(t) / 4);
  }
  void record_all() {
    record(kSafe);
    experiment.flush();
    record(kMore);
  }
  void close() {
    episode.finish();
    experiment.close();
  }

  Experiment experiment;
  Episode episode;
  RewardStream rewards;
  int t = 0;
};

}  // namespace neurotape::endings
