#include "recorder/failures.hpp"

#include <fmt/format.h>
#include <new>

namespace neurotape {

const Error& out_of_memory() {
  // Never destroyed: a static of the program may still be recording when it ends.
  static const auto* const error = new Error(ErrorCode::io, "out of memory");
  return *error;
}

Error as_error(std::string_view who, const std::exception& error) noexcept try {
  if (const auto* const known = dynamic_cast<const Error*>(&error)) return *known;
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return out_of_memory();
  return Error(ErrorCode::io, fmt::format("{}: {}", who, error.what()));
} catch (...) {
  return out_of_memory();
}

}  // namespace neurotape
