#pragma once
/// \file
/// A Python process that is asked to do something and says how long it took.

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/types.h>
#include <vector>

#include "bench/support/bench.hpp"

namespace neurotape::bench {

/// Runs a script of bench/peers. It reads a line of JSON from its input, does what the line says and answers with one;
/// its own clock runs around the work only, so that neither its start nor the pipe counts.
class PythonPeer {
 public:
  /// \param package what the script is to use: its only argument.
  PythonPeer(const std::string& script, const std::string& package);
  PythonPeer(const PythonPeer&) = delete;
  PythonPeer& operator=(const PythonPeer&) = delete;
  ~PythonPeer();

  /// What it can do, as the script says first of all. Empty, and `missing` says why, where the package is not there.
  const std::vector<std::string>& abilities() const noexcept { return abilities_; }
  const std::string& missing() const noexcept { return missing_; }

  /// Sets all numbers of the answer as figures. \returns its `seconds`. Throws when there is no such answer.
  double ask(Figures& figures, const nlohmann::json& question);

 private:
  void start(const std::string& script, const std::string& package);
  nlohmann::json answer();

  pid_t child_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
  std::vector<std::string> abilities_;
  std::string missing_;
};

}  // namespace neurotape::bench
