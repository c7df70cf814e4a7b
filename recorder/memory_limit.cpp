#include "recorder/memory_limit.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace neurotape {
namespace {

std::optional<std::size_t> limit_of(const std::filesystem::path& group) {
  std::ifstream file(group / "memory.max");
  std::size_t bytes = 0;
  if (file >> bytes) return bytes;  // "max" is not a number: no limit
  return {};
}

}  // namespace

std::optional<std::size_t> memory_limit_bytes(const std::filesystem::path& self, const std::filesystem::path& root) {
  std::ifstream file(self);
  std::optional<std::size_t> smallest;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("0::/")) continue;
    for (auto group = root / line.substr(4);; group = group.parent_path()) {
      if (const auto limit = limit_of(group)) smallest = std::min(smallest.value_or(*limit), *limit);
      if (group == root || !group.has_relative_path()) break;
    }
  }
  return smallest;
}

}  // namespace neurotape
