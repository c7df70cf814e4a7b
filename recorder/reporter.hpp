#pragma once
/// \file
/// Says what went wrong, once, to whom it concerns.

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "neurotape/error.hpp"
#include "recorder/sync.hpp"

namespace neurotape {

/// Thread safety: any thread; one call of the handler at a time. What goes wrong in a call of the handler, or because of
/// it, is kept and not told: the handler would be called in its own call.
class Reporter {
 public:
  explicit Reporter(std::function<void(const Error&)> handler);

  /// Something to know that costs no data.
  void notice(const Error& error) noexcept;
  /// Something that `close()` throws, if it is the first.
  void failure(const Error& error) noexcept;
  std::optional<Error> first_failure() const;

  /// Whether this thread is in a call of a handler. It must not wait for the recorder then: the threads of the recorder
  /// may be waiting for the handler.
  static bool is_telling() noexcept;
  /// \throws Error invalid_argument in a call of a handler
  static void refuse_in_handler(const char* call);

 private:
  std::function<void(const Error&)> handler_;
  sync::Mutex handler_mutex_;
  mutable sync::Mutex mutex_;
  std::optional<Error> first_;
};

}  // namespace neurotape
