#pragma once
/// \file
/// How much memory the system lets this process have.

#include <cstddef>
#include <filesystem>
#include <optional>

namespace neurotape {

/// The smallest memory limit of the control groups (version 2) that the process is in; nothing when there is none.
/// \param self the file that names the group; \param root where groups are mounted
std::optional<std::size_t> memory_limit_bytes(const std::filesystem::path& self = "/proc/self/cgroup",
                                              const std::filesystem::path& root = "/sys/fs/cgroup");

}  // namespace neurotape
