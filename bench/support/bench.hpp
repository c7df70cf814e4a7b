#pragma once
/// \file
/// What every benchmark here is made of: a name, and a function that measures once.
/// `main` is in bench.cpp; a program only defines `register_benchmarks`.

#include <benchmark/benchmark.h>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace neurotape::bench {

enum class Scale {
  tiny,   ///< does it work at all; the figures mean nothing
  quick,  ///< all programs in two minutes
  full,   ///< what results are quoted from
};

struct Options {
  Scale scale = Scale::full;
  std::filesystem::path directory;  ///< where recordings go; they are removed again
  double gigabytes = 0;             ///< of raw data that throughput is measured with; 0: by `scale`

  template <class T>
  T pick(T tiny, T quick, T full) const {
    return scale == Scale::tiny ? tiny : scale == Scale::quick ? quick : full;
  }
  /// The same for what `gigabytes` may set.
  std::size_t raw_bytes(std::size_t tiny, std::size_t quick, std::size_t full) const {
    return gigabytes > 0 ? static_cast<std::size_t>(gigabytes * 1e9) : pick(tiny, quick, full);
  }
};
const Options& options();

using Figures = benchmark::UserCounters;

/// Adds a benchmark. `measure` runs once per repetition, sets what it is to report (the unit is part of the
/// name: "p99_ns") and returns the seconds measured, so that its preparations do not count. An exception
/// fails the benchmark and, at the end, the program.
void add(const std::string& name, std::function<double(Figures&)> measure);

/// Each program's own: calls `add`, after making what the benchmarks share.
void register_benchmarks();

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// A new directory under `options().directory`, removed with all that is in it.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory();

  const std::filesystem::path& path() const noexcept { return path_; }
  double bytes() const;  ///< of all files in it
  double files() const;  ///< how many

 private:
  std::filesystem::path path_;
};

}  // namespace neurotape::bench
