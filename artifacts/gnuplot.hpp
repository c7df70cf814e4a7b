#pragma once
/// \file
/// The program that draws.

#include <string>
#include <string_view>

namespace neurotape::artifacts {

/// Runs gnuplot with a script. \returns what it writes to its standard output
/// \throws Error unsupported: there is none; io: what it says went wrong
std::string run_gnuplot(const std::string& script);

/// A string of gnuplot in which nothing has a meaning: between double quotes, what is in backquotes would be run.
std::string gnuplot_string(std::string_view text);

}  // namespace neurotape::artifacts
