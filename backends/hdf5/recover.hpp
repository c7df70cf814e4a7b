#pragma once
/// \file
/// Tidies a run whose recording was cut off.

#include <filesystem>

#include "neurotape/maintenance.hpp"

namespace neurotape::hdf5 {

/// In place, or in a copy. \throws Error not_found, already_exists, io
RecoveryReport recover_run(const std::filesystem::path& run, const std::filesystem::path& copy_to = {});

}  // namespace neurotape::hdf5
