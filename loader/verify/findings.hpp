#pragma once
/// \file
/// What a verification has found so far.

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "loader/hdf5_call.hpp"
#include "neurotape/maintenance.hpp"

namespace neurotape::loader {

/// Thread safety: any thread may call anything.
class Findings {
 public:
  Findings() = default;
  /// \param on_progress as in `VerifyOptions`
  explicit Findings(std::function<void(const Verified&)> on_progress) : on_progress_(std::move(on_progress)) {}
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;

  void add(Fault fault);
  void count(const Verified& more);
  /// An episode counts once, also where a copy of it has been left in another file.
  /// \param finished of several copies, one is enough
  void count_episode(const std::string& id, bool finished);
  /// Takes what another one has.
  void take(Findings& other);

  std::vector<Fault> sorted_faults();
  Verified counted() const;
  bool any() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Fault> faults_;
  Verified counted_;
  std::map<std::string, bool> episodes_;  // whether it is finished
  std::function<void(const Verified&)> on_progress_;
};

/// What an error says, without the place, which a fault has fields for.
std::string cause_of(const Error& error);

}  // namespace neurotape::loader
