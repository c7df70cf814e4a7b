#pragma once
/// \file
/// A measurement in a process of its own.

#include <array>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <sys/wait.h>
#include <type_traits>
#include <unistd.h>

namespace neurotape::bench {

/// Runs `work` in a child, which inherits no thread and no open HDF5, and no memory that an earlier one left resident.
/// Only for programs that use neither themselves.
template <class Result, class Work>
requires std::is_trivially_copyable_v<Result> Result in_a_process(Work&& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe failed");
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    Result result;
    int code = 0;
    try {
      result = work();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      code = 1;
    }
    if (::write(ends[1], &result, sizeof result) != static_cast<ssize_t>(sizeof result)) code = 1;
    ::_exit(code);
  }
  ::close(ends[1]);
  Result result;
  const bool complete = ::read(ends[0], &result, sizeof result) == static_cast<ssize_t>(sizeof result);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!complete || status != 0) throw std::runtime_error("the measuring process failed");
  return result;
}

}  // namespace neurotape::bench
