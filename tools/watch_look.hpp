#pragma once
/// \file
/// What one look at a run that is being recorded shows, as JSON, with rates since the look before.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tools/followed_run.hpp"
#include "tools/output.hpp"

namespace neurotape::tools {

class Looks {
 public:
  explicit Looks(FollowedRun run) : run_(std::move(run)) {}

  /// The next look. Its member `ended` says how the run ended: "finished", "died"; null while it goes on.
  Json next();
  bool has_news() { return run_.has_news(); }
  /// Whether a process records the run at this moment.
  bool is_recorded() const { return run_.run().is_live(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Moment {
    Clock::time_point time;
    std::uint64_t rows = 0;
    std::map<std::string, std::uint64_t> rows_of_streams;
  };

  Json stream(const std::string& path, const StreamSum& sum, const Moment& now) const;
  /// A second, since the look before; null at the first one.
  Json rate(std::uint64_t before, std::uint64_t after, Clock::time_point now) const;
  Json elapsed_seconds();

  FollowedRun run_;
  std::uint64_t number_ = 0;
  std::optional<Moment> before_;
  std::optional<double> elapsed_seconds_;
};

}  // namespace neurotape::tools
