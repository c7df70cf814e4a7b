#pragma once
/// \file
/// Work on files of unknown origin in a process that may die of them.

#include <functional>
#include <string>
#include <sys/types.h>

namespace neurotape::tools {

/// Works in a child, which ends with its parent. Before any thread is started. What `work` throws is told there.
/// \param work returns 0 or kCannot; another status is that of a sanitizer, or of a library that ends the program
/// \param on_death called here when the child was killed: with how it ended, "with signal 11 (Segmentation fault)"
/// \returns the exit status, of the child or of `on_death`
int run_apart(const std::function<int()>& work, const std::function<int(pid_t, const std::string&)>& on_death);

}  // namespace neurotape::tools
