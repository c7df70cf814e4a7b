#pragma once
/// \file
/// How much memory the system lets this process have.

#include <cstddef>
#include <filesystem>
#include <optional>

namespace neurotape {

/// Where the system says it.
struct ControlGroups {
  std::filesystem::path self = "/proc/self/cgroup";  ///< names the groups that the process is in
  std::filesystem::path root = "/sys/fs/cgroup";     ///< where groups are mounted
};
/// Those that recorders ask; tests put others in their place, while there are no recorders.
ControlGroups& control_groups();

/// The smallest memory limit of the control groups (version 1 or 2) that the process is in; nothing, or (version 1) more
/// than any machine has, when there is none.
std::optional<std::size_t> memory_limit_bytes(const ControlGroups& groups = control_groups());

}  // namespace neurotape
