#include "tools/apart.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/output.hpp"

namespace neurotape::tools {
namespace {

/// Without what is done at exit: there, too, HDF5 dies of some files.
[[noreturn]] void work_as_child(const std::function<int()>& work) {
  int status = kCannot;
  try {
    status = work();
  } catch (const std::exception& error) {
    status = fail(error.what());
  }
  ::_exit(status);
}

}  // namespace

int run_apart(const std::function<int()>& work, const std::function<int(pid_t, const std::string&)>& on_death) {
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0) return fail(std::string("cannot start a process: ") + std::strerror(errno));
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(kCannot);  // it was gone before
    work_as_child(work);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) {
    const int given = WEXITSTATUS(status);
    const bool by_work = given == 0 || given == kCannot;
    return by_work ? given : on_death(child, "with status " + std::to_string(given));
  }
  const int signal = WTERMSIG(status);
  return on_death(child, "with signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")");
}

}  // namespace neurotape::tools
