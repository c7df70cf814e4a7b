#pragma once
/// \file
/// `experiment_data.h5`: what it says, beside what is there.

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "loader/directory.hpp"
#include "loader/verify/episode_check.hpp"

namespace neurotape::loader {

/// What is in `episodes/`, judged.
struct JudgedRun {
  std::map<std::uint64_t, EpisodePlace> places;  ///< where the loader finds each episode
  std::map<std::uint64_t, EpisodeFacts> facts;   ///< of those that could be opened
  nlohmann::json attributes;                     ///< of `setup.h5`
  std::shared_ptr<Prober> prober;
  bool closed = true;  ///< else the index may lag behind
};

void check_index(const std::filesystem::path& run, const JudgedRun& judged, Findings& findings);

}  // namespace neurotape::loader
