#pragma once
/// \file
/// The program that draws.

#include <string>

namespace neurotape::artifacts {

/// Runs gnuplot with a script. \returns what it writes to its standard output
/// \throws Error unsupported: there is none; io: what it says went wrong
std::string run_gnuplot(const std::string& script);

}  // namespace neurotape::artifacts
