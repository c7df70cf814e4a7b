#pragma once
/// \file
/// HDF5 files with a few bytes changed, which HDF5 itself may crash on: so each is read in a child, and what counts is where
/// a sanitizer says that it was.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "tests/fuzz/attempt.hpp"

namespace neurotape::fuzz {

/// Twelve bytes each choose a place, a size, and what is there then.
inline void change(std::vector<std::uint8_t>& file, std::span<const std::uint8_t> choices) {
  constexpr std::size_t kChange = 12, kValue = 4;
  for (; choices.size() >= kChange; choices = choices.subspan(kChange)) {
    const std::size_t at = choices[0] + choices[1] * std::size_t{256} + choices[2] * std::size_t{65536};
    const std::size_t count = std::size_t{1} << choices[3] % 4;
    for (std::size_t i = 0; i < count; ++i) file[(at + i) % file.size()] = choices[kValue + i];
  }
}

/// The place that a sanitizer sums up as the one at fault, or an exception of another type than ours.
inline bool is_our_fault(const std::string& said) {
  if (said.find("terminate called") != std::string::npos || said.find("uncaught exception") != std::string::npos)
    return true;
  const auto summary = said.find("SUMMARY: ");
  if (summary == std::string::npos) return false;
  const auto line = said.substr(summary, said.find('\n', summary) - summary);
  return line.find("/loader/") != std::string::npos || line.find("/backends/") != std::string::npos ||
         line.find("neurotape::") != std::string::npos;
}

/// Ends the program where the child ended by a fault of ours.
template <class Step>
void in_child(Step step) {
  int ends[2];
  if (pipe(ends) != 0) return;
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    const rlimit two_seconds = {2, 2}, no_core = {0, 0};
    setrlimit(RLIMIT_CPU, &two_seconds);
    setrlimit(RLIMIT_CORE, &no_core);
    attempt(step);
    _exit(0);
  }
  close(ends[1]);
  std::string said;
  char part[4096];
  for (ssize_t bytes; (bytes = read(ends[0], part, sizeof part)) > 0;)
    said.append(part, static_cast<std::size_t>(bytes));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  if (!is_our_fault(said)) return;
  std::fputs(said.c_str(), stderr);
  std::abort();
}

}  // namespace neurotape::fuzz
