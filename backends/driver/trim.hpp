#pragma once
/// \file
/// The reserve of a file whose writer died.

#include <cstdint>
#include <filesystem>

namespace neurotape::driver {

struct Trimmed {
  std::uint64_t bytes = 0;  ///< given back; 0 where there is no reserve, or where it is not known where it begins
  int error_number = 0;
};

/// Gives the reserve back. The file is right at every moment of it. May be repeated; nobody may be writing the file.
Trimmed trim(const std::filesystem::path& path);

}  // namespace neurotape::driver
