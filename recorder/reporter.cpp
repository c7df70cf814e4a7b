#include "recorder/reporter.hpp"

#include <cstdio>

namespace neurotape {
namespace {

void print(const Error& error) { std::fprintf(stderr, "neurotape: %s\n", error.what()); }

}  // namespace

Reporter::Reporter(std::function<void(const Error&)> handler) : handler_(std::move(handler)) {
  if (!handler_) handler_ = print;
}

void Reporter::notice(const Error& error) noexcept {
  try {
    const std::lock_guard lock(handler_mutex_);
    handler_(error);
  } catch (...) {  // a handler that throws must not end the simulation
    std::fputs("neurotape: on_error threw an exception\n", stderr);
  }
}

void Reporter::failure(const Error& error) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (!first_) first_ = error;
  } catch (...) {
    std::fputs("neurotape: out of memory while keeping an error\n", stderr);
  }
  notice(error);
}

std::optional<Error> Reporter::first_failure() const {
  const std::lock_guard lock(mutex_);
  return first_;
}

}  // namespace neurotape
