#pragma once
/// \file
/// Copies of whole directories.

#include <filesystem>

namespace neurotape::io {

/// All files at and below `from`, also through links. What is no file and no directory is left out.
/// \param to is made. \throws Error io, which names the file; what was copied stays
void copy_directory(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace neurotape::io
