#pragma once
/// \file
/// How far files are trusted that are read.

#include <filesystem>

namespace neurotape {

/// How far the files of a run are trusted. In either case what they claim is checked before it is believed, links that
/// lead out of a file are not followed, and nothing is written.
enum class Trust {
  /// HDF5 opens them in this process. HDF5 1.10 has errors of its own: a file made for it can end the program.
  full,
  /// For files of unknown origin: another process opens each file and each episode first, reads what `Run` will read of
  /// it, and has 4 seconds and 1 GiB of memory for each. Where it crashes, stalls or needs more, the file is reported as
  /// damaged, with what happened, and not opened here. Costs a few milliseconds for a run, to start the process, and for
  /// each file or episode about as much again as opening it: one to three milliseconds.
  none,
};

/// How a run is opened.
struct RunOptions {
  Trust trust = Trust::full;
  /// The command `neurotape`, which is that other process: a path, or a name to be found in PATH. Unused with
  /// `Trust::full`.
  std::filesystem::path prober = "neurotape";
};

}  // namespace neurotape
