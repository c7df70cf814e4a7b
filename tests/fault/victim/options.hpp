#pragma once
/// \file
/// What the programs that meet faults have in common: their command line, and how they tell what they know.

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/fault/victim/faults.hpp"

namespace neurotape::fault {

/// A line on standard output, at once and whole, so that nothing is told that has not happened.
void tell(const nlohmann::json& line);

using Options = std::map<std::string, std::string>;

/// `name=value` after the directory; only names that have a default. \throws std::invalid_argument
Options options_of(int argc, char** argv, Options defaults);

/// Of the options `deed`, `at`, `times`, `errno`, `call` and `page`; deed=count counts calls and harms none.
Plan plan_of(const Options& options);

/// The defaults of what plan_of() reads: no fault.
Options with_no_fault(Options options);

}  // namespace neurotape::fault
