#pragma once
/// \file
/// The directory of a run, looked at as a whole.

#include <filesystem>
#include <memory>

#include "loader/prober.hpp"
#include "loader/verify/crew.hpp"
#include "loader/verify/findings.hpp"

namespace neurotape::loader {

/// Fills `left_behind` and `being_recorded` of the report; the rest goes to the findings.
void check_run(const std::filesystem::path& run, const std::shared_ptr<Prober>& prober, VerifyReport& report,
               Findings& findings, Crew& crew);

}  // namespace neurotape::loader
