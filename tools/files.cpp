#include <filesystem>

#include "tools/commands.hpp"

namespace neurotape::tools {

Json file_bytes(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    const auto size = std::filesystem::file_size(path, error);
    return error ? Json() : Json(size);
  }
  std::uintmax_t sum = 0;
  // A file that goes while it is being recorded counts nothing.
  for (std::filesystem::recursive_directory_iterator entry(path, error), end; entry != end; entry.increment(error)) {
    std::error_code gone;
    const bool is_file = entry->is_regular_file(gone) && !entry->is_symlink(gone);
    const auto size = is_file ? entry->file_size(gone) : 0;
    if (!gone) sum += size;
  }
  return sum;
}

}  // namespace neurotape::tools
