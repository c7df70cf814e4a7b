#pragma once
/// \file
/// `setup.h5`, and the attributes that the index repeats.

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "loader/prober.hpp"
#include "loader/verify/crew.hpp"
#include "loader/verify/findings.hpp"

namespace neurotape::loader {

class File;

/// Attributes of the root of `setup.h5` or of an index; tells those that are missing.
nlohmann::json check_run_attributes(const File& file, const std::string& name, Findings& findings);

/// \returns the attributes of the run; null where they cannot be read
nlohmann::json check_setup(const std::filesystem::path& run, const std::shared_ptr<Prober>& prober, Findings& findings,
                           Crew& crew);

}  // namespace neurotape::loader
