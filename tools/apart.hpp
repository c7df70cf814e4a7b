#pragma once
/// \file
/// Work on files of unknown origin in a process that may die of them.

#include <functional>
#include <sys/types.h>

namespace neurotape::tools {

/// Works in a child, which ends with its parent. Before any thread is started. What `work` throws is told there.
/// \param on_death called here when the child was killed by a signal
/// \returns the exit status
int run_apart(const std::function<int()>& work, const std::function<void(pid_t)>& on_death);

}  // namespace neurotape::tools
