#pragma once
/// \file
/// A Python process that is asked to do something and says how long it took.

#include <cstdio>
#include <string>
#include <sys/types.h>

namespace neurotape::bench {

/// Runs a script of bench/support with the Python that has h5py. It reads a line from its input, does what the
/// line says and answers with a line; its own clock runs around the work only, so that neither its start nor
/// the pipe counts.
class PythonPeer {
 public:
  /// Whether there is a Python with h5py: the build looks for one (NEUROTAPE_PYTHON), the environment may name another.
  static bool available();

  explicit PythonPeer(const std::string& script);
  PythonPeer(const PythonPeer&) = delete;
  PythonPeer& operator=(const PythonPeer&) = delete;
  ~PythonPeer();

  /// The answer is a number of seconds and the bytes that came of it. Throws when there is no such answer.
  struct Answer {
    double seconds = 0;
    double bytes = 0;
  };
  Answer ask(const std::string& line);

 private:
  void start(const std::string& script);

  pid_t child_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

}  // namespace neurotape::bench
