#pragma once
/// \file
/// Tidies a run whose recording was cut off.

#include <filesystem>

#include "neurotape/maintenance.hpp"

namespace neurotape::hdf5 {

/// In place. \throws Error not_found, already_exists, io
RecoveryReport recover_run(const std::filesystem::path& run);

}  // namespace neurotape::hdf5
