#include "bench/support/process.hpp"

#include <fstream>
#include <stdexcept>
#include <string>
#include <sys/resource.h>

namespace neurotape::bench {
namespace {

double used(int who) {
  rusage use{};
  ::getrusage(who, &use);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

}  // namespace

double processor_seconds() { return used(RUSAGE_SELF); }
double thread_seconds() { return used(RUSAGE_THREAD); }

double status_bytes(std::string_view field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field) && line[field.size()] == ':') return std::stod(line.substr(field.size() + 1)) * 1024;
  throw std::runtime_error("/proc/self/status has no " + std::string(field));
}

bool reset_peak_memory() {
  std::ofstream refs("/proc/self/clear_refs");
  refs << "5" << std::flush;
  return refs.good();
}

}  // namespace neurotape::bench
