#pragma once
/// \file
/// Says what went wrong, once, to whom it concerns.

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "neurotape/error.hpp"

namespace neurotape {

/// Thread safety: any thread; one call of the handler at a time.
class Reporter {
 public:
  explicit Reporter(std::function<void(const Error&)> handler);

  /// Something to know that costs no data.
  void notice(const Error& error) noexcept;
  /// Something that `close()` throws, if it is the first.
  void failure(const Error& error) noexcept;
  std::optional<Error> first_failure() const;

 private:
  std::function<void(const Error&)> handler_;
  std::mutex handler_mutex_;
  mutable std::mutex mutex_;
  std::optional<Error> first_;
};

}  // namespace neurotape
