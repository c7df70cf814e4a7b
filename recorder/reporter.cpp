#include "recorder/reporter.hpp"

#include <cstdio>

#include "recorder/threads.hpp"

namespace neurotape {
namespace {

void print(const Error& error) {
  const NoSignal no_signal(SIGPIPE);  // nobody may be reading
  std::fprintf(stderr, "neurotape: %s\n", error.what());
}

thread_local bool telling = false;

class Telling {
 public:
  Telling() noexcept { telling = true; }
  Telling(const Telling&) = delete;
  Telling& operator=(const Telling&) = delete;
  ~Telling() { telling = false; }
};

}  // namespace

Reporter::Reporter(std::function<void(const Error&)> handler) : handler_(std::move(handler)) {
  if (!handler_) handler_ = print;
}

bool Reporter::is_telling() noexcept { return telling; }

void Reporter::refuse_in_handler(const char* call) {
  if (telling)
    throw Error(ErrorCode::invalid_argument,
                std::string(call) + " cannot be called from on_error: it may have to wait");
}

void Reporter::notice(const Error& error) noexcept {
  if (telling) return;
  try {
    const std::lock_guard lock(handler_mutex_);
    const Telling now;
    handler_(error);
  } catch (...) {  // a handler that throws must not end the simulation
    std::fputs("neurotape: on_error threw an exception\n", stderr);
  }
}

void Reporter::failure(const Error& error) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (!first_) first_ = error;
  }
  notice(error);
}

std::optional<Error> Reporter::first_failure() const {
  const std::lock_guard lock(mutex_);
  return first_;
}

}  // namespace neurotape
