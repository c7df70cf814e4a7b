#pragma once
/// \file
/// Pieces of a test that may end their process.

#include <cstdint>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace neurotape::life {

/// How a child process ends that runs this, and returns its exit status: "exit 3", "signal 6"; "signal 14" when it hangs.
/// "exit 99": an exception. The caller has no threads.
template <class Action>
std::string in_child(Action&& action, unsigned limit_seconds = 20) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(limit_seconds);
    try {
      ::_exit(action());
    } catch (...) {
      ::_exit(99);
    }
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
  }
  return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                             : "exit " + std::to_string(WEXITSTATUS(status));
}

/// What a child counts.
template <class Action>
std::uint64_t requests_of(Action&& action) {
  void* const shared =
      ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto* const count = static_cast<std::uint64_t*>(shared);
  in_child([&] { return action(count); });
  const auto counted = *count;
  ::munmap(shared, sizeof(std::uint64_t));
  return counted;
}

}  // namespace neurotape::life
