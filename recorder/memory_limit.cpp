#include "recorder/memory_limit.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace neurotape {
namespace {

std::optional<std::size_t> number_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::size_t bytes = 0;
  if (file >> bytes) return bytes;  // "max" is not a number: no limit
  return {};
}

}  // namespace

ControlGroups& control_groups() {
  static ControlGroups groups;
  return groups;
}

std::optional<std::size_t> memory_limit_bytes(const ControlGroups& groups) {
  std::ifstream file(groups.self);
  std::optional<std::size_t> smallest;
  for (std::string line; std::getline(file, line);) {  // "4:cpu,memory:/group" of version 1, "0::/group" of version 2
    const auto controllers = line.find(':') + 1;
    const auto path = line.find(":/", controllers);
    if (controllers == 0 || path == std::string::npos) continue;
    const bool is_second = path == controllers;
    if (!is_second && line.substr(controllers, path - controllers).find("memory") == std::string::npos) continue;
    const auto root = is_second ? groups.root : groups.root / "memory";
    for (auto group = root / line.substr(path + 2);; group = group.parent_path()) {
      if (const auto limit = number_in(group / (is_second ? "memory.max" : "memory.limit_in_bytes")))
        smallest = std::min(smallest.value_or(*limit), *limit);
      if (group == root || !group.has_relative_path()) break;
    }
  }
  return smallest;
}

}  // namespace neurotape
