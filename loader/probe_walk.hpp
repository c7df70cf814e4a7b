#pragma once
/// \file
/// What a prober does with a file: all that a loader will ask HDF5 for.

#include <memory>
#include <string>

#include "loader/file.hpp"

namespace neurotape::loader {

/// Errors that are thrown on the way are the loader's to meet again, and to tell.
/// \param object path of an episode's group; empty: what belongs to no episode
/// \throws std::bad_alloc where something failed for want of memory
void walk(const std::shared_ptr<const File>& file, const std::string& object);

}  // namespace neurotape::loader
